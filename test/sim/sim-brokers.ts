// SimBrokers: the two brokers of a simulated world, and the bridges of the first, as the composition root would open
// them; with every start of their machine anew.
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Bridge } from '../../src/bridge/bridge.ts';
import { Broker } from '../../src/broker/broker.ts';
import { Journal } from '../../src/journal/journal.ts';
import { Turn } from '../../src/link/turn.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { DropReason } from '../../src/queue/overflow.ts';
import { QueueBudget } from '../../src/queue/queue-budget.ts';
import { Storage } from '../../src/queue/storage.ts';
import { StoredRetained } from '../../src/queue/stored-retained.ts';
import { RetainedStore } from '../../src/router/retained.ts';
import { Router } from '../../src/router/router.ts';
import { bridgeFault, brokerFault } from '../kit/books.ts';
import { MemoryLog } from '../kit/world.ts';
import { journalDirectory, replayFault } from './replay-check.ts';
import { blockedCountMax, bridgeSettingsOf, rulesOf } from './sim-bridges.ts';
import type { Plan, Story } from './story.ts';

/** A broker that runs, with its bridges. */
export class SimBroker {
  readonly name: string;
  readonly log: MemoryLog = new MemoryLog();
  router: Router = new Router();
  broker: Broker | undefined;
  bridges: readonly Bridge[] = [];
  readonly #ports: Ports;
  readonly #plan: Plan;
  readonly #budget: QueueBudget;
  readonly #messageBytesMax: number;
  readonly #lanes: number;
  #journal: Journal | undefined;
  /** Rejects when it cannot be opened. */
  readonly opened: Promise<void>;

  /** `lanes`: of each of its bridges. */
  constructor(name: 'edge' | 'remote', ports: Ports, { plan, events }: Story, lanes: number) {
    this.name = name;
    this.#lanes = lanes;
    this.#ports = ports;
    this.#plan = plan;
    const sizes = events.flatMap((event) => (event.do === 'publish' ? event.sizes : []));
    this.#messageBytesMax = sizes.reduce((most, size) => Math.max(most, size), 0) + restBytesMax;
    this.#budget = new QueueBudget(plan.queueMemoryMax);
    const { receiveMaximum, queueCountMax, overflow } = plan;
    const options = {
      listeners: [{ name: 'tcp', host: '0.0.0.0', port: 1883 }],
      systemTopicsIntervalMs: 0,
      sweepIntervalMs: 2500,
      receiveMaximum,
      queueCountMax,
      queueOverflow: overflow,
      durability: plan.durability,
    };
    this.opened = this.#open(ports, plan, options);
  }

  /** Whether everything is open and connected. */
  get isReady(): boolean {
    return this.broker !== undefined && this.bridges.every(({ status }) => status.link.state === 'connected');
  }

  /** Messages that wait here, in sessions and bridges. */
  get queued(): number {
    return this.bridges.reduce((sum, { status }) => sum + status.queueDepth, this.broker?.status.queued ?? 0);
  }

  /** Messages dropped for a reason that may be one of QoS 1 and 2, so far. */
  get dropped(): number {
    const counts = [
      this.broker?.status.dropped ?? {},
      ...this.bridges.flatMap(({ status }) => [
        ...status.forwards.map(({ dropped }) => dropped),
        ...status.subscriptions.map(({ dropped }) => dropped),
      ]),
    ];
    return counts.reduce((sum, reasons) => sum + lostOf(reasons), 0);
  }

  async #open(ports: Ports, plan: Plan, options: Parameters<typeof Broker.open>[1]): Promise<void> {
    const storage = plan.durability === 'memory' ? undefined : await openStorage(ports);
    this.#journal = storage?.journal;
    const keeper = storage && new StoredRetained(storage, plan.durability);
    const retained = new RetainedStore(undefined, keeper);
    await keeper?.restore(
      (message) => retained.restore(message),
      (topic) => retained.get(topic),
    );
    this.router = new Router({ retained });
    const kept = storage === undefined ? {} : { storage };
    const context = {
      ports,
      log: this.log,
      router: this.router,
      turn: new Turn(ports.clock),
      budget: this.#budget,
      ...kept,
    };
    const restored = (): void => {
      if (this.name === 'edge') {
        const settings = plan.bridges.map((one) => bridgeSettingsOf(one, plan, this.#lanes));
        this.bridges = settings.map((one) => Bridge.open(context, one));
      }
    };
    this.broker = await Broker.open(context, options, { restored });
  }

  /** Bridges have so many lanes from now on. */
  resize(laneCount: number): void {
    for (const [index, bridge] of this.bridges.entries()) {
      const plan = this.#plan.bridges[index];
      if (plan) bridge.updateRules({ forwards: [], subscriptions: [], ...rulesOf(plan, this.#plan), laneCount });
    }
  }

  /** Whether a bridge sent again what a lane may have delivered that was down for too long: it says so. */
  get hasGivenUpLane(): boolean {
    return this.log.lines.some((line) => line.includes('what it had underway may come twice'));
  }

  /** Whether all bridges are connected to their first server, with as many lanes as they are to have. */
  get isHome(): boolean {
    return this.bridges.every(({ status: { lanes, lanesWanted } }) => {
      return lanesWanted === undefined && lanes.every(({ remote }) => remote === 'remote:1883');
    });
  }

  /** Topics that retain something, each with what that is, in order. */
  retained(filter: string): readonly string[] {
    const found: string[] = [];
    const replay = this.router.retained.replay(filter);
    for (let next = replay.peek(); next !== undefined; next = replay.peek()) {
      found.push(`${next.topic} ${next.payload.toString('latin1')}`);
      replay.taken(false);
    }
    return found.sort();
  }

  /** Closes the journal, when broker and bridges are closed. */
  async closeJournal(): Promise<void> {
    await this.#journal?.close();
  }

  /** What the journal says of itself that is not so, at rest; `subscriptions`: how many there are to be. */
  async replayFault(subscriptions: number): Promise<string | undefined> {
    if (this.#journal === undefined || this.broker === undefined) return undefined;
    const { sessions } = this.broker.status;
    // those of `$SYS` are of the moment, and match no `#`
    const retained = this.retained('#').length;
    // a server of 3.1 that forgot a session cannot say so, and never releases what it had sent
    const { remote, bridges } = this.#plan;
    const isVague = remote === 'strict' && bridges.some(({ version }) => version === ProtocolVersion.v31);
    const kept = { sessions, subscriptions, retained, ...(isVague ? {} : { flows: 0 }) };
    const fault = await replayFault(this.#journal, this.#ports.disk, kept);
    return fault && `${this.name}: ${fault}`;
  }

  /** What is wrong with the books and bounds at any time. */
  boundsFault(): string | undefined {
    const plan = this.#plan;
    let underwayInAll = this.broker?.status.underway ?? 0;
    const depthMax = plan.queueCountMax + (plan.bridgeOverflow === 'block' ? blockedCountMax : 0);
    for (const [index, bridge] of this.bridges.entries()) {
      const { status } = bridge;
      const { queueDepth, underway } = status;
      underwayInAll += underway;
      const windowMax = plan.lanesMax * (plan.bridges[index]?.sendWindowMax ?? 0);
      const fault = bridgeFault(status);
      if (fault !== undefined) return fault;
      if (queueDepth > depthMax) return `bridge ${bridge.name} holds ${queueDepth} messages`;
      // of those that may be poison four a lane are held back at most, and others go before each
      const isOver = underway > windowMax + 4 * plan.lanesMax;
      if (isOver) return `bridge ${bridge.name} has ${underway} underway, ${windowMax} are allowed`;
    }
    // what is underway cannot give way, nor what is being taken
    const { queued = 0, sessions = 0 } = this.broker?.status ?? {};
    const queues = sessions + plan.lanesMax * this.bridges.length;
    // of what is stored a queue keeps the piece that it has just read
    const pieces = plan.durability === 'memory' ? 0 : queues * (pieceBytes + this.#messageBytesMax);
    const bytesMax = plan.queueMemoryMax + (1 + underwayInAll) * this.#messageBytesMax + pieces;
    if (this.#budget.byteLength > bytesMax) return `${this.name} has ${this.#budget.byteLength} bytes in memory`;
    if (queued > sessions * plan.queueCountMax) return `${this.name} holds ${queued} messages for ${sessions} sessions`;
    const accused = this.log.lines.find(
      (line) => line.startsWith('info device gone') && line.includes('"blame":"remote"'),
    );
    return accused === undefined ? undefined : `${this.name} accused a client: ${accused}`;
  }

  /**
   * What is wrong with the broker's books when nothing is underway; `qos0Sent`: PUBLISH packets of QoS 0, `isFirst`: no
   * earlier process has sent what this one had only to settle.
   */
  booksFault(qos0Sent: number, isFirst: boolean): string | undefined {
    if (this.broker === undefined) return undefined;
    const { status } = this.broker;
    const fault = brokerFault(status);
    if (fault !== undefined) return `${this.name}: ${fault}`;
    const { matched, sent, settled, dropped, queued } = status;
    const { refused = 0, 'session-ended': ended = 0, ...before } = dropped;
    const unsent = Object.values(before).reduce((sum, count) => sum + count, 0);
    const facts = JSON.stringify({ matched, sent, settled, qos0Sent, queued, dropped });
    const inheritedMax = isFirst ? 0 : settled;
    if (ended > 0) {
      return matched <= sent + inheritedMax + unsent + ended ? undefined : `${this.name} lost count: ${facts}`;
    }
    const others = matched - sent - unsent - queued;
    // what was sent at QoS 0 into a line that broke never got onto the wire
    const isRight = others >= 0 && others <= inheritedMax && sent + others >= settled + refused + qos0Sent;
    return isRight ? undefined : `the books of ${this.name} do not balance: ${facts}`;
  }
}

/** What a message has beside its payload: topic, identity in the ledger, properties. */
const restBytesMax = 400;

/** See `readPiece`. */
const pieceBytes = 256 * 1024;

/** Why a message of QoS 1 and 2 may be gone. */
const losses = ['queue-full', 'too-large', 'memory-full', 'refused', 'replaced', 'dead-letter'] as const;

function lostOf(reasons: Partial<Record<DropReason, number>>): number {
  return losses.reduce((sum, reason) => sum + (reasons[reason] ?? 0), 0);
}

async function openStorage(ports: Ports): Promise<Storage> {
  const journal = await Journal.open(ports, {
    directory: journalDirectory,
    reserveBytes: 0,
    segmentBytes: 30_000,
    roomCheckMs: 1000,
  });
  return new Storage(journal, ports.clock);
}
