// Publisher: sends its messages in batches that are written over copies of one template, at most a window ahead of what
// the slowest subscriber has seen and of what the broker has acknowledged. It sends when half of the window is free, so
// that batches stay batches. Bounded by the window.
import type { Socket } from 'node:net';
import { allocateBytes, type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { Scenario } from './scenario.ts';

/** A PUBLISH to copy, and where in it packet identifier and payload stand. */
interface Template {
  readonly bytes: Bytes;
  readonly idAt: number;
  readonly payloadAt: number;
}

/** Sends the messages of one publisher. */
export class Publisher {
  /** Messages sent so far. */
  sent = 0;
  isStopped = false;
  readonly #socket: Socket;
  readonly #scenario: Scenario;
  readonly #index: number;
  readonly #templates: readonly Template[];
  readonly #seenBy: number[];
  #seen = 0;
  #acknowledged = 0;
  #isFull = false;

  constructor(socket: Socket, scenario: Scenario, index: number) {
    this.#socket = socket;
    this.#scenario = scenario;
    this.#index = index;
    this.#seenBy = new Array<number>(scenario.pattern === 'all' ? scenario.subscribers : 1).fill(0);
    this.#templates = Array.from({ length: scenario.topics }, (_one, topic) => templateOf(scenario, index, topic));
    socket.on('drain', () => {
      this.#isFull = false;
      this.pump();
    });
    if (scenario.qos > 0) this.#hearAcknowledgements();
    else socket.resume();
  }

  /** A subscriber has this many of the messages. */
  seen(subscriber: number, count: number): void {
    this.#seenBy[subscriber] = count;
    this.#seen = this.#seenBy.length === 1 ? count : Math.min(...this.#seenBy);
  }

  /** Sends what the window allows, if that is worth a write. */
  pump(): void {
    const { window, qos, perSecond } = this.#scenario;
    const safe = qos === 0 ? this.#seen : Math.min(this.#seen, this.#acknowledged);
    const room = window - (this.sent - safe);
    if (perSecond > 0 || this.isStopped || this.#isFull || room * 2 < window || room <= 0) return;
    this.send(room);
  }

  /** Sends so many messages in one write. */
  send(count: number): void {
    const { topics, qos } = this.#scenario;
    const stride = this.#templates[0]?.bytes.length ?? 0;
    const batch = allocateBytes(count * stride);
    const now = performance.now();
    for (let index = 0, at = 0; index < count; index++, at += stride) {
      const template = this.#templates[this.sent % topics];
      if (template === undefined) return;
      template.bytes.copy(batch, at);
      batch.writeUInt32BE(this.#index, at + template.payloadAt);
      batch.writeUInt32BE(this.sent, at + template.payloadAt + 4);
      batch.writeDoubleBE(now, at + template.payloadAt + 8);
      if (qos > 0) batch.writeUInt16BE((this.sent % 60_000) + 1, at + template.idAt);
      this.sent++;
    }
    this.#isFull = !this.#socket.write(batch) && this.#socket.writableLength > 4_194_304;
  }

  /** Counts PUBACK and PUBCOMP, and answers each PUBREC with PUBREL. */
  #hearAcknowledgements(): void {
    const scanner = new FrameScanner(1000);
    const answers: number[] = [];
    const handler = {
      frame: (bytes: Bytes, start: number, body: number): boolean => {
        const type = (bytes[start] ?? 0) >> 4;
        if (type === PacketType.pubrec) answers.push(0x62, 2, bytes[body] ?? 0, bytes[body + 1] ?? 0);
        else this.#acknowledged++;
        return true;
      },
    };
    this.#socket.on('data', (chunk) => {
      scanner.scan(bytesOf(chunk), handler);
      if (answers.length > 0) this.#socket.write(Uint8Array.from(answers));
      answers.length = 0;
      this.pump();
    });
  }
}

function templateOf(scenario: Scenario, publisher: number, topic: number): Template {
  const { size, qos, publisherVersion, hasProperties } = scenario;
  const name = `bench/${String(publisher).padStart(2, '0')}/${String(topic).padStart(4, '0')}`;
  const payload = bytesOf(new Uint8Array(size).fill(120));
  const properties = hasProperties ? { contentType: 'text/plain', userProperties: [['site', 'plant7'] as const] } : {};
  const packet = { type: PacketType.publish, topic: name, payload, qos, retain: false, dup: false, properties };
  const bytes = encodePacket({ ...packet, packetId: qos > 0 ? 1 : 0, type: PacketType.publish }, publisherVersion);
  const topicAt = bytes.indexOf(name);
  return { bytes, idAt: topicAt + name.length, payloadAt: bytes.length - size };
}
