// KeptWorld: one process after another on the same disk: each has its own journal, router, broker and bridge, and dies
// when the next one begins. Devices and remotes are played by the test.

import { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { Broker } from '../../src/broker/broker.ts';
import type { BrokerOptions } from '../../src/broker/broker-options.ts';
import { Journal } from '../../src/journal/journal.ts';
import type { JournalOptions } from '../../src/journal/journal-options.ts';
import { Turn } from '../../src/link/turn.ts';
import type { Clock, Ports, Timer } from '../../src/ports/ports.ts';
import type { QueueBudget } from '../../src/queue/queue-budget.ts';
import { Storage } from '../../src/queue/storage.ts';
import { StoredRetained } from '../../src/queue/stored-retained.ts';
import { RetainedStore } from '../../src/router/retained.ts';
import { Router } from '../../src/router/router.ts';
import { FaultyDisk } from '../sim/faulty-disk.ts';
import { auditBridge, auditBroker, checkBooks } from './audit.ts';
import { Chance } from './chance.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { World } from './world.ts';

/** The clock of one process: when that is dead, nothing of it runs any more. */
export class ProcessClock implements Clock {
  isDead = false;
  readonly #clock: VirtualClock;
  readonly #offsetMs: () => number;

  /** `offsetMs`: how far its wall clock is off. */
  constructor(clock: VirtualClock, offsetMs: () => number = () => 0) {
    this.#offsetMs = offsetMs;
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallMs(): number {
    return this.#clock.wallMs() + this.#offsetMs();
  }

  schedule(delayMs: number, run: () => void): Timer {
    return this.#clock.schedule(delayMs, () => {
      if (!this.isDead) run();
    });
  }

  defer(run: () => void): void {
    this.#clock.defer(() => {
      if (!this.isDead) run();
    });
  }
}

/** One process. */
export interface KeptProcess {
  readonly broker: Broker;
  readonly bridge: Bridge | undefined;
  readonly others: readonly Bridge[];
  readonly journal: Journal;
  readonly storage: Storage;
  readonly router: Router;
}

/** Processes that follow each other. */
export class KeptWorld {
  readonly world: World = new World();
  readonly disk: FaultyDisk = new FaultyDisk(new Chance(3));
  /** How far the wall clock is off, in ms. */
  wallOffsetMs = 0;
  #clock: ProcessClock | undefined;
  #last: KeptProcess | undefined;

  /** Begins a process; the one before is killed, or loses its power. */
  async start(
    more: {
      crash?: 'kill' | 'power';
      broker?: Partial<BrokerOptions>;
      bridge?: Partial<BridgeSettings>;
      /** More bridges on the same journal. */
      others?: readonly Partial<BridgeSettings>[];
      budget?: QueueBudget;
      journal?: Partial<JournalOptions>;
    } = {},
  ): Promise<KeptProcess> {
    const { world } = this;
    checkBooks();
    if (this.#clock) this.#clock.isDead = true;
    this.#last?.bridge?.destroy();
    for (const other of this.#last?.others ?? []) other.destroy();
    this.#last?.broker.destroy();
    await world.clock.settle();
    if (this.#last) this.disk.crash(more.crash ?? 'kill');
    const clock = new ProcessClock(world.clock, () => this.wallOffsetMs);
    this.#clock = clock;
    const ports: Ports = { ...world.ports, clock, disk: this.disk };
    const options = { directory: 'data', reserveBytes: 0, roomCheckMs: 1000, ...more.journal };
    const journal = await Journal.open(ports, options);
    const storage = new Storage(journal, clock);
    const retained = new StoredRetained(storage, 'synced');
    const store = new RetainedStore(undefined, retained);
    await this.#settled(
      retained.restore(
        (message) => store.restore(message),
        (topic) => store.get(topic),
      ),
    );
    const router = new Router({ retained: store });
    const shared = more.budget && { budget: more.budget };
    const context = { ports, log: world.log, router, turn: new Turn(clock), storage, ...shared };
    const listeners = [{ name: 'tcp', host: '127.0.0.1', port: 1883 }];
    const broker = await this.#settled(Broker.open(context, { systemTopicsIntervalMs: 0, listeners, ...more.broker }));
    const openBridge = (terms: Partial<BridgeSettings>): Bridge =>
      auditBridge(Bridge.open(context, bridgeSettings(terms)));
    const bridge = more.bridge && openBridge(more.bridge);
    const others = (more.others ?? []).map(openBridge);
    auditBroker(broker);
    this.#last = { broker, bridge, others, journal, storage, router };
    await world.clock.settle();
    return this.#last;
  }

  async #settled<Result>(promise: Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = promise.finally(() => {
      isDone = true;
    });
    for (let round = 0; round < 100 && !isDone; round++) await this.world.clock.advance(10);
    return done;
  }
}

function bridgeSettings(more: Partial<BridgeSettings>): BridgeSettings {
  return {
    name: 'cloud',
    clientId: 'edge',
    remote: { host: '127.0.0.1', port: 9000 },
    backoff: { delayMsMin: 100, delayMsMax: 200, stableMs: 10_000 },
    forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
    ...more,
  };
}
