// ConfigValues: a configuration as a flat list of
// paths and values, as a table shows it. Pure.
// Secrets are `***`.
import type { ConfigObject, ConfigValue } from '../http/api-config-types.ts';
import { isSection, linesOf } from './config-object.ts';

/** One value. */
export interface FlatValue {
  readonly path: string;
  readonly text: string;
}

/** All values, in the order of the configuration; the items of lists have their place as a key. */
export function flatValues(config: ConfigObject): readonly FlatValue[] {
  return Object.entries(config).flatMap(([key, value]) => flat(key, value));
}

function flat(path: string, value: ConfigValue): readonly FlatValue[] {
  if (isSection(value)) return Object.entries(value).flatMap(([key, inner]) => flat(`${path}.${key}`, inner));
  if (Array.isArray(value) && value.some(isSection)) {
    return value.flatMap((item: ConfigValue, at: number) => flat(`${path}.${at}`, item));
  }
  return [{ path, text: linesOf(value).join(' ').trim() }];
}
