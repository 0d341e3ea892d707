// What the message path leaves to the garbage collector: so much for a chunk, and nothing for a message. Measured by
// V8's sampling of allocations over a million messages, counting what our own code allocates; what is asserted is how
// much more a chunk of many messages allocates than one of few.
import { Session } from 'node:inspector';
import t from 'tap';
import type { AckType } from '../../../protocol/wire/ack-frame.ts';
import { type Bytes, bytesOf, joinBytes } from '../../../protocol/wire/bytes.ts';
import { encodePacket } from '../../../protocol/wire/codec.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { Bridge } from '../../../src/bridge/bridge.ts';
import { Broker } from '../../../src/broker/broker.ts';
import { Turn } from '../../../src/link/turn.ts';
import type { Listener, ListenOptions, Socket, SocketHandler } from '../../../src/ports/ports.ts';
import { auditBridge, auditBroker } from '../../kit/audit.ts';
import { ackOf, publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v311 } = ProtocolVersion;

interface Node {
  readonly callFrame: { readonly url: string };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

/** Bytes that functions of `protocol/` and `src/` allocated. */
function ownBytes(node: Node): number {
  const isOwn = /build\/(protocol|src)\//.test(node.callFrame.url);
  return node.children.reduce((sum, child) => sum + ownBytes(child), isOwn ? node.selfSize : 0);
}

/** What `run` allocates, in bytes. */
function allocatedBy(run: () => void): number {
  const session = new Session();
  session.connect();
  const sampling = {
    samplingInterval: 4096,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  };
  session.post('HeapProfiler.startSampling', sampling);
  run();
  let bytes = Number.NaN;
  session.post('HeapProfiler.stopSampling', (_error, { profile }) => {
    bytes = ownBytes(profile.head);
  });
  session.disconnect();
  return bytes;
}

/** A socket whose bytes the test puts in; what is written is thrown away. */
class HandSocket implements Socket {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 1;
  readonly localPort = 2;
  readonly isEncrypted = false;
  readonly peerCertificate = undefined;
  readonly pendingBytes = 0;
  #handler: SocketHandler | undefined;

  listen(handler: SocketHandler): void {
    this.#handler = handler;
  }

  /** Packet identifier of the first message in what was written last; every message here begins alike. */
  firstId = 0;
  written = 0;
  /** Bytes of what was written that begins with a message. */
  messageBytes = 0;

  write(batch: readonly Bytes[]): boolean {
    const [first] = batch;
    this.written++;
    if (first !== undefined && (first[0] ?? 0) >> 4 === PacketType.publish) {
      for (const { length } of batch) this.messageBytes += length;
    }
    if (first !== undefined && (first[0] === 0x32 || first[0] === 0x34)) {
      this.firstId = first.readUInt16BE(4 + 'sensors/one'.length);
    }
    return true;
  }

  feed(bytes: Bytes): void {
    const room = this.#handler?.room?.();
    const isRead = room !== undefined && room.length >= bytes.length;
    if (isRead) bytes.copy(room);
    this.#handler?.received(isRead ? room.subarray(0, bytes.length) : bytes);
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

/** Acknowledgements of one type, side by side, whose identifiers are written anew each time. */
class Acks {
  readonly #type: AckType;
  readonly #frames = new Map<number, Bytes>();

  constructor(type: AckType) {
    this.#type = type;
  }

  /** Those of `count` messages from an identifier on. */
  from(firstId: number, count: number): Bytes {
    let frames = this.#frames.get(count);
    if (frames === undefined) {
      frames = joinBytes(Array.from({ length: count }, () => encodePacket(ackOf(this.#type, 1), v311)));
      this.#frames.set(count, frames);
    }
    for (let at = 0; at < count; at++) frames.writeUInt16BE(firstId + at, 4 * at + 2);
    return frames;
  }
}

/** A world whose time goes on with every look at it, and whose sockets the test has in its hands. */
class HandWorld {
  readonly publisher: HandSocket = new HandSocket();
  /** A subscriber here, or the remote of a bridge. */
  readonly receiver: HandSocket = new HandSocket();
  readonly context: World['context'];
  #deferred: (() => void) | undefined;

  constructor() {
    const world = new World({ busyBytes: 4096 });
    let now = 1;
    const clock = {
      // every look takes a while, so that every batch is flushed with its input
      now: () => {
        now += 0.3;
        return now;
      },
      wallMs: () => now,
      schedule: () => ({ cancel: () => undefined }),
      defer: (run: () => void) => {
        this.#deferred = run;
      },
    };
    const net = {
      ...world.net,
      listen: async (_options: ListenOptions, accepted: (socket: Socket) => void): Promise<Listener> => {
        for (const socket of [this.publisher, this.receiver]) accepted(socket);
        return { port: 1, updateTls: () => undefined, close: async () => undefined };
      },
      dial: (): Promise<Socket> => Promise.resolve(this.receiver),
      lookupService: (name: string) => world.net.lookupService(name),
      lookup: (host: string) => world.net.lookup(host),
      addresses: () => world.net.addresses(),
    };
    const turn = new Turn(clock, world.turn.reads);
    this.context = { ...world.context, ports: { ...world.ports, clock, net }, turn };
  }

  async openBroker(): Promise<void> {
    auditBroker(await Broker.open(this.context, { listeners: [{ name: 'tcp', host: '127.0.0.1', port: 1 }] }));
    this.publisher.feed(connectOf('publisher'));
  }

  /** Ends the turn of the loop. */
  endTurn(): void {
    this.#deferred?.();
  }
}

function connectOf(clientId: string): Bytes {
  const more = { isBridge: false, clientId, cleanStart: true, keepAlive: 0, properties: {} };
  return encodePacket({ type: PacketType.connect, version: v311, ...more }, v311);
}

interface Play {
  (chunks: number, messages: number): void;
  /** How many messages the receiver has got. */
  arrived(): number;
}

/** How to play so many chunks of so many messages each; the receiver acknowledges what it gets. */
function playOf(world: HandWorld, qos: Qos): Play {
  const { publisher, receiver } = world;
  const [pubacks, pubrecs] = [new Acks(PacketType.puback), new Acks(PacketType.pubrec)];
  const [pubrels, pubcomps] = [new Acks(PacketType.pubrel), new Acks(PacketType.pubcomp)];
  const publish = (index: number): Bytes =>
    encodePacket(publishOf('sensors/one', 'y'.repeat(64), { qos, packetId: qos > 0 ? index + 1 : 0 }), v311);
  const play = (chunks: number, messages: number): void => {
    const chunk = joinBytes(Array.from({ length: messages }, (_one, index) => publish(index)));
    for (let index = 0; index < chunks; index++) {
      publisher.feed(chunk);
      world.endTurn();
      if (qos === 0) continue;
      receiver.feed((qos === 1 ? pubacks : pubrecs).from(receiver.firstId, messages));
      if (qos === 1) continue;
      publisher.feed(pubrels.from(1, messages));
      receiver.feed(pubcomps.from(receiver.firstId, messages));
      world.endTurn();
    }
  };
  return Object.assign(play, { arrived: () => receiver.messageBytes / publish(0).length });
}

/** A publisher and a subscriber of a broker. */
async function subscribed(qos: Qos): Promise<Play> {
  const world = new HandWorld();
  await world.openBroker();
  world.receiver.feed(connectOf('subscriber'));
  world.receiver.feed(encodePacket(subscribeOf(1, qos, 'sensors/+'), v311));
  return playOf(world, qos);
}

/** A publisher, and a bridge to a remote that takes everything. */
async function bridged(qos: Qos): Promise<Play> {
  const world = new HandWorld();
  await world.openBroker();
  const forwards = [{ localTopic: 'sensors/#', remoteTopic: '' }];
  const remote = { host: '127.0.0.1', port: 2 };
  auditBridge(Bridge.open(world.context, { name: 'far', clientId: 'far', version: v311, remote, forwards }));
  for (let tries = 0; tries < 100 && world.receiver.written === 0; tries++) {
    await Promise.resolve();
    world.endTurn();
  }
  world.receiver.feed(bytesOf(Buffer.from('20020000', 'hex')));
  return playOf(world, qos);
}

for (const [way, open, levels] of [
  ['to a subscriber', subscribed, [0, 1, 2]],
  ['through a bridge', bridged, [0, 1]],
] as const) {
  for (const qos of levels) {
    t.test(`a message of QoS ${qos} ${way} allocates nothing on its way, once the path is warm`, async (t) => {
      const play = await open(qos);
      const [few, many] = [50, 250]; // one run each
      play(2000, few);
      play(500, many);
      const chunks = 4000;
      const [less, more] = [allocatedBy(() => play(chunks, few)), allocatedBy(() => play(chunks, many))];
      t.equal(play.arrived(), 2000 * few + 500 * many + chunks * (few + many), 'each message has arrived');
      const perMessage = (more - less) / (chunks * (many - few));
      t.ok(less > 0, 'something is measured');
      t.ok(perMessage < 4, `${perMessage.toFixed(2)} bytes a message, ${(less / chunks).toFixed(0)} a chunk of ${few}`);
    });
  }
}
