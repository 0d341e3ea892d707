// Subscriber: counts what comes, checks that nothing is missing, repeated or out of order, and acknowledges it, all of
// a chunk in one write. Nothing is made for a message. Bounded by the publishers, of each of which it knows what is
// next.
import type { Socket } from 'node:net';
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { Publisher } from './publisher.ts';
import type { Scenario } from './scenario.ts';

/** What all subscribers of a run have seen together. */
export interface Tally {
  delivered: number;
  gaps: number;
  repeats: number;
  /** Time from sending to arrival in ms, of the latest messages; kept for scenarios of a fixed rate. */
  readonly latencies: Float64Array;
  latencyCount: number;
}

/** What all subscribers of a run share. */
export interface SubscriberParts {
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly publishers: readonly Publisher[];
}

/** Takes the messages of one connection. */
export class Subscriber {
  readonly #socket: Socket;
  readonly #scenario: Scenario;
  readonly #tally: Tally;
  readonly #next: number[];
  readonly #scanner = new FrameScanner(268_435_460);
  readonly #answers: number[] = [];
  readonly #fresh = new Set<number>();

  /** `index`: as publishers know it. */
  constructor(socket: Socket, index: number, { scenario, tally, publishers }: SubscriberParts) {
    this.#socket = socket;
    this.#scenario = scenario;
    this.#tally = tally;
    this.#next = new Array<number>(scenario.publishers).fill(0);
    const frame = (bytes: Bytes, start: number, body: number, end: number): boolean => {
      const type = (bytes[start] ?? 0) >> 4;
      if (type === PacketType.publish) this.#check(bytes, start, body, end);
      else if (type === PacketType.pubrel) this.#answers.push(0x70, 2, bytes[body] ?? 0, bytes[body + 1] ?? 0);
      return true;
    };
    const handler = { frame };
    socket.on('data', (chunk) => {
      this.#scanner.scan(bytesOf(chunk), handler);
      if (this.#answers.length > 0) this.#socket.write(Uint8Array.from(this.#answers));
      this.#answers.length = 0;
      for (const publisher of this.#fresh) {
        publishers[publisher]?.seen(scenario.pattern === 'pairs' ? 0 : index, this.#next[publisher] ?? 0);
        publishers[publisher]?.pump();
      }
      this.#fresh.clear();
    });
  }

  #check(bytes: Bytes, start: number, body: number, end: number): void {
    const { size, perSecond } = this.#scenario;
    const tally = this.#tally;
    const payload = end - size;
    const publisher = bytes.readUInt32BE(payload);
    const sequence = bytes.readUInt32BE(payload + 4);
    const expected = this.#next[publisher] ?? 0;
    if (sequence > expected) tally.gaps += sequence - expected;
    if (sequence < expected) tally.repeats++;
    else this.#next[publisher] = sequence + 1;
    tally.delivered++;
    this.#fresh.add(publisher);
    if (perSecond > 0) {
      tally.latencies[tally.latencyCount++ % tally.latencies.length] =
        performance.now() - bytes.readDoubleBE(payload + 8);
    }
    const qos = ((bytes[start] ?? 0) >> 1) & 3;
    if (qos === 0) return;
    const idAt = body + 2 + bytes.readUInt16BE(body);
    this.#answers.push(qos === 1 ? 0x40 : 0x50, 2, bytes[idAt] ?? 0, bytes[idAt + 1] ?? 0);
  }
}
