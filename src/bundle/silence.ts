// Silence: what the bundled program has instead of the package `debug`. `mqtt-packet` describes there what it does,
// for people who debug it; in the program nobody listens.
// Bounded: it keeps nothing.

/** A function that takes what is said under a name, and does nothing with it. */
export function silence(_name: string): (...words: readonly unknown[]) => void {
  return () => undefined;
}
