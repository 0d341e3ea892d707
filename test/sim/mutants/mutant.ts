// Mutant: a planted bug, as data: where, what stands there, what stands there instead. Each is something that a peer
// does, or would be easy to do, and each must be seen by the simulator. A mutant whose text is not in its file exactly
// once is an error: code that moves takes its mutants along.

/** A planted bug. */
export interface Mutant {
  readonly name: string;
  /** Whose bug it is, or what would lead to it. */
  readonly like: string;
  readonly file: string;
  /** Exactly as it stands there, once. */
  readonly text: string;
  readonly becomes: string;
  /** What the simulator must say. */
  readonly seen: RegExp;
  /** What brokers promise over a crash while the simulator looks; default `memory`: nothing. */
  readonly durability?: 'synced';
  /** A test file that must see it, in place of the simulator. */
  readonly test?: string;
  /** Seeds to begin with: the first that is known to see it. */
  readonly seed?: number;
}
