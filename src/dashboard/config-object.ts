// ConfigObject: reading and changing a configuration by path, without touching the original. Empty texts and what
// became empty by a change are left out, since they are not in the file either. Pure. And what changes between two, as
// lines of a file.
import type { ConfigObject, ConfigValue, SecretMark } from '../http/api-config-types.ts';

/** Whether a value is a section. */
export function isSection(value: ConfigValue | undefined): value is ConfigObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSecret(value);
}

/** Whether a value stands for a secret that is set. */
export function isSecret(value: ConfigValue | undefined): value is SecretMark {
  return typeof value === 'object' && value !== null && '$secret' in value;
}

/** The value under a path such as `ssl.cacertfile`. */
export function valueAt(config: ConfigObject, path: string): ConfigValue | undefined {
  let value: ConfigValue | undefined = config;
  for (const key of path.split('.')) {
    if (!isSection(value)) return undefined;
    value = value[key];
  }
  return value;
}

/** The value under a path as a text; sections and lists are no text. */
export function textAt(config: ConfigObject, path: string): string {
  const value = valueAt(config, path);
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

/** The same with another value under a path; undefined or an empty text takes it out. */
export function withValue(config: ConfigObject, path: string, value: ConfigValue | undefined): ConfigObject {
  const [key = '', ...rest] = path.split('.');
  if (rest.length === 0) {
    const { [key]: _, ...others } = config;
    return value === undefined || value === '' ? others : { ...config, [key]: value };
  }
  const inner = config[key];
  const changed = withValue(isSection(inner) ? inner : {}, rest.join('.'), value);
  return withValue(config, key, Object.keys(changed).length === 0 ? undefined : changed);
}

/** The list of sections under a key: rules. */
export function rulesAt(config: ConfigObject, key: string): readonly ConfigObject[] {
  const value = config[key];
  return Array.isArray(value) ? value.filter((item: ConfigValue) => isSection(item)) : [];
}

/** A configuration as lines of HOCON, for reading; secrets are `***`. */
export function linesOf(value: ConfigValue, indent = ''): readonly string[] {
  if (!isSection(value)) return [`${indent}${scalar(value)}`];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (isSection(inner)) return [`${indent}${key} {`, ...linesOf(inner, `${indent}  `), `${indent}}`];
    if (!Array.isArray(inner)) return [`${indent}${key} = ${scalar(inner)}`];
    if (!inner.some(isSection)) return [`${indent}${key} = [${inner.map(scalar).join(', ')}]`];
    const items = inner.flatMap((item: ConfigValue) => [
      `${indent}  {`,
      ...linesOf(item, `${indent}    `),
      `${indent}  }`,
    ]);
    return [`${indent}${key} = [`, ...items, `${indent}]`];
  });
}

function scalar(value: ConfigValue): string {
  if (isSecret(value)) return '***';
  if (typeof value === 'string' && !/^[\w.+-]+$/.test(value)) return JSON.stringify(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
