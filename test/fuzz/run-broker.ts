// RunBroker: plays a conversation of several peers with a broker of narrow limits. Beside them two neighbours, who keep
// to the standard, exchange messages all the time. In the end the peers are gone, and nothing of them may be left.
import { bytesOf } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf, World } from '../kit/world.ts';
import type { Conversation, Step } from './fuzz-case.ts';
import { FuzzPeer } from './fuzz-peer.ts';

const limits = {
  maximumPacketSize: 16_384,
  sessionsMax: 6,
  subscriptionsMax: 12,
  queueCountMax: 40,
  queueBytesMax: 100_000,
  qos0QueueBytesMax: 50_000,
  sessionExpiryMax: 40,
  receiveMaximum: 10,
  sendWindowMax: 10,
};

/** Plays it. Returns what went wrong. */
export async function runBroker(one: Conversation): Promise<string | undefined> {
  const world = new World();
  const broker = await world.openBroker(limits);
  const neighbours = await Neighbours.open(world);
  const peers = new Map<number, FuzzPeer>();
  const all: FuzzPeer[] = [];
  for (const [index, step] of one.steps.entries()) {
    await play(step, { world, peers, all, chunkPort: 1883 });
    const fault = all.find((peer) => peer.fault !== undefined)?.fault;
    if (fault !== undefined) return `after step ${index}: ${fault}`;
    const bounds = boundsFault(broker, all.length);
    if (bounds !== undefined) return `after step ${index}: ${bounds}`;
    if (index % 4 === 0 && !(await neighbours.exchange())) return `after step ${index}: the neighbours were disturbed`;
  }
  for (const peer of all) peer.cut();
  await world.clock.advance(50_000);
  if (!(await neighbours.exchange())) return 'in the end: the neighbours were disturbed';
  return restFault(broker, world) ?? (await closeFault(broker, world));
}

interface Stage {
  readonly world: World;
  readonly peers: Map<number, FuzzPeer>;
  readonly all: FuzzPeer[];
  readonly chunkPort: number;
}

async function play(step: Step, { world, peers, all, chunkPort }: Stage): Promise<void> {
  if (step.do === 'wait') {
    await world.clock.advance(step.ms);
    return;
  }
  let peer = peers.get(step.peer);
  if (step.do === 'cut') {
    peer?.cut();
    peers.delete(step.peer);
    await world.clock.settle();
    return;
  }
  if (peer === undefined || peer.isClosed) {
    peer = new FuzzPeer(await world.net.dial({ host: '127.0.0.1', port: chunkPort, timeoutMs: 1000 }));
    peers.set(step.peer, peer);
    all.push(peer);
  }
  world.net.chunkBytes = step.chunk;
  peer.send(bytesOf(Buffer.from(step.hex, 'hex')));
  await world.clock.settle();
  world.net.chunkBytes = Number.POSITIVE_INFINITY;
}

function boundsFault(broker: Broker, connectionsMax: number): string | undefined {
  const { sessions, subscriptions, queued, connections } = broker.status;
  if (sessions > limits.sessionsMax) return `${sessions} sessions`;
  if (subscriptions > limits.sessionsMax * limits.subscriptionsMax) return `${subscriptions} subscriptions`;
  if (queued > limits.sessionsMax * limits.queueCountMax) return `${queued} messages queued`;
  return connections > connectionsMax + 2 ? `${connections} connections` : undefined;
}

function restFault(broker: Broker, world: World): string | undefined {
  const { sessions, subscriptions, queued, connections } = broker.status;
  const rest = { sessions, subscriptions, queued, connections, sockets: world.net.open.size };
  const wanted = { sessions: 2, subscriptions: 1, queued: 0, connections: 2, sockets: 4 };
  const isClean = JSON.stringify(rest) === JSON.stringify(wanted);
  return isClean ? undefined : `something is left of peers that are gone: ${JSON.stringify(rest)}`;
}

async function closeFault(broker: Broker, world: World): Promise<string | undefined> {
  broker.destroy();
  await world.clock.settle();
  const { timerCount } = world.clock;
  return timerCount === 0 ? undefined : `${timerCount} timers are left of a broker that is closed`;
}

/** Two clients that keep to the standard. */
class Neighbours {
  readonly #publisher: RawPeer;
  readonly #subscriber: RawPeer;
  #count = 0;

  private constructor(publisher: RawPeer, subscriber: RawPeer) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
  }

  static async open(world: World): Promise<Neighbours> {
    const publisher = await world.dial(ProtocolVersion.v5);
    const subscriber = await world.dial(ProtocolVersion.v311);
    await publisher.connect('neighbour-publisher');
    await subscriber.connect('neighbour-subscriber');
    subscriber.send(subscribeOf(1, 1, 'neighbour/#'));
    await subscriber.received();
    return new Neighbours(publisher, subscriber);
  }

  /** Exchanges a message. Returns whether all went well. */
  async exchange(): Promise<boolean> {
    const payload = `message ${++this.#count}`;
    this.#publisher.send(publishOf('neighbour/1', payload, { qos: 1, packetId: 1 }));
    const [ack, ...others] = await this.#publisher.received();
    const [message, ...more] = await this.#subscriber.receivedOf(PacketType.publish);
    if (message) this.#subscriber.send(ackOf(PacketType.puback, message.packetId));
    this.#subscriber.send({ type: PacketType.pingreq });
    const pongs = await this.#subscriber.receivedOf(PacketType.pingresp);
    const isRight = message?.payload.toString() === payload && !message.dup && more.length === 0;
    const isAcknowledged = ack?.type === PacketType.puback && ack.reasonCode === 0 && others.length === 0;
    return isRight && isAcknowledged && pongs.length === 1;
  }
}
