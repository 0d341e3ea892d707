// SimWorld: plays a story. A world is made ready, the story happens, everything is made whole again, and then the world
// has to come to rest: every promise kept, nothing waiting, nothing left behind.
//
//   edge (broker and bridges) <- devices        edge -> remote (broker) <- devices
import type { Ports } from '../../src/ports/ports.ts';
import { Chance } from '../kit/chance.ts';
import { VirtualClock } from '../kit/virtual-clock.ts';
import { Agenda } from './agenda.ts';
import { breakDisk, flipSomeBit, mendDisk } from './disk-troubles.ts';
import { finalCheck, type RestingWorld } from './final-check.ts';
import { secondAddress } from './later-draws.ts';
import { Ledger } from './ledger.ts';
import { LineWatch } from './line-watch.ts';
import { receiversOf } from './receivers.ts';
import { RoadTroubles } from './road-troubles.ts';
import { SessionWatches } from './session-watches.ts';
import { SimBroker } from './sim-brokers.ts';
import { SimDevice } from './sim-device.ts';
import { SimNet } from './sim-net.ts';
import { SimNode } from './sim-node.ts';
import { type DevicePlan, describeEvent, type Happening, hourMs, type Story, storyMs } from './story.ts';
import { StrictServer } from './strict-server.ts';
import { unrestOf } from './unrest.ts';
import { Visitors } from './visitors.ts';

/** Timers that a machine may have set at a time, for each client and bridge of it. */
const timersMax = 40;
const faultsMax = 5;

/** What came of a story. */
export interface Outcome {
  readonly faults: readonly string[];
  /** What happened, in order. */
  readonly notes: readonly string[];
  readonly published: number;
  readonly received: number;
}

/** One world. */
export class SimWorld implements RestingWorld {
  readonly story: Story;
  readonly clock: VirtualClock = new VirtualClock(4);
  readonly net: SimNet;
  readonly ledger: Ledger = new Ledger();
  readonly nodes: Map<string, SimNode> = new Map();
  readonly devices: Map<string, SimDevice> = new Map();
  readonly brokers: Map<string, SimBroker> = new Map();
  /** The remote, where it is none of the product's. */
  strict: StrictServer | undefined;
  /** PUBLISH packets of QoS 0, by who sent them. */
  readonly qos0Sent: Map<string, number> = new Map();
  readonly faults: string[] = [];
  /** Bits that turned over. */
  flips = 0;
  readonly #notes: string[] = [];
  readonly #chance: Chance;
  readonly #sessions = new SessionWatches();
  readonly #agenda = new Agenda();
  /** Messages that brokers dropped before they crashed. */
  #droppedBefore = 0;
  #subscriptions = { edge: 0, remote: 0 };
  #startedAt = 0;
  readonly #roads: RoadTroubles;
  readonly #visitors: Visitors;
  /** Of each bridge. */
  #lanes: number;
  /** A lane was down for too long while others changed. */
  #hasGivenUpLane = false;

  constructor(story: Story) {
    this.story = story;
    this.#lanes = story.plan.lanes;
    this.#chance = new Chance(story.seed ^ 0x5bd1e995);
    this.net = new SimNet(this.clock, this.#chance.fork(), (nodes) => new LineWatch(nodes, this.#watchHost()));
    this.net.addAddress(secondAddress, 'remote');
    this.#roads = new RoadTroubles(this.net);
    this.#visitors = new Visitors(this);
    for (const receiver of receiversOf(story)) this.ledger.addReceiver(receiver);
  }

  /** Messages of QoS 1 and 2 that were dropped, with a reason, by all brokers and bridges. */
  get dropped(): number {
    return [...this.brokers.values()].reduce((sum, broker) => sum + broker.dropped, this.#droppedBefore);
  }

  /** Everything is up and connected. */
  get isReady(): boolean {
    const areDevicesReady = [...this.devices.values()].every((device) => device.isReady);
    return areDevicesReady && [...this.brokers.values()].every((broker) => broker.isReady) && this.#isSubscribed;
  }

  /** Everything is up, and nothing is underway. */
  get isAtRest(): boolean {
    const waiting = [...this.brokers.values()].reduce((sum, broker) => sum + broker.queued, 0);
    const pending = [...this.devices.values()].reduce((sum, device) => sum + device.pendingCount, 0);
    const isHurt = [...this.net.open].some((line) => line.isHurt);
    const underway = waiting + pending + (this.strict?.pendingCount ?? 0);
    return underway === 0 && !isHurt && this.isReady && this.#areAllKnown && this.brokers.get('edge')?.isHome === true;
  }

  /** Plays the story. */
  async play(): Promise<Outcome> {
    try {
      await this.prepare();
      if (this.faults.length === 0) await this.#happen();
      if (this.faults.length === 0) await this.#heal();
      if (this.faults.length === 0) await finalCheck(this);
    } catch (error) {
      this.fault(`thrown: ${error instanceof Error ? error.stack : error}`);
    }
    return { faults: this.faults, notes: this.#notes, ...this.ledger.counts };
  }

  /** Lets time pass until something holds. Returns whether it came to hold within `forMs`. */
  async until(holds: () => boolean, forMs: number, stepMs = 1000): Promise<boolean> {
    for (let passed = 0; passed < forMs && !holds(); passed += stepMs) await this.clock.advance(stepMs);
    return holds();
  }

  /** How many clients a broker has, bridges among them. */
  clientsOf(name: string): number {
    const devices = [...this.devices.values()].filter(({ plan }) => plan.server === name).length;
    return devices + (name === 'remote' ? this.#lanes * this.story.plan.bridges.length : 0);
  }

  /** Adds a client on a machine of its own. */
  addDevice(plan: DevicePlan, receiver: string): SimDevice {
    const device = new SimDevice(plan, receiver, this.ledger);
    this.devices.set(plan.name, device);
    device.start(this.startNode(plan.name));
    return device;
  }

  /** Faults of everything that watches. Returns whether there are any. */
  check(): boolean {
    for (const device of this.devices.values()) if (device.fault !== undefined) this.fault(device.fault);
    for (const fault of this.ledger.faults.splice(0)) this.fault(fault);
    for (const broker of this.brokers.values()) {
      const fault = broker.boundsFault();
      if (fault !== undefined) this.fault(fault);
      if (this.#seesLaneGivenUp()) this.ledger.excuseQos(2);
      const timers = this.nodes.get(broker.name)?.timerCount ?? 0;
      if (timers > timersMax * (this.devices.size + 2)) this.fault(`${timers} timers are set on ${broker.name}`);
    }
    return this.faults.length > 0;
  }

  /** Notes what happened. */
  note(text: string): void {
    const seconds = ((this.clock.now() - this.#startedAt) / 1000).toFixed(3);
    this.#notes.push(`${seconds.padStart(9)} s  ${text}`);
  }

  get #isSubscribed(): boolean {
    // a subscription may be in the record that a flipped bit has cost
    if (this.flips > 0) return true;
    const edge = this.#subscribedAt('edge');
    const remote = this.#subscribedAt('remote');
    return edge >= this.#subscriptions.edge && remote >= this.#subscriptions.remote;
  }

  #subscribedAt(name: string): number {
    const strict = name === 'remote' ? this.strict?.subscriptionCount : undefined;
    return strict ?? this.brokers.get(name)?.router.subscriptionCount ?? 0;
  }

  /** Starts everything, and waits until it is connected. */
  async prepare(): Promise<void> {
    const { plan } = this.story;
    this.#startBroker('remote');
    this.#startBroker('edge');
    for (const device of plan.devices) this.addDevice(device, device.name.startsWith('grp') ? 'group' : device.name);
    if (!(await this.until(() => this.isReady || this.check(), 60_000, 100)))
      this.fault('the world was not ready within a minute');
    await this.clock.advance(2000);
    this.#subscriptions = { edge: this.#subscribedAt('edge'), remote: this.#subscribedAt('remote') };
    this.#startedAt = this.clock.now();
  }

  async #happen(): Promise<void> {
    for (const event of this.story.events) {
      this.#agenda.plan(event.at, describeEvent(event).slice(13), () => this.#start(event));
    }
    for (let next = this.#agenda.next(); next !== undefined; next = this.#agenda.next()) {
      await this.clock.advance(Math.max(0, this.#startedAt + next.at - this.clock.now()));
      this.note(next.note);
      next.run();
      if (this.check()) return;
    }
    await this.clock.advance(Math.max(0, this.#startedAt + storyMs - this.clock.now()));
  }

  /** Everything is made whole: from now on nothing breaks any more. */
  async #heal(): Promise<void> {
    this.note('everything is whole');
    if (this.strict) this.strict.isKind = true;
    for (const line of this.net.open) for (const side of [0, 1] as const) line.cutAfter(side, Number.POSITIVE_INFINITY);
    const isDone = await this.until(() => this.isAtRest || this.check(), 600_000, 5000);
    if (!isDone) this.fault(`no rest within ten minutes: ${unrestOf(this, this.#isSubscribed, this.#areAllKnown)}`);
    // the rest of the hour is quiet
    await this.clock.advance(Math.max(20_000, this.#startedAt + hourMs - this.clock.now()));
    this.check();
  }

  /** Brokers have a connection of each client, and of nobody else. */
  get #areAllKnown(): boolean {
    return [...this.brokers.values()].every(({ name, broker }) => broker?.status.connections === this.clientsOf(name));
  }

  #start(event: Happening & { readonly at: number }): void {
    const end = 'forMs' in event ? event.at + event.forMs : 0;
    switch (event.do) {
      case 'publish':
        this.#publish(event);
        break;
      case 'cut':
      case 'dead':
        this.#roads.hurt(event);
        break;
      case 'close':
        this.net.road(...event.between).isClosed = true;
        this.#agenda.plan(end, `open ${event.between.join()}`, () => this.net.release(...event.between));
        break;
      case 'refuse':
      case 'trickle':
      case 'slow':
        this.#worsen(event, end);
        break;
      case 'crash':
        this.#crash(event.node, this.#kindOf(event.kind), end);
        break;
      case 'crash-at':
        this.#crashAt(event, end);
        break;
      case 'disk':
        this.#worsenDisk(event, end);
        break;
      case 'lanes':
        this.#lanes = event.count;
        this.brokers.get('edge')?.resize(event.count);
        break;
      case 'retain':
        this.devices.get(event.by)?.retainNext(event);
        break;
      case 'flip':
        this.flips += flipSomeBit(this.nodes.get(event.node), this.#chance) ? 1 : 0;
        break;
      case 'jump':
        for (const node of this.nodes.values()) if (node.name === event.node) node.wallOffMs += event.ms;
        break;
      default:
        this.#agenda.plan(end, 'a visitor leaves', this.#visitors.come(event));
    }
  }

  #publish({ by, topic, qos, sizes }: Extract<Happening, { do: 'publish' }>): void {
    if (by === 'boss' && this.nodes.get('remote')?.isRunning) this.strict?.publish(topic, qos, sizes);
    this.devices.get(by)?.publish(topic, qos, sizes);
  }

  #worsen(event: Extract<Happening, { do: 'refuse' | 'trickle' | 'slow' }>, end: number): void {
    this.#roads.begin(event);
    this.#agenda.plan(end, `end of ${event.do} ${event.between.join()}`, () => this.#roads.end(event));
  }

  #worsenDisk(event: Extract<Happening, { do: 'disk' }>, end: number): void {
    const disk = this.nodes.get(event.node)?.disk;
    if (disk === undefined) return;
    breakDisk(disk, event);
    this.#agenda.plan(end, `end of ${event.fault} ${event.node}`, () => mendDisk(disk, event));
  }

  #crashAt({ node, operations, kind, forMs }: Extract<Happening, { do: 'crash-at' }>, end: number): void {
    const disk = this.nodes.get(node)?.disk;
    if (disk === undefined) return;
    let left = operations;
    disk.onOperation = (operation) => {
      if (--left > 0) return;
      disk.onOperation = undefined;
      this.note(`${node} crashes at ${operation}`);
      this.#crash(node, this.#kindOf(kind), Math.max(end, this.clock.now() - this.#startedAt + forMs));
    };
    this.#agenda.plan(end, `${node} will not crash any more`, () => {
      disk.onOperation = undefined;
    });
  }

  /** What is only written survives the process, and not the power: that promise is kept by not cutting it. */
  #kindOf(kind: 'kill' | 'power'): 'kill' | 'power' {
    return this.story.plan.durability === 'written' ? 'kill' : kind;
  }

  #crash(name: string, kind: 'kill' | 'power', end: number): void {
    if (this.crash(name, kind)) this.#agenda.plan(end, `${name} starts`, () => this.startAgain(name));
  }

  /** A broker and its bridges are gone, with their machine. Returns whether they were there. */
  crash(name: string, kind: 'kill' | 'power'): boolean {
    const node = this.nodes.get(name);
    if (node === undefined || !node.isRunning) return false;
    this.#droppedBefore += this.brokers.get(name)?.dropped ?? 0;
    this.#seesLaneGivenUp();
    const isStrict = name === 'remote' && this.strict !== undefined;
    if (isStrict) this.strict?.forgetAll();
    const isForgetting = isStrict || this.story.plan.durability === 'memory';
    if (isForgetting) this.#forget(name);
    this.#sessions.crashed(name);
    node.crash(kind);
    this.brokers.delete(name);
    this.qos0Sent.delete(name);
    return true;
  }

  /** A machine that crashed is started, and its broker. */
  startAgain(name: string): void {
    this.#startBroker(name === 'edge' ? 'edge' : 'remote');
    this.#promiseAgain();
  }

  #seesLaneGivenUp(): boolean {
    this.#hasGivenUpLane ||= this.brokers.get('edge')?.hasGivenUpLane === true;
    return this.#hasGivenUpLane;
  }

  /** A node loses its memory: nothing was promised about that. */
  #forget(name: string): void {
    this.ledger.memoryLost(name);
    // a bridge that forgot its session meets identifiers that the remote remembers
    if (name === 'edge') this.ledger.excuseQos(2);
    this.#sessions.forgot(name);
  }

  /**
   * As soon as everything is up again, promises count: when it was for some seconds, since a bridge without state
   * connects, finds a session of its former life at the remote, and comes again with a new one [MQTT-3.2.2-4].
   */
  #promiseAgain(calmSeconds = 0): void {
    const isUp = [...this.nodes.values()].every(({ isRunning }) => isRunning);
    const calm = isUp && this.isReady ? calmSeconds + 1 : 0;
    if (calm > 5) this.ledger.forgetful.clear();
    else this.clock.schedule(1000, () => this.#promiseAgain(calm));
  }

  #startBroker(name: 'edge' | 'remote'): void {
    if (name === 'remote' && this.story.plan.remote === 'strict') {
      this.strict = new StrictServer(
        this.startNode(name),
        this.#chance.fork(),
        this.ledger,
        this.story.plan.refusalCodes,
      );
      return;
    }
    const broker = new SimBroker(name, this.startNode(name), this.story, this.#lanes);
    this.brokers.set(name, broker);
    void broker.opened.catch((error: unknown) => this.#notOpened(name, broker, error));
  }

  /** A process that cannot be opened ends, and is started again for as long as its disk fails. */
  #notOpened(name: 'edge' | 'remote', broker: SimBroker, error: unknown): void {
    if (this.brokers.get(name) !== broker) return;
    const node = this.nodes.get(name);
    const text = `${name} could not be opened: ${error instanceof Error ? error.message : error}`;
    if (node === undefined || !node.disk.isBroken) {
      this.fault(text);
      return;
    }
    this.note(text);
    node.crash('kill');
    this.brokers.delete(name);
    this.clock.schedule(1000, () => this.#startBroker(name));
  }

  /** A machine starts, or starts again: its ports. */
  startNode(name: string): Ports {
    let node = this.nodes.get(name);
    if (node === undefined) {
      node = new SimNode(name, { clock: this.clock, net: this.net, chance: this.#chance.fork() });
      this.nodes.set(name, node);
    }
    return node.start();
  }

  #watchHost(): ConstructorParameters<typeof LineWatch>[1] {
    return {
      fault: (text) => this.fault(text),
      mayForgo: (node) => node === 'edge' && this.#seesLaneGivenUp(),
      arrived: (node, payload) => this.ledger.arrived(node, payload),
      qos0Sent: (node) => void this.qos0Sent.set(node, (this.qos0Sent.get(node) ?? 0) + 1),
      session: (server, clientId) => this.#sessions.of(server, clientId),
    };
  }

  /** Something is wrong. */
  fault(text: string): void {
    if (this.faults.length >= faultsMax || this.faults.includes(text)) return;
    this.note(`FAULT ${text}`);
    this.faults.push(text);
  }
}
