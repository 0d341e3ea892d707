// Scenario: one kind of traffic, as data. The generator plays it, the runner repeats it for each peer, the report names
// it. Payloads carry publisher, sequence and the time of sending in their first sixteen bytes, so that is the smallest
// size. Bounded by time: a scenario warms up, is measured, and drains.
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import { journalRows } from './journal-rows.ts';

/** What belongs together in one table and one chart. */
export const families = [
  'floods',
  'sizes',
  'fans',
  'QoS 1 and 2',
  'versions',
  'one at a time',
  'TLS',
  'bridge',
  'journal',
] as const;

/** One kind of traffic. */
export interface Scenario {
  readonly name: string;
  /** What it is, in words. */
  readonly title: string;
  readonly family: (typeof families)[number];
  readonly publishers: number;
  readonly subscribers: number;
  /** `all`: every subscriber gets every message; `pairs`: subscriber n gets what publisher n sends. */
  readonly pattern: 'all' | 'pairs';
  /** Topics that each publisher uses in turn, at most 10,000. */
  readonly topics: number;
  /** Bytes of payload, at least 16. */
  readonly size: number;
  readonly qos: Qos;
  readonly subscriberQos: Qos;
  readonly publisherVersion: ProtocolVersion;
  readonly subscriberVersion: ProtocolVersion;
  /** A content type and a user property with every message; 5.0 publishers only. */
  readonly hasProperties: boolean;
  /** Messages of one publisher that may be underway. */
  readonly window: number;
  /** Messages a second, one at a time; 0 is as many as the window allows. */
  readonly perSecond: number;
  /** Publishers at the broker that is measured, subscribers at a Mosquitto to which it bridges. */
  readonly isBridge: boolean;
  /** Connections side by side that a bridge of ours has; the others have one. */
  readonly lanes: number;
  readonly isTls: boolean;
  /** With a data directory, how safe a message is before it is acknowledged; default without one. Viaduct only. */
  readonly durability?: 'memory' | 'written' | 'synced';
  /** Seconds of warming up. */
  readonly warmup: number;
  /** What Viaduct is to cost at most, as a share of Mosquitto's cost; 0 for no goal. */
  readonly goal: number;
  /** The same for what aedes costs. */
  readonly aedesGoal: number;
}

const { v311, v5 } = ProtocolVersion;

const q0: Scenario = {
  name: 'q0',
  title: 'QoS 0, 64 B, one to one',
  family: 'floods',
  publishers: 1,
  subscribers: 1,
  pattern: 'all',
  topics: 1,
  size: 64,
  qos: 0,
  subscriberQos: 0,
  publisherVersion: v311,
  subscriberVersion: v311,
  hasProperties: false,
  window: 4096,
  perSecond: 0,
  isBridge: false,
  lanes: 1,
  isTls: false,
  warmup: 0.8,
  goal: 1 / 50,
  aedesGoal: 1 / 100,
};
const none: Scenario = { ...q0, goal: 0, aedesGoal: 0 };
const pairs: Scenario = { ...none, family: 'fans', publishers: 50, subscribers: 50, pattern: 'pairs', window: 80 };
const q1: Scenario = { ...none, family: 'QoS 1 and 2', qos: 1, subscriberQos: 1, window: 100 };
const versions: Scenario = { ...none, family: 'versions' };
const single: Scenario = { ...none, family: 'one at a time' };
const steady: Scenario = { ...single, perSecond: 1000, warmup: 5 };
const bridge: Scenario = { ...none, family: 'bridge', isBridge: true };
const bridgeQ1: Scenario = { ...bridge, qos: 1, subscriberQos: 1, window: 100 };

/** Every scenario that can be run. */
export const scenarios: readonly Scenario[] = [
  q0,
  { ...none, name: 'q0_16', title: 'QoS 0, 16 B', size: 16 },
  { ...none, name: 'q0_topics', title: 'QoS 0, 1,000 topics in rotation', topics: 1000, goal: 1 / 25 },
  { ...none, name: 'q0_topics5000', title: 'QoS 0, 5,000 topics in rotation', topics: 5000 },
  { ...none, family: 'sizes', name: 'q0_1k', title: 'QoS 0, 1 KiB', size: 1024, goal: 1 / 9 },
  { ...none, family: 'sizes', name: 'q0_16k', title: 'QoS 0, 16 KiB', size: 16_384, window: 400, goal: 0.8 },
  { ...none, family: 'sizes', name: 'q0_256k', title: 'QoS 0, 256 KiB', size: 262_144, window: 20, goal: 0.5 },
  { ...none, family: 'fans', name: 'fanin50', title: 'QoS 0, fan-in 50', publishers: 50, window: 80, goal: 1 / 40 },
  {
    ...none,
    family: 'fans',
    name: 'fanin50_b1',
    title: 'QoS 0, fan-in 50, 4 underway each',
    publishers: 50,
    window: 4,
  },
  {
    ...none,
    family: 'fans',
    name: 'fanout100',
    title: 'QoS 0, fan-out 100',
    subscribers: 100,
    window: 1000,
    goal: 1 / 75,
  },
  {
    ...none,
    family: 'fans',
    name: 'fanout100_1k',
    title: 'QoS 0, 1 KiB, fan-out 100',
    subscribers: 100,
    size: 1024,
    window: 100,
  },
  { ...q1, family: 'fans', name: 'fanout100_q1', title: 'QoS 1, fan-out 100', subscribers: 100, goal: 1 / 9 },
  { ...pairs, name: 'pairs50', title: 'QoS 0, 50 pairs' },
  { ...pairs, name: 'pairs50_q1', title: 'QoS 1, 50 pairs', qos: 1, subscriberQos: 1, window: 20, goal: 1 / 12 },
  { ...q1, name: 'q1', title: 'QoS 1, window 100', goal: 1 / 28 },
  { ...q1, name: 'q1_1k', title: 'QoS 1, 1 KiB, window 100', size: 1024 },
  { ...q1, name: 'q1to0', title: 'QoS 1 to a subscriber at QoS 0', subscriberQos: 0 },
  { ...q1, name: 'q2', title: 'QoS 2, window 100', qos: 2, subscriberQos: 2, goal: 1 / 28 },
  { ...versions, name: 'v4to5', title: 'QoS 0, 3.1.1 to 5.0', subscriberVersion: v5, goal: 1 / 20 },
  { ...versions, name: 'v5to4', title: 'QoS 0, 5.0 to 3.1.1', publisherVersion: v5, goal: 1 / 20 },
  { ...versions, name: 'v5to5', title: 'QoS 0, 5.0', publisherVersion: v5, subscriberVersion: v5 },
  {
    ...versions,
    name: 'v5to5_props',
    title: 'QoS 0, 5.0, with properties',
    publisherVersion: v5,
    subscriberVersion: v5,
    hasProperties: true,
  },
  {
    ...versions,
    name: 'v5to4_props',
    title: 'QoS 0, 5.0 with properties to 3.1.1',
    publisherVersion: v5,
    hasProperties: true,
  },
  {
    ...pairs,
    family: 'one at a time',
    name: 'ping50',
    title: 'QoS 0, 50 pairs, one underway each',
    window: 1,
    goal: 1,
  },
  { ...single, name: 'q1_w1', title: 'QoS 1, stop and wait', qos: 1, subscriberQos: 1, window: 1, goal: 1.1 },
  { ...steady, name: 'lat_1k', title: 'QoS 0, 1,000 messages a second', goal: 1.5 },
  { ...steady, name: 'lat_5k', title: 'QoS 0, 5,000 messages a second', perSecond: 5000 },
  { ...steady, name: 'lat_q1', title: 'QoS 1, 1,000 messages a second', qos: 1, subscriberQos: 1 },
  { ...steady, name: 'lat_fan', title: 'QoS 0, 1,000 messages a second, fan-out 10', subscribers: 10 },
  { ...none, family: 'TLS', name: 'tls_q0', title: 'QoS 0 over TLS', isTls: true },
  { ...q1, family: 'TLS', name: 'tls_q1', title: 'QoS 1 over TLS, window 100', isTls: true },
  { ...bridge, name: 'br_q0', title: 'QoS 0 through the bridge', window: 2000, goal: 1 / 15 },
  { ...bridge, name: 'br_q0_1k', title: 'QoS 0, 1 KiB, through the bridge', size: 1024, window: 1000 },
  { ...bridgeQ1, name: 'br_q1', title: 'QoS 1 through the bridge', goal: 1 / 4 },
  { ...bridgeQ1, name: 'br_q1_many', title: 'QoS 1, 16 publishers, through the bridge', publishers: 16, window: 20 },
  {
    ...bridgeQ1,
    name: 'br_q1_lanes4',
    title: 'QoS 1, 16 publishers, through 4 lanes of the bridge',
    publishers: 16,
    window: 20,
    lanes: 4,
  },
  { ...bridge, name: 'br_q2', title: 'QoS 2 through the bridge', qos: 2, subscriberQos: 2, window: 100 },
  {
    ...bridgeQ1,
    name: 'br_lat_q1',
    title: 'QoS 1 through the bridge, 1,000 messages a second',
    perSecond: 1000,
    warmup: 5,
  },
  ...journalRows.map((row): Scenario => ({ ...bridgeQ1, family: 'journal', window: 1000, ...row })),
];
