// Scenario: one kind of traffic, as data. The generator plays it, the runner repeats it for each peer, the report names
// it. Bounded: `messages` is what is measured, after a quarter as many for warming up.
// Payloads carry publisher and sequence in their first eight bytes, so the smallest size is eight.
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';

/** One kind of traffic. */
export interface Scenario {
  readonly name: string;
  /** What it is, in words. */
  readonly title: string;
  readonly publishers: number;
  readonly subscribers: number;
  /** `all`: every subscriber gets every message; `pairs`: subscriber n gets what publisher n sends. */
  readonly pattern: 'all' | 'pairs';
  /** Topics that each publisher uses in turn. */
  readonly topics: number;
  /** Bytes of payload, at least 8. */
  readonly size: number;
  readonly qos: Qos;
  readonly publisherVersion: ProtocolVersion;
  readonly subscriberVersion: ProtocolVersion;
  /** Messages of one publisher that may be underway. */
  readonly window: number;
  /** Messages published, all publishers together, that are measured. */
  readonly messages: number;
}

const { v311, v5 } = ProtocolVersion;

const base: Scenario = {
  name: 'q0',
  title: 'QoS 0, 64 B, one to one',
  publishers: 1,
  subscribers: 1,
  pattern: 'all',
  topics: 1,
  size: 64,
  qos: 0,
  publisherVersion: v311,
  subscriberVersion: v311,
  window: 4096,
  messages: 600_000,
};

/** Every scenario that can be run. */
export const scenarios: readonly Scenario[] = [
  base,
  { ...base, name: 'q0_1k', title: 'QoS 0, 1 KiB', size: 1024, messages: 200_000 },
  { ...base, name: 'q0_16k', title: 'QoS 0, 16 KiB', size: 16_384, window: 400, messages: 20_000 },
  { ...base, name: 'q0_256k', title: 'QoS 0, 256 KiB', size: 262_144, window: 20, messages: 1500 },
  { ...base, name: 'q0_topics', title: 'QoS 0, 1,000 topics in rotation', topics: 1000 },
  { ...base, name: 'fanin50', title: 'QoS 0, fan-in 50', publishers: 50, window: 80 },
  { ...base, name: 'fanout100', title: 'QoS 0, fan-out 100', subscribers: 100, window: 1000, messages: 20_000 },
  { ...base, name: 'fanout100_q1', title: 'QoS 1, fan-out 100', subscribers: 100, qos: 1, window: 100, messages: 5000 },
  { ...base, name: 'pairs50', title: 'QoS 0, 50 pairs', publishers: 50, subscribers: 50, pattern: 'pairs', window: 80 },
  {
    ...base,
    name: 'pairs50_q1',
    title: 'QoS 1, 50 pairs',
    publishers: 50,
    subscribers: 50,
    pattern: 'pairs',
    qos: 1,
    window: 2,
    messages: 60_000,
  },
  {
    ...base,
    name: 'ping50',
    title: 'QoS 0, 50 pairs, one message at a time',
    publishers: 50,
    subscribers: 50,
    pattern: 'pairs',
    window: 1,
    messages: 60_000,
  },
  { ...base, name: 'q1', title: 'QoS 1, window 100', qos: 1, window: 100, messages: 120_000 },
  { ...base, name: 'q2', title: 'QoS 2, window 100', qos: 2, window: 100, messages: 80_000 },
  { ...base, name: 'q1_w1', title: 'QoS 1, stop and wait', qos: 1, window: 1, messages: 8000 },
  { ...base, name: 'v4to5', title: 'QoS 0, 3.1.1 to 5.0', subscriberVersion: v5 },
  { ...base, name: 'v5to4', title: 'QoS 0, 5.0 to 3.1.1', publisherVersion: v5 },
];
