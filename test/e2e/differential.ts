// Differential: the same conversation with our broker and with Debian's mosquitto, over real sockets. Conversations are
// arbitrary packets of up to three clients; after each packet everybody pings, so that all that it caused has come. Of
// a conversation the first step counts at which the two differ; `fixtures/differential.json` explains the differences
// that are meant to be, by what each side says.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Bytes, bytesOf, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { PacketType, packetName } from '../../protocol/wire/packet-type.ts';
import type { Packet } from '../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { oddPacket, openingPacket } from '../fuzz/odd-packets.ts';
import { Chance } from '../kit/chance.ts';

/** What is the same although it is said in other words; applied to both sides before they are compared. */
export interface Same {
  readonly why: string;
  readonly pattern: string;
  readonly becomes: string;
}

/** What is known of differences: `fixtures/differential.json`. */
export interface Knowledge {
  readonly same: readonly Same[];
  readonly explained: readonly Explained[];
}

/** A difference that is meant to be. */
export interface Explained {
  readonly why: string;
  /** Of the packet, and of what was said before it, as regular expressions; absent for any. */
  readonly packet?: string;
  readonly before?: string;
  /** What each side says, as regular expressions. */
  readonly ours: string;
  readonly theirs: string;
}

/** A step at which the two differ. */
export interface Difference {
  readonly seed: number;
  /** What was said before it. */
  readonly before: readonly string[];
  readonly packet: string;
  readonly ours: string;
  readonly theirs: string;
}

interface Step {
  readonly peer: number;
  readonly bytes: Bytes;
}

const peers = 3;
/** A broker that does not answer for so long does not answer. */
const answerMs = 500;

/** The first difference of a seed's conversation; undefined if there is none. */
export async function differenceOf(
  seed: number,
  ports: { readonly ours: number; readonly theirs: number },
  same: readonly Same[],
): Promise<Difference | undefined> {
  const chance = new Chance(seed);
  const version = chance.pick([ProtocolVersion.v311, ProtocolVersion.v5]);
  const steps = stepsOf(chance, version);
  const ours = await play(steps, version, ports.ours);
  const theirs = await play(steps, version, ports.theirs);
  const plain = (text = ''): string =>
    same.reduce((left, { pattern, becomes }) => left.replaceAll(new RegExp(pattern, 'g'), becomes), text);
  const at = steps.findIndex((_, index) => plain(ours[index]) !== plain(theirs[index]));
  if (at < 0) return undefined;
  const before = steps.slice(0, at).map(({ peer, bytes }) => `${peer}: ${describe(bytes, version)}`);
  const packet = `${version} ${describe(steps[at]?.bytes ?? joinBytes([]), version)}`;
  return { seed, before, packet, ours: ours[at] ?? '', theirs: theirs[at] ?? '' };
}

/** Whether a difference is one of those that are meant to be. */
export function explanationOf(difference: Difference, explained: readonly Explained[]): Explained | undefined {
  return explained.find(
    ({ packet = '', before = '', ours, theirs }) =>
      new RegExp(packet).test(difference.packet) &&
      new RegExp(before).test(difference.before.join('\n')) &&
      new RegExp(ours).test(difference.ours) &&
      new RegExp(theirs).test(difference.theirs),
  );
}

function stepsOf(chance: Chance, version: ProtocolVersion): readonly Step[] {
  const steps: Step[] = [];
  for (let peer = 0; peer < peers; peer++) steps.push({ peer, bytes: openingPacket('server', chance, version) });
  const count = chance.int(3, 14);
  for (let index = 0; index < count; index++) {
    const bytes = oddPacket('server', chance, version);
    // a broker may pass on a QoS 2 message with its PUBLISH or with its PUBREL: both come together
    const packet = decodePacket(bytes, version);
    const isQos2 = !(packet instanceof Malformed) && packet.type === PacketType.publish && packet.qos === 2;
    const packetId = isQos2 ? packet.packetId : 1;
    const release = { type: PacketType.pubrel, packetId, reasonCode: 0, properties: {} } as const;
    steps.push({
      peer: chance.int(0, peers - 1),
      bytes: isQos2 ? joinBytes([bytes, encodePacket(release, version)]) : bytes,
    });
  }
  return steps;
}

/** Plays the steps. Returns, for each, what every peer heard because of it. */
async function play(steps: readonly Step[], version: ProtocolVersion, port: number): Promise<readonly string[]> {
  await clean(port);
  const open = new Map<number, Peer>();
  const heard: string[] = [];
  for (const { peer, bytes } of steps) {
    let actor = open.get(peer);
    if (actor === undefined) {
      actor = await Peer.dial(port, version);
      open.set(peer, actor);
    }
    actor.send(bytes);
    await actor.ping();
    for (const other of open.values()) await other.ping();
    heard.push([...open].map(([index, one]) => `${index}: ${one.take()}`).join(' | '));
  }
  for (const one of open.values()) one.close();
  return heard;
}

/** Nothing of the conversation before is left: sessions of its clients, retained messages. */
async function clean(port: number): Promise<void> {
  const version = ProtocolVersion.v311;
  for (const clientId of ['a', 'b', 'c', 'x'.repeat(40)]) {
    const peer = await Peer.dial(port, version);
    const usual = { type: PacketType.connect, version, isBridge: false, keepAlive: 0, properties: {} } as const;
    peer.send(encodePacket({ ...usual, clientId, cleanStart: true }, version));
    await peer.ping();
    if (clientId === 'a') {
      for (const topic of ['a', 'a/b', 'a/b/c', 'a//b', '/', 'b', 'ä/ö', 'x'.repeat(300), 'up/1', 'down/1']) {
        const payload = bytesOf(new Uint8Array());
        const more = { qos: 0, retain: true, dup: false, packetId: 0, properties: {} } as const;
        peer.send(encodePacket({ type: PacketType.publish, topic, payload, ...more }, version));
      }
    }
    await peer.ping();
    peer.send(encodePacket({ type: PacketType.disconnect, reasonCode: 0, properties: {} }, version));
    await peer.closed();
  }
}

/** One client. */
class Peer {
  readonly #socket: Socket;
  readonly #version: ProtocolVersion;
  #lines: string[] = [];
  #isOver = false;
  #ponged: (() => void) | undefined;

  private constructor(socket: Socket, version: ProtocolVersion) {
    this.#socket = socket;
    this.#version = version;
    const scanner = new FrameScanner(268_435_460);
    socket.on('data', (chunk) => {
      scanner.scan(bytesOf(chunk), {
        frame: (bytes, start, _body, end) => {
          this.#take(copyOfBytes(bytes, start, end));
          return true;
        },
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isOver = true;
      this.#lines.push('closed');
      this.#ponged?.();
    });
  }

  static async dial(port: number, version: ProtocolVersion): Promise<Peer> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Peer(socket, version);
  }

  send(bytes: Bytes): void {
    if (!this.#isOver) this.#socket.write(bytes);
  }

  /** Returns when everything that was caused so far has come. */
  async ping(): Promise<void> {
    if (this.#isOver) return;
    const ponged = new Promise<void>((resolve) => {
      this.#ponged = resolve;
    });
    this.send(encodePacket({ type: PacketType.pingreq }, this.#version));
    const timer = setTimeout(() => this.#ponged?.(), answerMs);
    await ponged;
    clearTimeout(timer);
  }

  async closed(): Promise<void> {
    this.#socket.end();
    if (!this.#isOver) await once(this.#socket, 'close');
  }

  close(): void {
    this.#socket.destroy();
  }

  /** What came since the last time, in an order that does not depend on the server. */
  take(): string {
    const lines = this.#lines.sort().join(', ');
    this.#lines = [];
    return lines;
  }

  #take(frame: Bytes): void {
    if ((frame[0] ?? 0) >> 4 === PacketType.pingresp) this.#ponged?.();
    else this.#lines.push(describe(frame, this.#version));
  }
}

/** A packet in words, without what each server chooses for itself. */
function describe(bytes: Bytes, version: ProtocolVersion): string {
  const frame = firstFrame(bytes);
  const packet = decodePacket(frame, version);
  if (packet instanceof Malformed) return `no packet: ${frame.toString('hex')}`;
  return `${packetName(packet.type)}${factsOf(packet)}`;
}

function firstFrame(bytes: Bytes): Bytes {
  let first = bytes;
  new FrameScanner(268_435_460).scan(bytes, {
    frame: (_bytes, start, _body, end) => {
      first = bytes.subarray(start, end);
      return false;
    },
  });
  return first;
}

function factsOf(packet: Packet): string {
  switch (packet.type) {
    case PacketType.publish: {
      const { topic, qos, retain, dup, payload } = packet;
      return ` ${topic.slice(0, 20)} qos ${qos} retain ${retain} dup ${dup} ${payload.length} bytes`;
    }
    case PacketType.connack:
      return ` ${packet.reasonCode} present ${packet.sessionPresent}`;
    case PacketType.suback:
    case PacketType.unsuback:
      return ` ${packet.reasonCodes.join()}`;
    case PacketType.subscribe:
      return ` ${packet.entries.map((one) => `${one.filter} ${one.qos}${one.noLocal ? ' no local' : ''}`).join()}`;
    case PacketType.unsubscribe:
      return ` ${packet.filters.join()}`;
    case PacketType.connect: {
      const { clientId, cleanStart, properties, will } = packet;
      const left = will && ` will ${will.topic.slice(0, 20)} ${JSON.stringify(will.properties)}`;
      return ` ${clientId.slice(0, 5)} clean ${cleanStart} ${JSON.stringify(properties)}${left ?? ''}`;
    }
    default:
      return 'reasonCode' in packet ? ` ${packet.reasonCode}` : '';
  }
}
