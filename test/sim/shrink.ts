// Shrink: the shortest list of events found with which a story still fails. Bounded by `runsMax` plays.
import { fewer } from '../fuzz/minimise.ts';
import { SimWorld } from './sim-world.ts';
import type { Story } from './story.ts';

const runsMax = 250;

/** A story that fails like another one, with fewer events. */
export async function shrinkStory(story: Story): Promise<Story> {
  let runs = 0;
  const events = await fewer(story.events, async (left) => {
    if (++runs > runsMax) return false;
    return (await new SimWorld({ ...story, events: left }).play()).faults.length > 0;
  });
  return { ...story, events };
}
