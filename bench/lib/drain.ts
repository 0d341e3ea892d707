// Drain: what a bridge does when its remote comes back. Messages of QoS 1 are given to the edge while nobody listens at
// the remote's address; then a Mosquitto is started there, with a subscriber, and what arrives is counted until
// everything has, or nothing more comes. Bounded by `messages`, which every broker here is allowed to queue.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Bytes, bytesOf, joinBytes } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { freePort } from '../../test/kit/mosquitto.ts';
import { type Peer, startPeer, startRemote } from '../peers.ts';
import { cpuUsOf } from './process-usage.ts';

/** What was found of one peer. */
export interface DrainResult {
  /** From the start of the remote to the last message, in seconds; reconnecting is part of it. */
  readonly seconds: number;
  /** From the first message to the last. */
  readonly perSecond: number;
  /** Microseconds of CPU of the edge for each message, from the start of the remote on. */
  readonly cpuUs: number;
  readonly missing: number;
  readonly reordered: number;
}

const version = ProtocolVersion.v311;
const batch = 500;
const silenceMs = 15_000;

/** Measures a peer; undefined when it or Mosquitto is not installed. */
export async function measureDrain(peer: Peer, messages: number): Promise<DrainResult | undefined> {
  const remotePort = await freePort();
  const edge = await startPeer(peer, { remotePort });
  if (edge === undefined) return undefined;
  try {
    await fill(edge.port, messages);
    const cpuUs = cpuUsOf(edge.pid);
    const began = performance.now();
    const remote = await startRemote(remotePort);
    if (remote === undefined) return undefined;
    try {
      const { count, reordered, firstAt, lastAt } = await receive(remotePort, messages);
      return {
        seconds: (lastAt - began) / 1000,
        perSecond: (count * 1000) / (lastAt - firstAt),
        cpuUs: (cpuUsOf(edge.pid) - cpuUs) / count,
        missing: messages - count,
        reordered,
      };
    } finally {
      await remote.stop();
    }
  } finally {
    await edge.stop();
  }
}

async function open(port: number, clientId: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  const packet = { version, isBridge: false, clientId, cleanStart: true, keepAlive: 0, properties: {} };
  socket.write(encodePacket({ ...packet, type: PacketType.connect }, version));
  await once(socket, 'data');
  return socket;
}

/** Publishes all messages, a batch at a time; returns when each is acknowledged. */
async function fill(port: number, messages: number): Promise<void> {
  const socket = await open(port, 'filler');
  for (let sent = 0; sent < messages; sent += batch) {
    const frames = Array.from({ length: batch }, (_one, index): Bytes => {
      const payload = bytesOf(new Uint8Array(64));
      payload.writeUInt32BE(sent + index);
      const packet = { topic: 'bench/drain', payload, qos: 1 as const, retain: false, dup: false, properties: {} };
      return encodePacket({ ...packet, type: PacketType.publish, packetId: index + 1 }, version);
    });
    socket.write(joinBytes(frames));
    for (let acknowledged = 0; acknowledged < batch * 4; ) {
      const [chunk]: readonly Uint8Array[] = await once(socket, 'data');
      acknowledged += chunk?.length ?? 0;
    }
  }
  socket.destroy();
}

async function receive(
  port: number,
  messages: number,
): Promise<{ readonly count: number; readonly reordered: number; readonly firstAt: number; readonly lastAt: number }> {
  const socket = await open(port, 'drained');
  const entry = { filter: 'bench/#', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  socket.write(encodePacket({ type: PacketType.subscribe, packetId: 1, entries: [entry], properties: {} }, version));
  const [scanner, answers] = [new FrameScanner(100_000), [] as number[]];
  const seen = { count: 0, reordered: 0, firstAt: 0, lastAt: performance.now() };
  let next = 0;
  const handler = {
    frame: (bytes: Bytes, start: number, body: number, end: number): boolean => {
      if ((bytes[start] ?? 0) >> 4 !== PacketType.publish) return true;
      const sequence = bytes.readUInt32BE(end - 64);
      if (sequence < next) seen.reordered++;
      else seen.count++;
      next = Math.max(next, sequence + 1);
      seen.lastAt = performance.now();
      if (seen.firstAt === 0) seen.firstAt = seen.lastAt;
      const idAt = body + 2 + bytes.readUInt16BE(body);
      answers.push(0x40, 2, bytes[idAt] ?? 0, bytes[idAt + 1] ?? 0);
      return true;
    },
  };
  socket.on('data', (chunk) => {
    scanner.scan(bytesOf(chunk), handler);
    if (answers.length > 0) socket.write(Uint8Array.from(answers));
    answers.length = 0;
  });
  while (seen.count < messages && performance.now() - seen.lastAt < silenceMs) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.destroy();
  return seen;
}
