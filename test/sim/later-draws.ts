// LaterDraws: what was thought of after the first stories had been told: lanes that come and go, what a full queue of a
// bridge does, what a remote refuses and what is done about it, a second address of the remote, retained messages that
// get to it. Every second story has some of it. All of it is drawn behind everything else, so that a seed that was
// kept from before is still the same story, told plainly.
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Chance } from '../kit/chance.ts';
import { type Happening, type Pair, type Plan, type StoryEvent, storyMs } from './story.ts';

/** What is drawn later. */
export type LaterPlan = Pick<
  Plan,
  | 'queueMemoryMax'
  | 'lanes'
  | 'lanesMax'
  | 'laneOrder'
  | 'bridgeOverflow'
  | 'refusalCodes'
  | 'quotaAction'
  | 'hasSecondAddress'
  | 'isRetainedForwarded'
>;

/** A plan without what is drawn later. */
export type FirstPlan = Omit<Plan, keyof LaterPlan>;

/** A plan without any of it. */
export const plainPlan: Omit<LaterPlan, 'bridgeOverflow'> = {
  queueMemoryMax: 64 * 1024 * 1024,
  lanes: 1,
  lanesMax: 1,
  laneOrder: 'topic',
  refusalCodes: [0x97],
  quotaAction: 'pause',
  hasSecondAddress: false,
  isRetainedForwarded: false,
};

/** For a quota, for nothing in particular, and for what the message is. */
const manyRefusals: readonly ReasonCode[] = [0x97, 0x80, 0x87, 0x99];

/** The second address of the remote. */
export const secondAddress = 'remote-b';

/** What is drawn for a plan, and events that belong to it. */
export function laterOf(
  first: FirstPlan,
  said: readonly StoryEvent[],
  chance: Chance,
  isPlain: boolean,
): { readonly plan: LaterPlan; readonly events: readonly StoryEvent[] } {
  const small = chance.pick([3000, 50_000]);
  const queueMemoryMax = chance.isTrue(0.25) ? small : plainPlan.queueMemoryMax;
  const plain = { ...plainPlan, queueMemoryMax, bridgeOverflow: first.overflow };
  if (isPlain || chance.isTrue(0.4)) return { plan: plain, events: [] };
  const isStrict = first.remote === 'strict';
  // what nobody keeps over a crash cannot be compared
  const mayRetain = !isStrict && !(first.durability === 'memory' && first.mayCrash);
  const plan = {
    ...plain,
    lanes: chance.pick([1, 1, 2, 3, 5]),
    laneOrder: chance.pick(['topic', 'topic', 'publisher', 'capture'] as const),
    bridgeOverflow: chance.pick([first.overflow, first.overflow, 'priority', 'latest', 'block'] as const),
    refusalCodes: isStrict && chance.isTrue(0.5) ? manyRefusals : plain.refusalCodes,
    quotaAction: chance.pick(['pause', 'pause', 'park', 'retry', 'dead-letter'] as const),
    hasSecondAddress: chance.isTrue(0.3),
    isRetainedForwarded: mayRetain && chance.isTrue(0.4),
  };
  if (plan.bridgeOverflow === 'block') {
    // a publisher waits for room as long as there is none: the largest message has to fit
    plan.queueMemoryMax = plainPlan.queueMemoryMax;
  }
  const resizes = resizesOf(first, said, chance.fork());
  const lanesMax = resizes.reduce((most, { count }) => Math.max(most, count), plan.lanes);
  const bursts = resizes.flatMap(({ at }) => burstOf(first, at, chance.fork()));
  const retains = plan.isRetainedForwarded ? retainsOf(first, said, chance.fork()) : [];
  const roads = plan.hasSecondAddress ? roadTroubles(said, chance.fork()) : [];
  return { plan: { ...plan, lanesMax }, events: [...resizes, ...bursts, ...retains, ...roads] };
}

function publishersOf({ devices }: Pick<FirstPlan, 'devices'>): FirstPlan['devices'] {
  return devices.filter(({ name }) => name.startsWith('pub'));
}

/** A bridge without a journal does not know how many sessions it had at the remote before a crash. */
function resizesOf(
  { durability, mayCrash }: FirstPlan,
  said: readonly StoryEvent[],
  chance: Chance,
): readonly (StoryEvent & { readonly do: 'lanes' })[] {
  if ((durability === 'memory' && mayCrash) || chance.isTrue(0.5)) return [];
  return Array.from({ length: chance.int(1, 4) }, () => {
    return { at: soonAfter(said, chance, 2000), do: 'lanes', count: chance.pick([1, 2, 3, 4, 6]) } as const;
  });
}

/** What waits when lanes change, and what comes while it is moved: of one topic, on a line that is slow or away. */
function burstOf({ devices }: FirstPlan, resizedAt: number, chance: Chance): readonly StoryEvent[] {
  const by = chance.pick(publishersOf({ devices })).name;
  const qos = chance.pick([1, 2] as const);
  const between: Pair = ['edge', 'remote'];
  const forMs = chance.pick([500, 5000, 40_000]);
  const trouble: Happening = chance.isTrue(0.5)
    ? { do: 'refuse', between, forMs }
    : { do: 'slow', between, latencyMs: chance.pick([100, 1000]), forMs };
  const times = [-150, -20, 0, 5, chance.int(10, 100), chance.int(100, 3000)];
  const publishes = times.map((afterMs): StoryEvent => {
    const sizes = Array.from({ length: chance.int(1, 12) }, () => chance.int(0, 60));
    return { at: within(resizedAt + afterMs), do: 'publish', by, topic: `up/${by}/${qos}`, qos, sizes };
  });
  return [{ at: within(resizedAt - 200), ...trouble }, ...publishes];
}

function within(at: number): number {
  return Math.min(storyMs, Math.max(0, at));
}

function retainsOf({ devices }: FirstPlan, said: readonly StoryEvent[], chance: Chance): readonly StoryEvent[] {
  const publishers = publishersOf({ devices });
  return Array.from({ length: chance.int(5, 40) }, () => {
    const by = chance.pick(publishers).name;
    const number = chance.int(0, 3);
    const topic = `kept/${by}/${number}`;
    const qos = number === 0 ? 0 : chance.pick([1, 2] as const);
    return { at: soonAfter(said, chance, 5000), do: 'retain', by, topic, qos, isEnd: chance.isTrue(0.25) } as const;
  });
}

/** Neither road is there all the time. */
function roadTroubles(said: readonly StoryEvent[], chance: Chance): readonly StoryEvent[] {
  return Array.from({ length: chance.int(2, 12) }, () => {
    const between: Pair = ['edge', chance.pick(['remote', 'remote', secondAddress])];
    return { at: soonAfter(said, chance, 1000), ...roadTroubleOf(between, chance) };
  });
}

function roadTroubleOf(between: Pair, chance: Chance): Happening {
  const forMs = chance.pick([2000, 15_000, 90_000]);
  const fate = chance.unit();
  if (fate < 0.5) return { do: 'refuse', between, forMs };
  if (fate < 0.75) return { do: 'close', between, forMs };
  return { do: 'cut', between, side: chance.pick([0, 1]), after: chance.int(0, 400) };
}

function soonAfter(said: readonly StoryEvent[], chance: Chance, withinMs: number): number {
  return Math.min(storyMs, chance.pick(said).at + chance.int(0, withinMs));
}
