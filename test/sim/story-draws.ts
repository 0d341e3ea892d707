// StoryDraws: the story of a seed. What is drawn comes from generators of its own, so that one part of a story does not
// change when another takes more numbers; what was thought of later is drawn last, so that stories stay what they were.
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { Durability } from '../../src/base/durability.ts';
import { Chance } from '../kit/chance.ts';
import { type FirstPlan, laterOf } from './later-draws.ts';
import {
  type BridgePlan,
  type DevicePlan,
  type Happening,
  type Pair,
  type Story,
  type StoryEvent,
  storyMs,
} from './story.ts';

const { v31, v311, v5 } = ProtocolVersion;

/** The story of a seed. `isPlain`: without what was thought of later, as seeds that are kept from before need it. */
export function storyOf(seed: number, durability: Durability = 'memory', isPlain = false): Story {
  const chance = new Chance(seed);
  const first = { ...planOf(chance.fork()), durability };
  const said = publishing(first, chance.fork());
  const usual = troubles(first, said, chance.fork());
  const events = [...said, ...usual, ...diskTroubles(first, said, chance.fork())];
  // what was thought of later is drawn later, so that stories stay what they were
  const { plan, events: more } = laterOf(first, said, chance.fork(), isPlain);
  return { seed, plan: { ...first, ...plan }, events: [...events, ...more].sort((one, other) => one.at - other.at) };
}

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
