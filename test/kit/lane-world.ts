// LaneWorld: a bridge with lanes between two brokers of ours, over lines that take their time. What arrives at the
// remote is written down topic by topic: each message is its number there, so order, loss and doubles can be seen.
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type { Message } from '../../src/message/message.ts';
import { Origin } from '../../src/message/origin.ts';
import { Router } from '../../src/router/router.ts';
import type { MemoryNet, MemorySocket } from './memory-net.ts';
import { publishLocally } from './remote.ts';
import { World } from './world.ts';

const listenAll = { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 } as const;

/**
 * New lines take some time, in ms, as `delayMs` says for each end that receives; what one end writes stays in order.
 * The system has the bytes at the end of the turn, as ever.
 */
export function delayLines(net: MemoryNet, delayMs: (socket: MemorySocket) => number): void {
  const accept = net.carry.bind(net);
  const slowed = new WeakSet<MemorySocket>();
  net.carry = (from, run) => {
    for (const socket of [from, from.peer]) {
      if (socket === undefined || slowed.has(socket)) continue;
      slowed.add(socket);
      slowDown(net, socket, delayMs(socket));
    }
    accept(from, run);
  };
}

function slowDown(net: MemoryNet, socket: MemorySocket, delayMs: number): void {
  const [take, peerEnded] = [socket.take.bind(socket), socket.peerEnded.bind(socket)];
  socket.take = (bytes) => void net.clock.schedule(delayMs, () => take(bytes));
  socket.peerEnded = () => void net.clock.schedule(delayMs, peerEnded);
}

/** What came to a remote, and how often. */
export class Arrivals {
  readonly byTopic: Map<string, number[]> = new Map();
  count = 0;

  /** Hears of everything that a router passes on. */
  listen(router: Router): void {
    const listener = {
      origin: new Origin('application', 'arrivals'),
      isReady: true,
      deliver: ({ topic, payload }: Message) => {
        const came = this.byTopic.get(topic) ?? [];
        this.byTopic.set(topic, came);
        came.push(Number(payload.toString()));
        this.count++;
      },
    };
    router.subscribe(listener, 'up/#', listenAll);
  }

  /** What is wrong with what came: these had to come, in their order; `isOnce`: nothing may have come twice. */
  fault(wanted: ReadonlyMap<string, readonly number[]>, isOnce: (topic: string) => boolean): string | undefined {
    for (const [topic, numbers] of wanted) {
      const came = this.byTopic.get(topic) ?? [];
      const firsts = [...new Set(came)];
      const overtaken = firsts.findIndex((number, index) => number < (firsts[index - 1] ?? 0));
      if (overtaken >= 0) return `${topic}: ${firsts[overtaken]} was overtaken: ${came.join(' ')}`;
      const lost = numbers.filter((number) => !firsts.includes(number));
      if (lost.length > 0) return `${topic}: ${lost.join(' ')} did not come: ${came.join(' ')}`;
      if (isOnce(topic) && came.length !== firsts.length) return `${topic}: some came twice: ${came.join(' ')}`;
    }
    return undefined;
  }
}

/** Two brokers' worth of a world. */
export class LaneWorld {
  readonly world: World = new World();
  readonly arrivals: Arrivals = new Arrivals();
  readonly sent: Map<string, number[]> = new Map();
  readonly remoteRouter: Router = new Router();
  remote: Broker | undefined;

  /** The remote listens on port 9000. */
  async open(): Promise<void> {
    this.remote = await this.world.openBroker({}, 9000, this.remoteRouter);
    this.arrivals.listen(this.remoteRouter);
  }

  /** A bridge to the remote. */
  bridge(more: Partial<BridgeSettings> & { readonly version?: ProtocolVersion } = {}): Bridge {
    return this.world.openBridge({
      name: 'plant',
      clientId: 'edge',
      remote: { host: '127.0.0.1', port: 9000 },
      backoff: { delayMsMin: 50, delayMsMax: 200, stableMs: 10_000 },
      forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
      ...more,
    });
  }

  /** The next message of a topic is published here. */
  publish(topic: string, qos: 0 | 1 | 2): void {
    const sent = this.sent.get(topic) ?? [];
    this.sent.set(topic, sent);
    sent.push(sent.length + 1);
    publishLocally(this.world, topic, String(sent.length), qos);
  }

  /** The end of a bridge's line with a client id, while there is one. */
  lineOf(clientId: string): MemorySocket | undefined {
    const name = Buffer.from(`\0${String.fromCharCode(clientId.length)}${clientId}`);
    return [...this.world.net.open].find(
      ({ remotePort, written }) => remotePort === 9000 && written[0]?.includes(name) === true,
    );
  }
}
