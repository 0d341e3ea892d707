// Story: everything that happens in a simulated world from outside, as data out of a seed: who is there, what is
// published, what breaks and for how long. A story can be played again, and with some of its events left out.
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { Durability } from '../../src/base/durability.ts';
import { Chance } from '../kit/chance.ts';

/** Something happens `at` a time, in ms since the world was ready. */
export type StoryEvent = { readonly at: number } & Happening;

/** What happens. `forMs`: after that it is over. */
export type Happening =
  | {
      readonly do: 'publish';
      readonly by: string;
      readonly topic: string;
      readonly qos: Qos;
      readonly sizes: readonly number[];
    }
  /** The line breaks when so many more bytes have come to the dialler (side 0) or to the listener (side 1). */
  | { readonly do: 'cut'; readonly between: Pair; readonly side: 0 | 1; readonly after: number }
  /** Lines go dead in one or both directions; nobody is told. */
  | { readonly do: 'dead'; readonly between: Pair; readonly sides: readonly (0 | 1)[] }
  /** Nothing passes; it waits. */
  | { readonly do: 'close'; readonly between: Pair; readonly forMs: number }
  | { readonly do: 'refuse'; readonly between: Pair; readonly forMs: number }
  /** A few bytes at a time. */
  | { readonly do: 'trickle'; readonly between: Pair; readonly chunk: number; readonly forMs: number }
  | { readonly do: 'slow'; readonly between: Pair; readonly latencyMs: number; readonly forMs: number }
  | { readonly do: 'crash'; readonly node: string; readonly kind: 'kill' | 'power'; readonly forMs: number }
  /** The machine dies right before so many more things have been done to its disk. */
  | {
      readonly do: 'crash-at';
      readonly node: string;
      readonly operations: number;
      readonly kind: 'kill' | 'power';
      readonly forMs: number;
    }
  /** A share of what is asked of a disk fails; it has room for `share` KB more; or it is slow, up to `share` ms. */
  | {
      readonly do: 'disk';
      readonly node: string;
      readonly fault: 'failedSync' | 'failedWrite' | 'failedRead' | 'full' | 'slow';
      readonly share: number;
      readonly forMs: number;
    }
  /** A bit of a file turns over. */
  | { readonly do: 'flip'; readonly node: string }
  /** The wall clock is set to another time. */
  | { readonly do: 'jump'; readonly node: string; readonly ms: number }
  /** Somebody subscribes to everything for a while, with a session that ends with it. */
  | {
      readonly do: 'visit';
      readonly server: string;
      readonly qos: Qos;
      readonly version: ProtocolVersion;
      readonly forMs: number;
    };

/** Two nodes: who dials, who listens. */
export type Pair = readonly [string, string];

/** A client of a broker. */
export interface DevicePlan {
  readonly name: string;
  readonly server: 'edge' | 'remote';
  readonly version: ProtocolVersion;
  readonly keepAlive: number;
  readonly sendWindowMax: number;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
  readonly filters: readonly string[];
  readonly qos: Qos;
}

/** What those have in common who only look in. */
export const visitorPlan: Omit<DevicePlan, 'name' | 'server' | 'version' | 'qos'> = {
  keepAlive: 10,
  sendWindowMax: 10,
  receiveMaximum: 10,
  topicAliasMaximum: 0,
  filters: ['#'],
};

/** A bridge from edge to remote. */
export interface BridgePlan {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly keepAlive: number;
  readonly sendWindowMax: number;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
  /** The first level of what it forwards, and of what that becomes. */
  readonly from: string;
  readonly to: string;
  /** The filter that it subscribes to at the remote; empty for none. */
  readonly subscribes: string;
}

/** Who is there. */
export interface Plan {
  readonly devices: readonly DevicePlan[];
  readonly bridges: readonly BridgePlan[];
  /** What the remote is: the product's own broker, or a server that only keeps to the standard. */
  readonly remote: 'viaduct' | 'strict';
  readonly receiveMaximum: number;
  readonly queueCountMax: number;
  readonly overflow: 'oldest' | 'newest';
  readonly mayCrash: boolean;
  /** What brokers and bridges promise over a crash: nothing, everything, or everything while there is power. */
  readonly durability: Durability;
  /** Bytes of all queues of a broker in memory. */
  readonly queueMemoryMax: number;
}

/** A whole story. */
export interface Story {
  readonly seed: number;
  readonly plan: Plan;
  readonly events: readonly StoryEvent[];
}

const { v31, v311, v5 } = ProtocolVersion;

/** How long a story lasts, in ms. */
export const storyMs: number = 50 * 60_000;

/** The story of a seed. */
export function storyOf(seed: number, durability: Plan['durability'] = 'memory'): Story {
  const chance = new Chance(seed);
  const first = { ...planOf(chance.fork()), durability };
  const said = publishing(first, chance.fork());
  const usual = troubles(first, said, chance.fork());
  const events = [...said, ...usual, ...diskTroubles(first, said, chance.fork())];
  // what was thought of later is drawn later, so that stories stay what they were
  const plan = { ...first, ...limitsOf(chance.fork()) };
  return { seed, plan, events: events.sort((one, other) => one.at - other.at) };
}

function limitsOf(chance: Chance): Pick<Plan, 'queueMemoryMax'> {
  const small = chance.pick([3000, 50_000]);
  return { queueMemoryMax: chance.isTrue(0.25) ? small : 64 * 1024 * 1024 };
}

/** A plan without what is drawn later. */
type FirstPlan = Omit<Plan, 'queueMemoryMax'>;

function planOf(chance: Chance): Omit<FirstPlan, 'durability'> {
  const publishers = Array.from({ length: chance.int(1, 3) }, (_, index) => `pub${index}`);
  const deviceOf = (name: string, server: 'edge' | 'remote', ...filters: readonly string[]): DevicePlan => ({
    name,
    server,
    version: chance.pick([v31, v311, v5, v5]),
    keepAlive: chance.pick([10, 30, 60]),
    sendWindowMax: chance.pick([1, 3, 1000]),
    receiveMaximum: chance.pick([1, 5, 1000]),
    topicAliasMaximum: chance.pick([0, 0, 1, 10]),
    filters,
    qos: chance.pick([0, 1, 2, 2]),
  });
  const remote = chance.pick(['viaduct', 'strict'] as const);
  const far = [deviceOf('far0', 'remote', 'fwd/#', 'aux2/#'), deviceOf('boss', 'remote')];
  const devices = [
    ...publishers.map((name) => deviceOf(name, 'edge')),
    deviceOf('sub0', 'edge', 'up/#', 'cmd/#'),
    ...(remote === 'viaduct' ? far : []),
  ];
  const qos = chance.pick([1, 2] as const);
  if (chance.isTrue(0.4)) {
    const members = ['grp0', 'grp1'].map((name) => deviceOf(name, 'edge', '$share/g/up/#'));
    devices.push(...members.map((member) => ({ ...member, qos })));
  }
  const bridges = [bridgeOf(chance, 'main', { from: 'up', to: 'fwd', subscribes: 'cmd/#' })];
  if (chance.isTrue(0.4)) bridges.push(bridgeOf(chance, 'other', { from: 'aux', to: 'aux2', subscribes: '' }));
  return {
    devices,
    bridges,
    remote,
    receiveMaximum: chance.pick([1, 10, 1000]),
    queueCountMax: chance.isTrue(0.25) ? 20 : 10_000,
    overflow: chance.pick(['oldest', 'newest']),
    mayCrash: chance.isTrue(0.5),
  };
}

function bridgeOf(chance: Chance, name: string, rule: Pick<BridgePlan, 'from' | 'to' | 'subscribes'>): BridgePlan {
  return {
    name,
    version: chance.pick([v31, v311, v5, v5]),
    keepAlive: chance.pick([5, 20, 60]),
    sendWindowMax: chance.pick([1, 4, 1000]),
    receiveMaximum: chance.pick([1, 5, 1000]),
    topicAliasMaximum: chance.pick([0, 5, 100]),
    ...rule,
  };
}

function publishing(plan: FirstPlan, chance: Chance): readonly StoryEvent[] {
  const events: StoryEvent[] = [];
  const devices = plan.devices.filter(({ filters }) => filters.length === 0);
  const publishers = plan.remote === 'strict' ? [...devices, { name: 'boss', server: 'remote' }] : devices;
  const count = chance.int(20, 90);
  const middle = chance.int(0, storyMs);
  for (let index = 0; index < count; index++) {
    const { name, server } = chance.pick(publishers);
    const level = server === 'remote' ? 'cmd' : chance.pick(['up', 'up', 'aux']);
    const qos = chance.pick([0, 1, 1, 2, 2] as const);
    // half of it comes close together, where several troubles meet
    const at = chance.isTrue(0.5) ? chance.int(0, storyMs) : Math.min(storyMs, middle + chance.int(0, 60_000));
    const large = chance.isTrue(0.03) ? chance.int(20_000, 100_000) : 0;
    const sizes = Array.from({ length: chance.int(1, 15) }, () => large || chance.int(0, 60));
    events.push({ at, do: 'publish', by: name, topic: `${level}/${name}/${qos}`, qos, sizes });
  }
  return events;
}

function troubles(plan: FirstPlan, said: readonly StoryEvent[], chance: Chance): readonly StoryEvent[] {
  const events: StoryEvent[] = [];
  const pairs: readonly Pair[] = [['edge', 'remote'], ...plan.devices.map(({ name, server }): Pair => [name, server])];
  const count = chance.int(0, 60);
  const middle = chance.int(0, storyMs);
  for (let index = 0; index < count; index++) {
    const between = chance.isTrue(0.5) ? (pairs[0] ?? chance.pick(pairs)) : chance.pick(pairs);
    // at any time, where several troubles meet, or while something is underway
    const times = [chance.int(0, storyMs), middle + chance.int(0, 60_000), chance.pick(said).at + chance.int(0, 200)];
    events.push({ at: Math.min(storyMs, chance.pick(times)), ...troubleOf(plan, between, chance) });
  }
  return events;
}

function troubleOf(plan: FirstPlan, between: Pair, chance: Chance): Happening {
  const forMs = chance.pick([50, 2000, 15_000, 90_000]);
  const fate = chance.unit();
  if (fate < 0.35) return { do: 'cut', between, side: chance.pick([0, 1]), after: chance.int(0, 400) };
  if (fate < 0.45) return { do: 'dead', between, sides: chance.pick([[0], [1], [0, 1]] as const) };
  if (fate < 0.6) return { do: 'close', between, forMs };
  if (fate < 0.68) return { do: 'refuse', between, forMs };
  if (fate < 0.75) return { do: 'trickle', between, chunk: chance.pick([1, 3, 17]), forMs: Math.min(forMs, 5000) };
  if (fate < 0.83) return { do: 'slow', between, latencyMs: chance.pick([300, 3000]), forMs };
  if (fate < 0.88) {
    const server = plan.remote === 'strict' ? 'edge' : chance.pick(['edge', 'remote']);
    return { do: 'visit', server, qos: chance.pick([0, 1, 2]), version: chance.pick([v31, v311, v5]), forMs };
  }
  const node = chance.pick(['edge', 'remote']);
  if (fate < 0.97 && plan.mayCrash) return { do: 'crash', node, kind: chance.pick(['kill', 'power']), forMs };
  const years = 365 * 86_400_000;
  return { do: 'jump', node, ms: chance.pick([-54 * years, -3_600_000, 3_600_000, 20 * years]) };
}

/** What happens to disks, in half of the stories that have any. */
function diskTroubles(plan: FirstPlan, said: readonly StoryEvent[], chance: Chance): readonly StoryEvent[] {
  if (plan.durability === 'memory' || chance.isTrue(0.5)) return [];
  return Array.from({ length: chance.int(1, 8) }, () => {
    const node = plan.remote === 'strict' ? 'edge' : chance.pick(['edge', 'remote']);
    const at = Math.min(storyMs, chance.pick(said).at + chance.int(0, 200));
    return { at, ...diskTroubleOf(node, chance) };
  });
}

function diskTroubleOf(node: string, chance: Chance): Happening {
  const forMs = chance.pick([50, 2000, 15_000, 90_000]);
  const fate = chance.unit();
  if (fate < 0.35) {
    return { do: 'crash-at', node, operations: chance.int(1, 30), kind: chance.pick(['kill', 'power']), forMs };
  }
  if (fate < 0.5) return { do: 'disk', node, fault: 'failedSync', share: chance.pick([0.2, 1]), forMs };
  if (fate < 0.6) return { do: 'disk', node, fault: 'failedWrite', share: chance.pick([0.2, 1]), forMs };
  if (fate < 0.65) return { do: 'disk', node, fault: 'failedRead', share: chance.pick([0.2, 1]), forMs };
  if (fate < 0.8) return { do: 'disk', node, fault: 'full', share: chance.int(0, 20), forMs };
  if (fate < 0.92) return { do: 'disk', node, fault: 'slow', share: chance.pick([20, 1000]), forMs };
  return { do: 'flip', node };
}

/** An event in one line. */
export function describeEvent(event: StoryEvent): string {
  const { at, do: what, ...more } = event;
  const facts = Object.entries(more).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(',') : value}`,
  );
  return `${(at / 1000).toFixed(3).padStart(9)} s  ${what.padEnd(8)} ${facts.join('  ')}`;
}
