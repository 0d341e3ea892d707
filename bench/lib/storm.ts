// Storm: thousands of devices that connect within seconds, as after a power cut, and go again at once. What a connect
// costs, in a process that has just started and in one that has seen thousands, how many the broker takes, and what a
// neighbour feels whose messages go on. Bounded: `stormMs` at `perSecond`; connects that are not answered yet are
// `underwayMax` at most, then the storm waits for the broker.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { joinBytes } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { type Peer, type RunningPeer, startPeer } from '../peers.ts';
import type { NeighbourResult } from './neighbour.ts';
import { cpuUsOf } from './process-usage.ts';

/** What was found of one peer. */
export interface StormResult {
  /** Connects that were answered, for each second of the storm. */
  readonly perSecond: number;
  /** Microseconds of CPU of the broker for one of the first half: connect, subscribe, disconnect. */
  readonly coldUs: number;
  /** For one of the second half: by then what runs is compiled. */
  readonly connectUs: number;
  /** What a message of the neighbour took before and in the storm, in ms. */
  readonly calmP50Ms: number;
  readonly calmP99Ms: number;
  readonly stormP50Ms: number;
  readonly stormP99Ms: number;
}

/** Connects a second that are tried. */
export const stormPerSecond = 2000;
const calmMs = 2000;
const stormMs = 4000;
const underwayMax = 500;
const version = ProtocolVersion.v311;

/** Measures a peer; undefined when it is not installed. */
export async function measureStorm(peer: Peer): Promise<StormResult | undefined> {
  const broker = await startPeer(peer);
  if (broker === undefined) return undefined;
  try {
    const args = ['build/bench/lib/neighbour.js', String(broker.port), String(calmMs), String(stormMs)];
    const neighbour = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: neighbour.stdout })[Symbol.asyncIterator]();
    await lines.next();
    const calmFrom = cpuUsOf(broker.pid);
    await sleep(calmMs);
    const stormFrom = cpuUsOf(broker.pid);
    const [cold, warm] = [await rage(broker, 0), await rage(broker, 1)];
    const quietUs = (stormFrom - calmFrom) / calmMs;
    const usOf = ({ answered, seconds, cpuUs }: Half): number => (cpuUs - quietUs * seconds * 1000) / answered;
    const { calm, storm }: NeighbourResult = JSON.parse(String((await lines.next()).value));
    return {
      perSecond: (cold.answered + warm.answered) / (cold.seconds + warm.seconds),
      coldUs: usOf(cold),
      connectUs: usOf(warm),
      calmP50Ms: calm.p50,
      calmP99Ms: calm.p99,
      stormP50Ms: storm.p50,
      stormP99Ms: storm.p99,
    };
  } finally {
    await broker.stop();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What half of a storm did. */
interface Half {
  readonly answered: number;
  readonly seconds: number;
  readonly cpuUs: number;
}

async function rage({ port, pid }: RunningPeer, half: number): Promise<Half> {
  const [began, cpuFrom] = [performance.now(), cpuUsOf(pid)];
  let [begun, answered, underway] = [0, 0, 0];
  while (performance.now() - began < stormMs / 2) {
    const due = ((performance.now() - began) * stormPerSecond) / 1000;
    for (; begun < due && underway < underwayMax; begun++) {
      underway++;
      visit(port, `storm-${half}-${begun}`, (isAnswered) => {
        underway--;
        if (isAnswered) answered++;
      });
    }
    await sleep(2);
  }
  const seconds = (performance.now() - began) / 1000;
  for (let waited = 0; underway > 0 && waited < stormMs; waited += 10) await sleep(10);
  return { answered, seconds, cpuUs: cpuUsOf(pid) - cpuFrom };
}

/** Connects, subscribes, and goes when both were answered. */
function visit(port: number, clientId: string, over: (isAnswered: boolean) => void): void {
  const hello = { version, isBridge: false, clientId, cleanStart: true, keepAlive: 60, properties: {} };
  const entry = { filter: clientId, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const subscribe = { type: PacketType.subscribe, packetId: 1, entries: [entry], properties: {} } as const;
  const bye = { type: PacketType.disconnect, reasonCode: 0, properties: {} } as const;
  const socket = connect(port, '127.0.0.1');
  // four bytes of CONNACK, five of SUBACK
  let left = 9;
  socket.write(
    joinBytes([encodePacket({ ...hello, type: PacketType.connect }, version), encodePacket(subscribe, version)]),
  );
  socket.on('data', (chunk) => {
    left -= chunk.length;
    if (left <= 0) socket.end(encodePacket(bye, version));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => over(left <= 0));
}
