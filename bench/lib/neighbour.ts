// Neighbour: a device that hears itself: it sends a message each 5 ms and measures how long it takes to come back, in
// a process of its own, so that it only waits for the broker. Started with port, milliseconds of calm and milliseconds
// of storm; says `ready`, and at the end prints the percentiles of both as JSON. Bounded by its time.
import { once } from 'node:events';
import { connect } from 'node:net';
import { bytesOf, bytesOfText } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';

/** Percentiles of one part, in ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** What a neighbour felt. */
export interface NeighbourResult {
  readonly calm: Percentiles;
  readonly storm: Percentiles;
}

const everyMs = 5;
const version = ProtocolVersion.v311;
const [port = 0, calmMs = 0, stormMs = 0] = process.argv.slice(2).map(Number);

const socket = connect(port, '127.0.0.1').setNoDelay(true);
const hello = { version, isBridge: false, clientId: 'neighbour', cleanStart: true, keepAlive: 0, properties: {} };
socket.write(encodePacket({ ...hello, type: PacketType.connect }, version));
await once(socket, 'data');
const entry = { filter: 'echo', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const subscribe = { type: PacketType.subscribe, packetId: 1, entries: [entry], properties: {} } as const;
socket.write(encodePacket(subscribe, version));
await once(socket, 'data');

const [calm, storm]: [number[], number[]] = [[], []];
const began = performance.now();
const scanner = new FrameScanner(1000);
socket.on('data', (chunk) => {
  scanner.scan(bytesOf(chunk), {
    frame: (bytes, _start, body, end) => {
      const sentAt = Number(bytes.toString('latin1', body + 6, end));
      (sentAt - began < calmMs ? calm : storm).push(performance.now() - sentAt);
      return true;
    },
  });
});
console.log('ready');
const timer = setInterval(() => {
  const payload = bytesOfText(String(performance.now()));
  const message = { topic: 'echo', payload, qos: 0, retain: false, dup: false, packetId: 0, properties: {} } as const;
  socket.write(encodePacket({ ...message, type: PacketType.publish }, version));
}, everyMs);
setTimeout(() => {
  clearInterval(timer);
  console.log(JSON.stringify({ calm: percentilesOf(calm), storm: percentilesOf(storm) }));
  socket.destroy();
}, calmMs + stormMs);

function percentilesOf(latencies: readonly number[]): Percentiles {
  const sorted = [...latencies].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
