// Scenarios: the behaviours that NanoMQ 0.25 fails at, as stories told by hand, each with what must come of it. A
// program of its own: `npm run sim` tells stories by chance, this tells the same few whenever it is run. Prints a line
// for each; exit code 1 if one of them fails. What needs no world is tested beside its room.
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import { plainPlan } from './later-draws.ts';
import { SimWorld } from './sim-world.ts';
import type { BridgePlan, DevicePlan, Plan, StoryEvent } from './story.ts';

interface Scenario {
  readonly name: string;
  readonly plan?: Partial<Plan>;
  readonly events: readonly StoryEvent[];
  /** What else must hold in the end. Returns what does not. */
  readonly holds?: (world: SimWorld) => string | undefined;
}

const { v31, v5 } = ProtocolVersion;
const uplink = ['edge', 'remote'] as const;
const outage = { at: 1000, do: 'refuse', between: uplink, forMs: 60_000 } as const;

const device = (name: string, server: 'edge' | 'remote', ...filters: readonly string[]): DevicePlan => ({
  name,
  server,
  filters,
  version: v5,
  keepAlive: 60,
  sendWindowMax: 1000,
  receiveMaximum: 1000,
  topicAliasMaximum: 0,
  qos: 2,
});

const bridge = (name: string, from: string, to: string, more: Partial<BridgePlan> = {}): BridgePlan => ({
  name,
  from,
  to,
  version: v5,
  keepAlive: 10,
  sendWindowMax: 1000,
  receiveMaximum: 1000,
  topicAliasMaximum: 0,
  subscribes: '',
  ...more,
});

const usual: Plan = {
  devices: [device('pub0', 'edge'), device('far0', 'remote', 'fwd/#', 'aux2/#')],
  bridges: [bridge('main', 'up', 'fwd')],
  remote: 'viaduct',
  receiveMaximum: 1000,
  queueCountMax: 100_000,
  overflow: 'oldest',
  mayCrash: false,
  durability: 'memory',
  ...plainPlan,
  bridgeOverflow: 'oldest',
};

/** Messages to 20 topics, in turn. */
function overTopics(at: number, count: number, qos: Qos): readonly StoryEvent[] {
  return Array.from({ length: 20 }, (_, index): StoryEvent => {
    const sizes = Array.from({ length: count / 20 }, () => 20);
    return { at: at + index, do: 'publish', by: 'pub0', topic: `up/${index}/${qos}`, qos, sizes };
  });
}

const scenarios: readonly Scenario[] = [
  {
    name: '1: after an outage of 60 s 10,000 messages of QoS 1 and 1,000 of QoS 2 arrive without any further publish',
    events: [outage, ...overTopics(5000, 10_000, 1), ...overTopics(20_000, 1000, 2)],
    holds: ({ ledger }) => (ledger.counts.received === 11_000 ? undefined : `${ledger.counts.received} were received`),
  },
  {
    name: '3: a remote that is frozen for less than the keep-alive costs nothing and doubles nothing',
    events: [
      ...overTopics(1000, 100, 1),
      { at: 1003, do: 'close', between: uplink, forMs: 8000 },
      ...overTopics(2000, 100, 1),
    ],
    holds: ({ ledger }) => (ledger.counts.received === 200 ? undefined : `${ledger.counts.received} were received`),
  },
  {
    // that what comes again has DUP is the matter of FlowWatch
    name: '3: a remote that is frozen for longer gets messages again with DUP, and loses none',
    events: [
      ...overTopics(1000, 100, 1),
      { at: 1003, do: 'close', between: uplink, forMs: 60_000 },
      ...overTopics(2000, 100, 2),
    ],
  },
  {
    name: '7: the same outage with a bridge of MQTT 3.1',
    plan: { bridges: [bridge('main', 'up', 'fwd', { version: v31 })] },
    events: [outage, ...overTopics(5000, 1000, 1), ...overTopics(20_000, 200, 2)],
  },
  {
    name: '9: two bridges, one of which loses its link again and again, do not disturb each other',
    plan: { bridges: [bridge('main', 'up', 'fwd'), bridge('other', 'aux', 'aux2', { sendWindowMax: 1 })] },
    events: [
      ...Array.from({ length: 60 }, (_, index): StoryEvent => {
        return { at: 1000 + index * 700, do: 'cut', between: uplink, side: index % 2 === 0 ? 0 : 1, after: index * 7 };
      }),
      ...overTopics(1500, 1000, 1),
      { at: 2000, do: 'publish', by: 'pub0', topic: 'aux/2', qos: 2, sizes: Array.from({ length: 200 }, () => 10) },
    ],
  },
  {
    name: '10: a burst of 40,000 messages over a round trip of 50 ms arrives whole, within the bounds of the queue',
    events: [{ at: 500, do: 'slow', between: uplink, latencyMs: 50, forMs: 120_000 }, ...overTopics(1000, 40_000, 1)],
    holds: ({ ledger }) => (ledger.counts.received >= 40_000 ? undefined : `${ledger.counts.received} were received`),
  },
  {
    name: '13: what a queue of 20 drops is counted, and everything else arrives',
    plan: { queueCountMax: 20 },
    events: [outage, ...overTopics(5000, 1000, 1)],
    holds: ({ ledger, dropped }) => {
      const sum = ledger.counts.received + dropped;
      return sum === 1000 ? undefined : `${ledger.counts.received} were received and ${dropped} dropped`;
    },
  },
];

const results: boolean[] = [];
for (const { name, plan, events, holds } of scenarios) {
  const sorted = [...events].sort((one, other) => one.at - other.at);
  const world = new SimWorld({ seed: 1, plan: { ...usual, ...plan }, events: sorted });
  const { faults } = await world.play();
  const fault = faults[0] ?? holds?.(world);
  console.log(fault === undefined ? `ok ${name}` : `NOT OK ${name}: ${fault}`);
  results.push(fault === undefined);
}
process.exit(results.every((isFine) => isFine) ? 0 : 1);
