// DemoWorld: two brokers, a bridge between them whose network cable can be pulled, sensors at the edge and an operator
// in the cloud. Everything talks MQTT over real sockets of this machine; books are kept of what was acknowledged and
// what arrived.
import { openLog } from '../../base/log.ts';
import { Bridge } from '../../bridge/bridge.ts';
import type { BridgeStatus } from '../../bridge/bridge-status.ts';
import { Broker } from '../../broker/broker.ts';
import { Client } from '../../client/client.ts';
import type { ClientOptions } from '../../client/client-options.ts';
import type { ReceivedMessage } from '../../client/received-message.ts';
import { Turn } from '../../link/turn.ts';
import { Counter } from '../../metrics/counter.ts';
import type { Ports } from '../../ports/ports.ts';
import { Router } from '../../router/router.ts';
import { Ledger } from './ledger.ts';
import { Plug } from './plug.ts';

/** The sensors of the demo and the version of MQTT that each speaks. */
const sensorVersions = { boiler: 5, pump: 5, valve: 4, mixer: 4, chimney: 3 } as const;
type SensorName = keyof typeof sensorVersions;
const sensorNames: readonly SensorName[] = ['boiler', 'pump', 'valve', 'mixer', 'chimney'];

/** Each sensor reports this often, in ms; every tenth report also raises an alarm. */
const reportEveryMs = 20;
/** The operator sends a command this often, in ms. */
const commandEveryMs = 50;

/** What the demo runs in. */
export class DemoWorld {
  readonly plug: Plug;
  /** Readings, QoS 1, edge to cloud. */
  readonly readings: Ledger = new Ledger();
  /** Alarms, QoS 2, edge to cloud. */
  readonly alarms: Ledger = new Ledger();
  /** Commands, QoS 1, cloud to edge. */
  readonly commands: Ledger = new Ledger();
  /** Messages acknowledged by the edge broker. */
  readonly published: Counter = new Counter();
  /** Messages that reached the cloud. */
  readonly arrived: Counter = new Counter();
  /** Commands that reached their sensor. */
  readonly commanded: Counter = new Counter();
  readonly #ports: Ports;
  readonly #brokers: Broker[] = [];
  readonly #clients: Client[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #bridges: Bridge[] = [];
  #cancelTimers: (() => void)[] = [];

  private constructor(ports: Ports) {
    this.#ports = ports;
    this.plug = new Plug(ports.net);
  }

  /** Opens all of it on free ports of loopback. */
  static async open(ports: Ports): Promise<DemoWorld> {
    const world = new DemoWorld(ports);
    const turn = new Turn(ports.clock);
    const edgeRouter = new Router();
    await world.#openBroker('edge', edgeRouter, turn);
    await world.#openBroker('cloud', new Router(), turn);
    const log = openLog({ level: 'silent' });
    const bridge = Bridge.open(
      { ports: { ...ports, net: world.plug }, log, router: edgeRouter, turn },
      {
        name: 'plant7',
        clientId: 'plant7',
        remote: { host: '127.0.0.1', port: world.cloudPort },
        backoff: { delayMsMin: 100, delayMsMax: 1000, stableMs: 10_000 },
        forwards: [
          { localTopic: 'sensors/#', remoteTopic: 'plant7/sensors/#', qos: 1 },
          { localTopic: 'alarms/#', remoteTopic: 'plant7/alarms/#', qos: 2 },
        ],
        subscriptions: [{ remoteTopic: 'plant7/commands/#', localTopic: 'commands/#', qos: 1 }],
      },
    );
    world.#bridges.push(bridge);
    await world.#openPeople();
    return world;
  }

  /** The port of the edge broker. */
  get edgePort(): number {
    return this.#brokers[0]?.listeners[0]?.port ?? 0;
  }

  /** The port of the cloud broker. */
  get cloudPort(): number {
    return this.#brokers[1]?.listeners[0]?.port ?? 0;
  }

  /** The bridge, now. */
  get bridge(): BridgeStatus | undefined {
    return this.#bridges[0]?.status;
  }

  /** Whether everything that was acknowledged has arrived. */
  get isSettled(): boolean {
    const books = [this.readings, this.alarms, this.commands];
    return books.every(({ account }) => account.lost === 0) && this.#bridges[0]?.status.queueDepth === 0;
  }

  /** Sensors and operator begin. */
  start(): void {
    for (const [index, name] of sensorNames.entries()) {
      const sensor = this.#clients[index + 2];
      if (sensor) this.#every(reportEveryMs, (round) => this.#report(sensor, name, round));
    }
    const operator = this.#clients[1];
    if (operator) this.#every(commandEveryMs, (round) => this.#command(operator, round));
  }

  /** Sensors and operator stop; what is underway goes on. */
  stop(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.#cancelTimers = [];
  }

  /** Closes everything. */
  async close(): Promise<void> {
    this.stop();
    for (const client of this.#clients) await client.close({ timeoutMs: 1000 });
    await this.#bridges[0]?.close({ timeoutMs: 1000 });
    for (const broker of this.#brokers) await broker.close({ timeoutMs: 1000 });
  }

  async #openBroker(name: string, router: Router, turn: Turn): Promise<void> {
    const context = { ports: this.#ports, log: openLog({ level: 'silent' }), router, turn };
    this.#brokers.push(await Broker.open(context, { listeners: [{ name, host: '127.0.0.1', port: 0 }] }));
  }

  async #openPeople(): Promise<void> {
    const watcher = await this.#connect(this.cloudPort, { clientId: 'watcher' });
    await watcher.subscribe('plant7/sensors/#', { qos: 1 }, (message) => this.#arrived(this.readings, message));
    await watcher.subscribe('plant7/alarms/#', { qos: 2 }, (message) => this.#arrived(this.alarms, message));
    await this.#connect(this.cloudPort, { clientId: 'operator' });
    for (const name of sensorNames) {
      const sensor = await this.#connect(this.edgePort, { clientId: name, version: sensorVersions[name] });
      await sensor.subscribe(`commands/${name}`, { qos: 1 }, (message) => {
        this.commanded.add();
        this.commands.arrived(message.topic, numberOf(message));
      });
    }
  }

  async #connect(port: number, options: Partial<ClientOptions>): Promise<Client> {
    const client = await Client.connect(`mqtt://127.0.0.1:${port}`, options, { ports: this.#ports });
    this.#clients.push(client);
    return client;
  }

  #arrived(ledger: Ledger, message: ReceivedMessage): void {
    this.arrived.add();
    ledger.arrived(message.topic.slice('plant7/'.length), numberOf(message));
  }

  #report(sensor: Client, name: SensorName, round: number): void {
    this.#publish(sensor, this.readings, `sensors/${name}/temperature`, 1);
    if (round % 10 === 0) this.#publish(sensor, this.alarms, `alarms/${name}`, 2);
  }

  #publish(sensor: Client, ledger: Ledger, topic: string, qos: 1 | 2): void {
    const number = this.#nextNumber(topic);
    const payload = JSON.stringify({ number, celsius: Math.round(20_000 + 500 * Math.sin(number / 50)) / 1000 });
    sensor.publish(topic, payload, { qos }).then(
      () => {
        this.published.add();
        ledger.acknowledged(topic, number);
      },
      () => undefined, // never acknowledged, so never promised
    );
  }

  #command(operator: Client, round: number): void {
    const name = sensorNames[round % sensorNames.length] ?? 'boiler';
    const topic = `commands/${name}`;
    const number = this.#nextNumber(topic);
    operator.publish(`plant7/${topic}`, JSON.stringify({ number, do: 'report' }), { qos: 1 }).then(
      () => this.commands.acknowledged(topic, number),
      () => undefined, // never acknowledged, so never promised
    );
  }

  #nextNumber(topic: string): number {
    const number = (this.#numbers.get(topic) ?? 0) + 1;
    this.#numbers.set(topic, number);
    return number;
  }

  #every(intervalMs: number, run: (round: number) => void): void {
    const { clock } = this.#ports;
    let round = 0;
    let timer = clock.schedule(intervalMs, function next(this: unknown): void {
      run(round++);
      timer = clock.schedule(intervalMs, next);
    });
    this.#cancelTimers.push(() => timer.cancel());
  }
}

function numberOf(message: ReceivedMessage): number {
  const value: unknown = JSON.parse(message.text);
  return typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : 0;
}
