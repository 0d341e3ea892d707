// HoconNode: a configuration as a tree in which every value knows where it stands, so that every complaint
// can name file, line and column. Scalars are texts: what they mean is decided by whoever expects a number,
// a duration or a name.

/** Objects and arrays inside each other at most, so that no input exhausts the stack. */
export const levelsMax = 100;

/** Where something stands in a configuration. */
export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** An object: keys in the order in which they first came. */
export interface HoconObject {
  readonly kind: 'object';
  readonly at: Position;
  readonly entries: Map<string, HoconEntry>;
}

/** A key with its value. */
export interface HoconEntry {
  /** Where the key stands. */
  readonly at: Position;
  value: HoconNode;
  /** What stood here before, as long as the value may need it. */
  before?: HoconEntry | undefined;
}

/** An array. */
export interface HoconArray {
  readonly kind: 'array';
  readonly at: Position;
  readonly items: HoconNode[];
}

/** A string, number or boolean, as written; without parts it is null, which leaves nothing at its key. */
export interface HoconScalar {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly parts: readonly HoconPart[];
}

/** A piece of a scalar: text, or a reference to another value of the configuration or of the environment. */
export type HoconPart = { readonly kind: 'text'; readonly text: string } | HoconReference;

/** `${path}`, or `${?path}` which may lead nowhere. */
export interface HoconReference {
  readonly kind: 'reference';
  readonly path: string;
  readonly isOptional: boolean;
  readonly at: Position;
}

/** Any value. */
export type HoconNode = HoconObject | HoconArray | HoconScalar;

/** What an include brings in, by its statement. */
export interface Include {
  readonly kind: 'include';
  readonly at: Position;
  readonly file: string;
}

/** `path = value`, `path { ... }` or `path += value`. */
export interface Assignment {
  readonly kind: 'assignment';
  readonly at: Position;
  readonly path: readonly string[];
  readonly isAppend: boolean;
  readonly value: Expression;
}

/** One line of an object. */
export type Statement = Include | Assignment;

/** A value as written, before includes, merges and references. */
export type Expression =
  | { readonly kind: 'object'; readonly at: Position; readonly statements: readonly Statement[] }
  | { readonly kind: 'array'; readonly at: Position; readonly items: readonly Expression[] }
  | HoconScalar;
