// DashboardFixture: a plant in the middle of its work, as the API would tell it: bridges in every state, devices,
// topics, messages, users. What pages look like with it is on the screenshots. Moments are relative to a given
// `now`.
import type { BridgeView } from '../../src/http/api-config-types.ts';
import type { StatusReply } from '../../src/http/api-types.ts';

type BridgeStatus = NonNullable<BridgeView['status']>;
type RuleStatus = BridgeStatus['forwards'][number];

/** The monotonic clock of the fixture, ms. */
export const monotonicMs = 93_784_000;

function rule(from: string, to: string, delivered: number, more: Partial<RuleStatus> = {}): RuleStatus {
  const { queued = 0, dropped = {}, payloadBytes = delivered * 118 } = more;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return { from, to, delivered, queued, dropped, received: delivered + queued + lost, payloadBytes, ...more };
}

function bridge(name: string, server: string, status: Partial<BridgeStatus>, rates: BridgeView['rates']): BridgeView {
  const remote = server.replace(/^.*:\/\//, '');
  const link: BridgeStatus['link'] = { state: 'connected', since: monotonicMs - 7_512_000, sessionPresent: true };
  const nothing = {
    connects: 1,
    bytesSent: 0,
    bytesReceived: 0,
    queueDepth: 0,
    queueBytes: 0,
    underway: 0,
    forwards: [],
    subscriptions: [],
    unmatched: 0,
    lanes: [],
    deadLetters: { count: 0, bytes: 0, added: 0, forgotten: 0 },
  };
  // as: the fixture tells what pages read of a status, and a status may hold more
  const whole = { name, remote, link, ...nothing, ...status } as BridgeStatus;
  return { name, mode: 'running', server, status: whole, rates };
}

const zero = { sent: 0, received: 0, dropped: 0, bytesSent: 0, bytesReceived: 0 } as const;

/** The last one is down. */
function laneOf(lane: number): BridgeStatus['lanes'][number] {
  const remote = 'broker.example.com:8883';
  const link: BridgeStatus['link'] =
    lane < 3
      ? { state: 'connected', since: monotonicMs - 7_512_000, sessionPresent: true }
      : {
          state: 'waiting',
          since: monotonicMs - 4000,
          retryAt: monotonicMs + 2000,
          error: 'the connection was lost',
          kind: 'lost',
        };
  const waiting =
    lane < 3 ? { queueDepth: 4, queueBytes: 1604, underway: 4 } : { queueDepth: 212, queueBytes: 84_800, underway: 0 };
  const delivered = 1_604_133 + lane * 731;
  const bytes = { bytesSent: delivered * 161, bytesReceived: delivered * 5 };
  return { lane, clientId: `gateway-07-${lane}`, link, remote, delivered, ...bytes, ...waiting };
}

const hour = 3_600_000;
const replay: NonNullable<NonNullable<BridgeView['status']>['replay']> = {
  ageMsMax: 24 * hour,
  bytesMax: 268_435_456,
  kept: {
    count: 812_400,
    bytes: 171_442_176,
    oldestAt: Date.UTC(2026, 2, 1, 7),
    newestAt: Date.UTC(2026, 2, 2, 7),
    forgotten: 40_210,
    unkept: 0,
  },
  run: {
    id: 2,
    terms: { target: 'historian', topic: 'sensors/#', rate: 200 },
    state: 'running',
    counts: { queued: 41_820, expired: 12, unmatched: 0, refused: 0, damaged: 0 },
    share: 0.38,
    startedAt: Date.UTC(2026, 2, 2, 7),
  },
};

/** The bridges: one at work, one down with a queue, one paused, one switched off. */
export function bridgesAt(tick: number): readonly BridgeView[] {
  const wave = Math.round(420 + 90 * Math.sin(tick / 9) + 24 * Math.sin(tick * 1.7));
  const depth = 18_240 + tick * 37;
  return [
    bridge(
      'cloud',
      'tls+mqtt-tcp://broker.example.com:8883',
      {
        connects: 3,
        bytesSent: 775_400_000 + tick * wave * 161,
        bytesReceived: 26_410_000 + tick * wave * 5,
        underway: 12,
        lanes: [1, 2, 3].map(laneOf),
        deadLetters: { count: 3, bytes: 27_360, added: 3, forgotten: 0 },
        replay,
        queueDepth: 12,
        queueBytes: 4_812,
        forwards: [
          rule('sensors/#', 'plant7/${topic}', 4_812_400 + tick * wave, { queued: 12, dropped: { expired: 14 } }),
          rule('alarms/+', 'plant7/alarms', 1_204, { note: 'read by the control room' }),
        ],
        subscriptions: [rule('plant7/cmd/#', 'cmd/#', 18_411)],
      },
      { sent: wave, received: 3.2, dropped: 0, bytesSent: wave * 161, bytesReceived: wave * 5 },
    ),
    bridge(
      'historian',
      'mqtt-tcp://10.20.0.14:1883',
      {
        connects: 41,
        queueDepth: depth,
        oldestMs: 486_000,
        queueBytes: depth * 214,
        link: {
          state: 'waiting',
          since: monotonicMs - 486_000,
          retryAt: monotonicMs + 7_000,
          error: 'nobody listens on 10.20.0.14:1883',
          kind: 'lost',
        },
        forwards: [rule('sensors/+/raw', '', 902_113, { queued: depth, dropped: { 'too-large': 3, sampled: 90_211 } })],
      },
      zero,
    ),
    {
      ...bridge('line-2', 'mqtt-tcp://line2.local:1883', { queueDepth: 96, queueBytes: 19_200 }, zero),
      mode: 'paused',
    },
    { name: 'staging', mode: 'disabled', server: 'wss://staging.example.com:443/mqtt', rates: zero },
  ];
}

/** The whole, `tick` seconds on. */
export function statusAt(tick: number, now: number): StatusReply {
  const rate = Math.round(610 + 110 * Math.sin(tick / 11));
  const status = {
    version: '0.1.0',
    hostname: 'gateway-07',
    now: { wallMs: now, monotonicMs },
    broker: {
      state: 'open',
      uptimeMs: monotonicMs,
      connections: 131,
      sessions: 148,
      connected: 131,
      connectsTotal: 1_902,
      subscriptions: 412,
      retained: 96,
      retainedBytes: 48_211,
      queued: 311,
    },
    rates: { received: rate, sent: rate * 2 + 14, bytesReceived: rate * 214, bytesSent: rate * 2 * 214, dropped: 0 },
    process: {
      pid: 412,
      node: 'v20.19.0',
      rssBytes: 71_400_000,
      heapBytes: 21_000_000,
      cpu: 0.074,
      startedAt: now - monotonicMs,
    },
    listeners: [
      {
        name: 'tcp.default',
        host: '0.0.0.0',
        port: 1883,
        isEncrypted: false,
        isWebSocket: false,
        connections: 118,
        accepted: 118,
        refused: {},
      },
      {
        name: 'ssl.default',
        host: '0.0.0.0',
        port: 8883,
        isEncrypted: true,
        isWebSocket: false,
        connections: 9,
        accepted: 9,
        refused: {},
      },
      {
        name: 'ws.default',
        host: '0.0.0.0',
        port: 8083,
        isEncrypted: false,
        isWebSocket: true,
        connections: 4,
        accepted: 4,
        refused: {},
      },
    ],
    bridges: bridgesAt(tick),
  };
  // as: the pages read no more of the broker's status than stands here
  return status as unknown as StatusReply;
}
