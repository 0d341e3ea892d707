// Finding: something odd that a configuration says, which stops nothing. The
// analysis finds it, the loader gives it its file and line, `viaduct check`
// and the log tell it.

/** Something that deserves a word, at a key of the configuration. */
export interface Finding {
  /** Keys from the root, joined by dots. */
  readonly path: string;
  /** What it is, and what to do about it. */
  readonly text: string;
}
