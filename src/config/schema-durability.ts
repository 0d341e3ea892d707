// Levels of durability as configurations write them, for every
// section that has one: data, listeners, sessions, bridges and
// their rules.
import { type Durability, durabilities } from '../base/durability.ts';
import { type Kind, oneOf } from './schema-values.ts';

/** Levels by their names. */
export const durability: Kind<Durability> = oneOf(
  Object.fromEntries(durabilities.map((name) => [name, name])) as Record<Durability, Durability>, // as: from their list
);
