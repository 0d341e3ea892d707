// Durability: where a message must be before its publisher is acknowledged. `memory` survives a lost connection,
// `written` also the end of the process, `synced` also that of the power. What is QoS 0 is acknowledged by nobody and
// never waits. Rules, sessions and listeners have levels of their own: a message waits for the strictest of those
// through which it passes.

/** The levels, from fast to safe. */
export const durabilities = ['memory', 'written', 'synced'] as const;

/** One of the levels. */
export type Durability = (typeof durabilities)[number];

/** The stricter of two levels. */
export function stricter(one: Durability, other: Durability): Durability {
  return durabilities.indexOf(one) >= durabilities.indexOf(other) ? one : other;
}
