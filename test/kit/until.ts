// until: waits for work that Node does on other threads, of which the virtual
// clock knows nothing: password hashes, for instance. It lets the world settle
// again and again until something holds. Bounded by turns, not by time.
import type { World } from './world.ts';

const turnsMax = 200_000;

/** Lets the world go on until `holds` says so. */
export async function until(world: World, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) {
    await world.clock.settle();
    if (holds()) return;
  }
  throw new Error('it never came to pass');
}
