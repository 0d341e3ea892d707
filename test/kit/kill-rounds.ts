// KillRounds: a real edge process between a device and a mosquitto, killed with SIGKILL at random moments: while it
// takes messages of both, while the remote is frozen, while it drains, while it moves what is needed to new segments.
// At the end everything that was promised to device and remote must have arrived at the other: QoS 1 at least once,
// QoS 2 exactly once, first arrivals in order within a topic.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { nodePorts } from '../../src/app/node-ports.ts';
import { Client } from '../../src/client/client.ts';
import { Chance } from './chance.ts';
import { freePort, Mosquitto, untilListening } from './mosquitto.ts';
import { until } from './real-world.ts';
import { RemoteWatch } from './remote-watch.ts';

/** What came of it. */
export interface KillResult {
  readonly rounds: number;
  /** Messages that device and remote were told are taken. */
  readonly promised: number;
  readonly arrived: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** QoS 2 messages that came twice because the remote published them again after it had released them. */
  readonly takenBack: readonly string[];
  readonly reordered: readonly string[];
  /** Publishes that were refused. */
  readonly errors: readonly string[];
  /** QoS 1 messages that came more than once, which they may. */
  readonly repeats: number;
  /** What the last edge process wrote to its log. */
  readonly log: string;
}

/** How it is done. */
export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Further lines for the configuration. */
  readonly lines?: readonly string[];
}

const topics = ['a', 'b', 'c'];
const perRound = 60;
/** Bytes of a message that are to fill segments. */
const largeBytes = 3000;

/** Plays all rounds. */
export async function playKillRounds({ rounds, seed, lines = [] }: KillOptions): Promise<KillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-kill-'));
  const mosquitto = await Mosquitto.start();
  const watch = await RemoteWatch.start(mosquitto.port);
  const edge = new Edge(folder, await freePort(), watch.port, lines);
  const chance = new Chance(seed);
  const far = await mqtt.connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`, { clientId: 'far', clean: false });
  const arrived = new Map<string, number[]>();
  far.on('message', (topic, payload) => {
    const list = arrived.get(topic) ?? [];
    arrived.set(topic, list);
    list.push(Number(payload.toString()));
  });
  await far.subscribeAsync('up/#', { qos: 2 });
  await edge.start();
  // our own: it sends everything again in one go, where others wait for each acknowledgement
  const device = await Client.connect(
    `mqtt://127.0.0.1:${edge.port}`,
    {
      clientId: 'device',
      cleanStart: false,
      sessionExpiryInterval: 3600,
      backoff: { delayMsMin: 20, delayMsMax: 60, stableMs: 10_000 },
    },
    { ports: nodePorts() },
  );
  const take = ({ topic, text }: { readonly topic: string; readonly text: string }): void => {
    const list = arrived.get(topic) ?? [];
    arrived.set(topic, list);
    list.push(Number(text));
  };
  await device.subscribe('down/#', { qos: 2 }, take);
  const publisher = new Publisher('up', (topic, text, qos) => device.publish(topic, text, { qos }));
  const remote = new Publisher('down', (topic, text, qos) => far.publishAsync(topic, text, { qos }));
  await until('the bridge has subscribed', () => edge.log.includes('bridge connected'));
  try {
    for (let round = 0; round < rounds; round++)
      await playRound({ chance, edge, mosquitto, publishers: [publisher, remote] });
    const both = [publisher, remote];
    await until('all is promised', () => both.every(({ waiting }) => waiting === 0), 60_000);
    const isComplete = (): boolean => both.every((one) => one.missingIn(arrived).length === 0);
    await until('all has arrived', isComplete, 30_000).catch(() => undefined);
    // what comes twice may come late
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { rounds, log: edge.log, ...resultOf(both, arrived, watch.takenBack) };
  } finally {
    device.destroy();
    far.end(true);
    await edge.kill();
    watch.close();
    await mosquitto.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Round {
  readonly chance: Chance;
  readonly edge: Edge;
  readonly mosquitto: Mosquitto;
  readonly publishers: readonly Publisher[];
}

async function playRound({ chance, edge, mosquitto, publishers }: Round): Promise<void> {
  const kind = chance.pick(['publishing', 'outage', 'drain', 'compaction'] as const);
  if (kind !== 'publishing') await mosquitto.freeze();
  // segments that are left behind with little in them are what there is to compact
  for (const publisher of publishers) publisher.publish(perRound / 2, chance, kind === 'compaction' ? largeBytes : 0);
  await pause(chance.int(1, 120));
  if (kind === 'drain' || kind === 'compaction') {
    await mosquitto.thaw();
    await pause(chance.int(0, 60));
  }
  await edge.kill();
  if (kind === 'outage') await mosquitto.thaw();
  await edge.start();
  await pause(chance.int(0, 50));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The process that is killed. */
class Edge {
  readonly port: number;
  log = '';
  readonly #config: string;
  #child: ChildProcess | undefined;

  constructor(folder: string, port: number, remotePort: number, lines: readonly string[]) {
    this.port = port;
    this.#config = join(folder, 'edge.conf');
    const text = [
      `listeners.tcp { bind = "127.0.0.1:${port}" }`,
      `data { dir = "${join(folder, 'data')}", reserve = 0, segment_size = 64KB }`,
      'bridges.mqtt.cloud {',
      `  server = "mqtt-tcp://127.0.0.1:${remotePort}"`,
      '  proto_ver = 4, clientid = "edge", clean_start = false, backoff_max = 500ms',
      '  forwards = [{ local_topic = "up/#", remote_topic = "" }]',
      '  subscription = [{ remote_topic = "down/#", local_topic = "", qos = 2 }]',
      '}',
      ...lines,
    ];
    writeFileSync(this.#config, `${text.join('\n')}\n`);
  }

  async start(): Promise<void> {
    const main = new URL('../../src/app/main.js', import.meta.url).pathname;
    const child = spawn(process.execPath, [main, 'start', '--config', this.#config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.log = '';
    child.stderr?.on('data', (chunk) => {
      this.log += String(chunk);
    });
    this.#child = child;
    await untilListening(this.port).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${this.log}`);
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Publishes numbers, each topic its own row, and knows which were taken. */
class Publisher {
  readonly #side: string;
  readonly #send: (topic: string, text: string, qos: 1 | 2) => Promise<unknown>;
  readonly #next = new Map<string, number>();
  readonly #promised = new Map<string, Set<number>>();
  waiting = 0;
  /** Of publishes that the device gave up. */
  readonly errors: string[] = [];

  constructor(side: string, send: (topic: string, text: string, qos: 1 | 2) => Promise<unknown>) {
    this.#side = side;
    this.#send = send;
  }

  /** `bytes`: that each payload has at least. */
  publish(count: number, chance: Chance, bytes: number): void {
    for (let nth = 0; nth < count; nth++) {
      const qos = chance.isTrue(0.5) ? 1 : 2;
      const topic = `${this.#side}/${qos}/${chance.pick(topics)}`;
      const number = (this.#next.get(topic) ?? 0) + 1;
      this.#next.set(topic, number);
      const promised = this.#promised.get(topic) ?? new Set();
      this.#promised.set(topic, promised);
      this.waiting++;
      this.#send(topic, `${number}`.padEnd(bytes), qos).then(
        () => {
          this.waiting--;
          promised.add(number);
        },
        (error: unknown) => {
          this.waiting--;
          this.errors.push(String(error));
        },
      );
    }
  }

  missingIn(arrived: ReadonlyMap<string, readonly number[]>): readonly string[] {
    return [...this.#promised].flatMap(([topic, numbers]) => {
      const there = new Set(arrived.get(topic));
      return [...numbers].filter((number) => !there.has(number)).map((number) => `${topic}/${number}`);
    });
  }

  /** Messages that were taken. */
  get promised(): number {
    return [...this.#promised.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

function resultOf(
  publishers: readonly Publisher[],
  arrived: ReadonlyMap<string, readonly number[]>,
  takenBackByRemote: ReadonlySet<string>,
): Omit<KillResult, 'rounds' | 'log'> {
  const doubled: string[] = [];
  const takenBack: string[] = [];
  const reordered: string[] = [];
  let repeats = 0;
  let total = 0;
  for (const [topic, numbers] of arrived) {
    const seen = new Set<number>();
    let highest = 0;
    for (const number of numbers) {
      total++;
      const isRepeat = seen.has(number);
      const isOnce = topic.includes('/2/');
      const id = `${topic}/${number}`;
      if (isRepeat && isOnce) (takenBackByRemote.has(id) ? takenBack : doubled).push(id);
      else if (isRepeat) repeats++;
      else if (number < highest) reordered.push(`${id} behind ${highest}`);
      seen.add(number);
      highest = Math.max(highest, number);
    }
  }
  return {
    promised: publishers.reduce((sum, { promised }) => sum + promised, 0),
    arrived: total,
    errors: publishers.flatMap(({ errors }) => errors),
    lost: publishers.flatMap((one) => one.missingIn(arrived)),
    doubled,
    takenBack,
    reordered,
    repeats,
  };
}
