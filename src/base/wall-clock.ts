// WallClock: what can be believed of the clock that a machine shows. Many gateways have none that goes on without
// power: they start in 1970, and the right time comes later, at once.
// Pure.

/** 1 January 2020, in ms since 1970: no clock that was ever set shows a time before it. */
const wallMsMin = 1_577_836_800_000;

/** Whether a wall clock that shows this, in ms since 1970, was ever set. */
export function isClockSet(wallMs: number): boolean {
  return wallMs >= wallMsMin;
}
