// RunOutgoing: plays a server that says anything to a client or to a bridge. They may hang up as often as they like,
// but as soon as the server behaves they are connected again, and everything that they had to send is settled.
import { bytesOf } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { Packet } from '../../protocol/wire/packets.ts';
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { RefusedError } from '../../src/base/errors.ts';
import { Bridge } from '../../src/bridge/bridge.ts';
import { Client } from '../../src/client/client.ts';
import { bridgeFault } from '../kit/books.ts';
import { publishLocally } from '../kit/remote.ts';
import { ackOf, World } from '../kit/world.ts';
import type { Conversation } from './fuzz-case.ts';
import { FuzzPeer } from './fuzz-peer.ts';

const port = 9000;
const secondsMax = 700;
const backoff = { delayMsMin: 100, delayMsMax: 1000, stableMs: 10_000 };

/** Who is on the other side of the server. */
interface Subject {
  /** What is wrong with it, at any time. */
  fault(): string | undefined;
  /** Whether it has settled everything and is connected. */
  isDone(): boolean;
  destroy(): void;
}

/** Plays it. Returns what went wrong. */
export async function runOutgoing(one: Conversation): Promise<string | undefined> {
  const world = new World();
  const server = new OddServer(world, one.version);
  await server.open();
  const subject = one.target === 'client' ? openClient(world, one.version) : openBridge(world, one.version);
  await world.clock.settle();
  for (const [index, step] of one.steps.entries()) {
    if (step.do === 'wait') await world.clock.advance(step.ms);
    else if (step.do === 'cut') await server.cut();
    else await server.send(step.hex, step.chunk);
    const fault = server.fault ?? subject.fault();
    if (fault !== undefined) return `after step ${index}: ${fault}`;
  }
  server.isPolite = true;
  await server.cut();
  // who was refused waits: half a minute for a password, five for a ban
  for (let second = 0; second < secondsMax && !subject.isDone(); second++) await world.clock.advance(1000);
  const fault = server.fault ?? subject.fault();
  if (fault !== undefined) return `in the end: ${fault}`;
  if (!subject.isDone()) return `in the end: not all was settled within ${secondsMax} seconds`;
  subject.destroy();
  await world.clock.advance(10_000);
  const { timerCount } = world.clock;
  const sockets = world.net.open.size;
  return timerCount + sockets === 0 ? undefined : `${timerCount} timers and ${sockets} sockets are left`;
}

/** A server that says what it is told, until it is polite. */
class OddServer {
  isPolite = false;
  readonly #world: World;
  readonly #version: ProtocolVersion;
  readonly #peers: FuzzPeer[] = [];

  constructor(world: World, version: ProtocolVersion) {
    this.#world = world;
    this.#version = version;
  }

  get fault(): string | undefined {
    return this.#peers.find(({ fault }) => fault !== undefined)?.fault;
  }

  async open(): Promise<void> {
    await this.#world.net.listen({ host: '127.0.0.1', port }, (socket) => {
      const peer = new FuzzPeer(socket, [this.#version]);
      this.#peers.push(peer);
      if (!this.isPolite) return;
      peer.onPacket = (packet) => {
        for (const answer of answersTo(packet)) peer.send(encodePacket(answer, this.#version));
      };
    });
  }

  async send(hex: string, chunk: number): Promise<void> {
    for (let second = 0; second < 5 && (this.#peers.at(-1)?.isClosed ?? true); second++) {
      await this.#world.clock.advance(1000);
    }
    this.#world.net.chunkBytes = chunk;
    this.#peers.at(-1)?.send(bytesOf(Buffer.from(hex, 'hex')));
    await this.#world.clock.settle();
    this.#world.net.chunkBytes = Number.POSITIVE_INFINITY;
  }

  async cut(): Promise<void> {
    for (const peer of this.#peers.splice(0)) {
      if (peer.fault !== undefined) throw new Error(peer.fault);
      peer.cut();
    }
    await this.#world.clock.settle();
  }
}

function answersTo(packet: Packet): readonly Packet[] {
  switch (packet.type) {
    case PacketType.connect:
      return [{ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties: {} }];
    case PacketType.publish:
      return packet.qos === 0 ? [] : [ackOf(packet.qos === 1 ? 4 : 5, packet.packetId)];
    case PacketType.pubrel:
      return [ackOf(7, packet.packetId)];
    case PacketType.subscribe: {
      const reasonCodes = packet.entries.map(({ qos }) => qos);
      return [{ type: PacketType.suback, packetId: packet.packetId, reasonCodes, properties: {} }];
    }
    case PacketType.pingreq:
      return [{ type: PacketType.pingresp }];
    default:
      return [];
  }
}

function openClient(world: World, version: ProtocolVersion): Subject {
  let client: Client | undefined;
  let problem: string | undefined;
  let isGivenUp = false;
  const options = { version, clientId: 'client', isPatient: true, backoff, queueCountMax: 100 };
  // messages are published as soon as the first server takes the client
  Client.connect(`mqtt://127.0.0.1:${port}`, options, { ports: world.ports, turn: world.turn }).then(
    (opened) => {
      client = opened;
      for (const qos of [0, 1, 2, 1] as const) opened.publish('up/1', `qos ${qos}`, { qos }).catch(() => undefined);
      opened.subscribe('#', { qos: 2 }, () => undefined).catch(() => undefined);
    },
    (error: unknown) => {
      if (isHopeless(error)) isGivenUp = true;
      else problem = `the client gave up: ${error instanceof Error ? error.message : error}`;
    },
  );
  return {
    fault: () => problem ?? (client && client.pendingCount > 4 ? `${client.pendingCount} are pending` : undefined),
    isDone: () => {
      if (isGivenUp || client === undefined) return isGivenUp;
      const { status, pendingCount } = client;
      const isOver = status.state === 'closed' && isHopeless(status.error);
      return pendingCount === 0 && (isOver || status.state === 'connected');
    },
    destroy: () => client?.destroy(),
  };
}

/** A refusal that the same CONNECT would get for ever: a client ends with it, and rejects what it has. */
function isHopeless(error: unknown): boolean {
  const codes = ['ERR_REFUSED_UNSUPPORTED_PROTOCOL_VERSION', 'ERR_REFUSED_CLIENT_IDENTIFIER_NOT_VALID'];
  return error instanceof RefusedError && codes.includes(error.code);
}

function openBridge(world: World, version: ProtocolVersion): Subject {
  const bridge = Bridge.open(world.context, {
    name: 'bridge',
    clientId: 'bridge',
    version,
    backoff,
    acknowledgeTimeoutMs: 5000,
    // the server speaks one version all the time
    isSteppingDown: false,
    remote: { host: '127.0.0.1', port },
    forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
    subscriptions: [{ remoteTopic: 'down/#', localTopic: '', qos: 2 }],
  });
  for (const qos of [1, 2, 1] as const) publishLocally(world, 'up/1', `qos ${qos}`, qos);
  return {
    fault: () => bridgeFault(bridge.status),
    isDone: () => bridge.status.link.state === 'connected' && bridge.status.queueDepth === 0,
    destroy: () => bridge.destroy(),
  };
}
