// Durability: where a message must be before its publisher is acknowledged. `memory` survives a lost connection,
// `written` also the end of the process, `synced` also that of the power. What is QoS 0 is acknowledged by nobody and
// never waits.

/** The levels, from fast to safe. */
export const durabilities = ['memory', 'written', 'synced'] as const;

/** One of the levels. */
export type Durability = (typeof durabilities)[number];
