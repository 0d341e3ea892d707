// Whole: what a broker costs beside traffic: the time from its start to the first CONNACK, its memory when idle, and
// what a connection costs that says nothing. The connections are made by this process, a hundred at a time, each with
// one subscription. Bounded by the files that a process may open.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Peer, type RunningPeer, startPeer } from '../peers.ts';
import { cpuUsOf, memoryOf } from './process-usage.ts';
import { medianOf } from './statistics.ts';

/** What was found of one peer. */
export interface WholeResult {
  readonly startMs: number;
  readonly residentMb: number;
  readonly privateMb: number;
  /** For each idle connection with one subscription. */
  readonly connectionBytes: number;
  readonly connectUs: number;
}

/** How often a start is measured. */
export const startsOf = 7;
const settleMs = 3000;
/** How often somebody knocks at a broker that starts, in ms. */
const startEveryMs = 2;

/** Measures a peer; undefined when it is not installed. `connections`: how many idle ones, 1 to 19,000. */
export async function measureWhole(peer: Peer, connections: number): Promise<WholeResult | undefined> {
  const starts: number[] = [];
  for (let count = 0; count < startsOf; count++) {
    const startMs = await measureStart(peer);
    if (startMs !== undefined) starts.push(startMs);
  }
  const broker = await startPeer(peer);
  if (broker === undefined) return undefined;
  try {
    await sleep(settleMs);
    const [idle, cpuUs] = [memoryOf(broker.pid), cpuUsOf(broker.pid)];
    const sockets: Socket[] = [];
    for (let index = 0; index < connections; index += 100) {
      const some = Array.from({ length: Math.min(100, connections - index) }, (_one, at) =>
        join(broker, `c${index + at}`),
      );
      sockets.push(...(await Promise.all(some)));
    }
    const connectUs = (cpuUsOf(broker.pid) - cpuUs) / connections;
    await sleep(settleMs);
    const full = memoryOf(broker.pid);
    for (const socket of sockets) socket.destroy();
    return {
      startMs: medianOf(starts),
      residentMb: idle.residentKb / 1024,
      privateMb: idle.privateKb / 1024,
      connectionBytes: ((full.residentKb - idle.residentKb) * 1024) / connections,
      connectUs,
    };
  } finally {
    await broker.stop();
  }
}

/** From the start of the process to the first CONNACK, in ms. */
async function measureStart(peer: Peer): Promise<number | undefined> {
  const began = performance.now();
  const broker = await startPeer(peer, { everyMs: startEveryMs });
  if (broker === undefined) return undefined;
  try {
    const first = await join(broker, 'first');
    const startMs = performance.now() - began;
    first.destroy();
    return startMs;
  } finally {
    await broker.stop();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A connection with one subscription, in 3.1.1. */
async function join({ port }: RunningPeer, clientId: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const name = [...clientId].map((one) => one.charCodeAt(0));
  const filter = [...`devices/${clientId}`].map((one) => one.charCodeAt(0));
  const head = [0x10, 12 + name.length, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, name.length];
  socket.write(Uint8Array.from([...head, ...name, 0x82, 5 + filter.length, 0, 1, 0, filter.length, ...filter, 0]));
  for (let received = 0; received < 9; ) {
    const [chunk]: readonly Uint8Array[] = await once(socket, 'data');
    received += chunk?.length ?? 0;
  }
  socket.resume();
  return socket;
}
