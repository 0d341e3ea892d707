// Present: an object without the keys whose value is undefined, for options that are left out where nothing is said.
// It stands alone because much that runs needs it, and nothing of what reads a configuration.
// Bounded by the keys.

/** The same object without undefined values: what could be undefined is optional. */
export type Present<Found> = {
  [Key in keyof Found as undefined extends Found[Key] ? never : Key]: Found[Key];
} & {
  [Key in keyof Found as undefined extends Found[Key] ? Key : never]?: Exclude<Found[Key], undefined>;
};

/** What is there of an object: keys whose value is undefined are left out. */
export function present<Found extends object>(found: Found): Present<Found> {
  const entries = Object.entries(found).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<Found>; // exactly the keys that were left have their values
}
