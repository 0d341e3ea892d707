// Generator: plays one scenario against a broker, as a process of its own, so that its CPU is not the broker's:
// publishers and subscribers at once, first to warm up, then measured, then until everything has arrived. Started by
// the runner with its task as JSON on the command line; prints its result as JSON.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { cpuUsOf } from './process-usage.ts';
import { Publisher } from './publisher.ts';
import { type Scenario, scenarios } from './scenario.ts';
import { Subscriber, type Tally } from './subscriber.ts';

/** What a generator is to do. */
export interface GeneratorTask {
  readonly scenario: string;
  readonly publishPort: number;
  readonly subscribePort: number;
  /** The process whose CPU counts. */
  readonly pid: number;
  /** Seconds of warming up, and seconds that are measured. */
  readonly warmup: number;
  readonly seconds: number;
}

/** What came of one run. */
export interface GeneratorResult {
  /** Messages delivered in the measured part. */
  readonly delivered: number;
  readonly seconds: number;
  /** CPU of the broker in the measured part, in microseconds. */
  readonly cpuUs: number;
  /** Messages that were skipped and came late or never, that came again, and that never came. */
  readonly gaps: number;
  readonly repeats: number;
  readonly missing: number;
  /** Milliseconds from sending to arrival; only for scenarios of a fixed rate. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number } | undefined;
}

const latenciesMax = 100_000;
const drainMsMax = 3000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A connection that was accepted. */
async function open(port: number, clientId: string, version: ProtocolVersion, isTls: boolean): Promise<Socket> {
  const socket = isTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect(port, '127.0.0.1');
  if (isTls) await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  const packet = { version, isBridge: false, clientId, cleanStart: true, keepAlive: 0, properties: {} };
  socket.write(encodePacket({ ...packet, type: PacketType.connect }, version));
  await once(socket, 'data');
  return socket;
}

async function subscribers(scenario: Scenario, port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  const { subscriberVersion, subscriberQos, isTls, isBridge } = scenario;
  for (let index = 0; index < scenario.subscribers; index++) {
    const socket = await open(port, `subscriber-${index}`, subscriberVersion, isTls && !isBridge);
    const filter = scenario.pattern === 'pairs' ? `bench/${String(index).padStart(2, '0')}/#` : 'bench/#';
    const entry = { filter, qos: subscriberQos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
    const packet = { type: PacketType.subscribe, packetId: 1, entries: [entry], properties: {} } as const;
    socket.write(encodePacket(packet, subscriberVersion));
    await once(socket, 'data');
    sockets.push(socket);
  }
  return sockets;
}

/** Sends at a fixed rate, each message alone, until it is told to stop. */
function sendSteadily(publisher: Publisher, perSecond: number): void {
  const began = performance.now();
  const tick = (): void => {
    if (publisher.isStopped) return;
    const due = ((performance.now() - began) * perSecond) / 1000;
    if (publisher.sent < due) publisher.send(1);
    if (perSecond > 1000 || publisher.sent + 1 < due) setImmediate(tick);
    else setTimeout(tick, 1);
  };
  tick();
}

function percentilesOf(tally: Tally): GeneratorResult['latencyMs'] {
  if (tally.latencyCount === 0) return undefined;
  const sorted = tally.latencies.slice(0, Math.min(tally.latencyCount, latenciesMax)).sort();
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

async function play(scenario: Scenario, task: GeneratorTask): Promise<GeneratorResult> {
  const { publishPort, subscribePort, pid } = task;
  const tally = { delivered: 0, gaps: 0, repeats: 0, latencies: new Float64Array(latenciesMax), latencyCount: 0 };
  const sockets = await subscribers(scenario, subscribePort);
  const publishers: Publisher[] = [];
  for (let index = 0; index < scenario.publishers; index++) {
    const socket = await open(publishPort, `publisher-${index}`, scenario.publisherVersion, scenario.isTls);
    publishers.push(new Publisher(socket, scenario, index));
  }
  for (const [index, socket] of sockets.entries()) new Subscriber(socket, index, { scenario, tally, publishers });
  for (const publisher of publishers) {
    if (scenario.perSecond > 0) sendSteadily(publisher, scenario.perSecond);
    else publisher.pump();
  }
  await sleep(task.warmup * 1000);
  tally.latencyCount = 0;
  const began = { at: performance.now(), cpuUs: cpuUsOf(pid), delivered: tally.delivered };
  await sleep(task.seconds * 1000);
  const delivered = tally.delivered - began.delivered;
  const cpuUs = cpuUsOf(pid) - began.cpuUs;
  const seconds = (performance.now() - began.at) / 1000;
  const latencyMs = percentilesOf(tally);
  for (const publisher of publishers) publisher.isStopped = true;
  const copies = scenario.pattern === 'all' ? scenario.subscribers : 1;
  const expected = publishers.reduce((sum, { sent }) => sum + sent, 0) * copies;
  for (let waited = 0; tally.delivered < expected && waited < drainMsMax; waited += 20) await sleep(20);
  const { gaps, repeats } = tally;
  return { delivered, seconds, cpuUs, gaps, repeats, missing: Math.max(0, expected - tally.delivered), latencyMs };
}

const task: GeneratorTask = JSON.parse(process.argv[2] ?? '{}');
const scenario = scenarios.find(({ name }) => name === task.scenario);
if (scenario === undefined) throw new Error(`there is no scenario ${task.scenario}`);
console.log(JSON.stringify(await play(scenario, task)));
process.exit(0);
