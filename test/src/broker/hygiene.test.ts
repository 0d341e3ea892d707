// What the message path leaves to the garbage collector: so much for a chunk, and nothing for a message. Measured by
// V8's sampling of allocations over a million messages, counting what our own code allocates; what is asserted is how
// much more a chunk of many messages allocates than one of few.
import { Session } from 'node:inspector';
import t from 'tap';
import { type Bytes, joinBytes } from '../../../protocol/wire/bytes.ts';
import { encodePacket } from '../../../protocol/wire/codec.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { Broker } from '../../../src/broker/broker.ts';
import { Turn } from '../../../src/link/turn.ts';
import type { Listener, ListenOptions, Socket, SocketHandler } from '../../../src/ports/ports.ts';
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

  write([first]: readonly Bytes[]): boolean {
    if (first !== undefined && first[0] === 0x32) this.firstId = first.readUInt16BE(4 + 'sensors/one'.length);
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

/** A publisher and a subscriber of a broker. Returns how to play so many chunks of so many messages each. */
async function traffic(qos: Qos): Promise<(chunks: number, messages: number) => void> {
  const world = new World({ busyBytes: 4096 });
  let now = 1;
  let deferred: (() => void) | undefined;
  const clock = {
    // every look takes a while, so that every batch is flushed with its input
    now: () => {
      now += 0.3;
      return now;
    },
    wallMs: () => now,
    schedule: () => ({ cancel: () => undefined }),
    defer: (run: () => void) => {
      deferred = run;
    },
  };
  const sockets = [new HandSocket(), new HandSocket()];
  const net = {
    ...world.net,
    listen: async (_options: ListenOptions, accepted: (socket: Socket) => void): Promise<Listener> => {
      for (const socket of sockets) accepted(socket);
      return { port: 1, updateTls: () => undefined, close: async () => undefined };
    },
    dial: (): Promise<Socket> => Promise.reject(new Error('nobody dials here')),
    lookupService: (name: string) => world.net.lookupService(name),
    addresses: () => world.net.addresses(),
  };
  const turn = new Turn(clock, world.turn.reads);
  const listeners = [{ name: 'tcp', host: '127.0.0.1', port: 1 }];
  await Broker.open({ ...world.context, ports: { ...world.ports, clock, net }, turn }, { listeners });
  const [publisher, subscriber] = sockets;
  const connect = (clientId: string): Bytes =>
    encodePacket(
      {
        type: PacketType.connect,
        version: v311,
        isBridge: false,
        clientId,
        cleanStart: true,
        keepAlive: 0,
        properties: {},
      },
      v311,
    );
  publisher?.feed(connect('publisher'));
  subscriber?.feed(connect('subscriber'));
  subscriber?.feed(encodePacket(subscribeOf(1, qos, 'sensors/+'), v311));
  const publish = (index: number): Bytes =>
    encodePacket(publishOf('sensors/one', 'y'.repeat(64), { qos, packetId: qos > 0 ? index + 1 : 0 }), v311);
  return (chunks, messages) => {
    const chunk = joinBytes(Array.from({ length: messages }, (_one, index) => publish(index)));
    const acks = joinBytes(Array.from({ length: messages }, () => encodePacket(ackOf(PacketType.puback, 1), v311)));
    for (let index = 0; index < chunks; index++) {
      publisher?.feed(chunk);
      deferred?.();
      if (qos === 0 || subscriber === undefined) continue;
      for (let at = 0; at < messages; at++) acks.writeUInt16BE(subscriber.firstId + at, 4 * at + 2);
      subscriber.feed(acks);
    }
  };
}

for (const qos of [0, 1] as const) {
  t.test(`a message of QoS ${qos} allocates nothing on its way, once the path is warm`, async (t) => {
    const play = await traffic(qos);
    const [few, many] = [100, 500];
    play(2000, few);
    play(500, many);
    const chunks = 1000;
    const [less, more] = [allocatedBy(() => play(chunks, few)), allocatedBy(() => play(chunks, many))];
    const perMessage = (more - less) / (chunks * (many - few));
    t.ok(less > 0, 'something is measured');
    t.ok(perMessage < 4, `${perMessage.toFixed(2)} bytes a message, ${(less / chunks).toFixed(0)} a chunk of ${few}`);
  });
}
