// `npm run bench:bridges`: what bridges do to others and over distance. A device that hears itself, beside ten bridges
// whose remotes are dead, and beside none; and 50,000 messages of QoS 1 that waited, over a line of 100 ms there and
// back to a Mosquitto. Each with a process of its own; all of it with the defaults of a bridge.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ProtocolVersion } from '../protocol/wire/protocol-version.ts';
import { nodePorts } from '../src/app/node-ports.ts';
import { Client } from '../src/client/client.ts';
import { freePort, Mosquitto, untilListening } from '../test/kit/mosquitto.ts';
import { findProgram } from '../test/kit/parts.ts';
import { SlowRoad } from '../test/kit/slow-road.ts';
import type { NeighbourResult } from './lib/neighbour.ts';
import { medianOf, shown } from './lib/statistics.ts';

const ports = nodePorts();
const rounds = 5;
const warmMs = 2000;
const measureMs = 10_000;
const deadCount = 10;
const messageCount = 50_000;
const batchCount = 1000;

interface Edge {
  readonly port: number;
  stop(): Promise<void>;
}

async function run(): Promise<void> {
  await playIsolation();
  if (findProgram('mosquitto') !== undefined) for (const laneCount of [1, 5]) await playLongLine(laneCount);
}

async function playIsolation(): Promise<void> {
  console.log(`a device that hears itself, ${rounds} rounds: p50 and p99 in ms`);
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const found = new Map<number, { readonly p50: number; readonly p99: number }[]>([
    [0, []],
    [deadCount, []],
  ]);
  for (let round = 0; round < rounds; round++) {
    for (const [count, results] of found) {
      const edge = await startEdge(await deadBridges(count, silent));
      results.push(await listenToNeighbour(edge.port));
      await edge.stop();
    }
  }
  silent.close();
  for (const [count, results] of found) {
    const p50 = shown(medianOf(results.map((one) => one.p50)));
    const p99 = results.map((one) => one.p99).sort((one, other) => one - other);
    const range = `${shown(p99[0] ?? Number.NaN)} to ${shown(p99.at(-1) ?? Number.NaN)}`;
    console.log(`  ${count} dead bridges: p50 ${p50}, p99 ${shown(medianOf(p99))} (${range})`);
  }
}

/** Half of them are refused, half are taken and never answered. */
async function deadBridges(count: number, silent: Server): Promise<readonly string[]> {
  const address = silent.address();
  const silentPort = address !== null && typeof address === 'object' ? address.port : 0;
  const refusedPort = await freePort();
  return Array.from({ length: count }, (_, index) => {
    const server = `server = "mqtt-tcp://127.0.0.1:${index % 2 === 0 ? refusedPort : silentPort}"`;
    const rules = 'forwards = [ { local_topic = "#", remote_topic = "" } ]';
    return `bridges.mqtt.dead${index} { ${server}, retry_qos_0 = true, ${rules} }`;
  });
}

async function listenToNeighbour(port: number): Promise<{ readonly p50: number; readonly p99: number }> {
  const args = ['build/bench/lib/neighbour.js', String(port), String(warmMs), String(measureMs)];
  const neighbour = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: neighbour.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const { storm }: NeighbourResult = JSON.parse(String((await lines.next()).value));
  return storm;
}

async function playLongLine(laneCount: number): Promise<void> {
  const mosquitto = await Mosquitto.start();
  const road = await SlowRoad.open(mosquitto.port, { delayMs: 50 });
  road.isClosed = true;
  const edge = await startEdge([
    `bridges.mqtt.far { server = "mqtt-tcp://127.0.0.1:${road.port}", max_parallel_processes = ${laneCount}`,
    '  backoff_max = 500ms, forwards = [ { local_topic = "up/#", remote_topic = "" } ] }',
  ]);
  const device = await Client.connect(`mqtt://127.0.0.1:${edge.port}`, {}, { ports });
  for (let sent = 0; sent < messageCount; sent += batchCount) {
    const batch = Array.from({ length: batchCount }, (_, index) =>
      device.publish(`up/${index}`, `${sent}`, { qos: 1 }),
    );
    await Promise.all(batch);
  }
  const far = await Client.connect(`mqtt://127.0.0.1:${mosquitto.port}`, { version: ProtocolVersion.v311 }, { ports });
  const times: number[] = [];
  await far.subscribe('up/#', { qos: 1 }, () => void times.push(performance.now()));
  road.isClosed = false;
  while (times.length < messageCount) await new Promise((resolve) => setTimeout(resolve, 50));
  const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const perSecond = Math.round((messageCount * 1000) / tookMs);
  console.log(
    `${messageCount} messages over 100 ms, ${laneCount} connections: ${Math.round(tookMs)} ms, ${perSecond} a second`,
  );
  await Promise.all([device.close({ timeoutMs: 500 }), far.close({ timeoutMs: 500 })]);
  await edge.stop();
  await road.dispose();
  await mosquitto.dispose();
}

async function startEdge(bridges: readonly string[]): Promise<Edge> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
  const path = join(folder, 'edge.conf');
  const lines = [`listeners.tcp { bind = "127.0.0.1:${port}" }`, 'log.level = error', ...bridges];
  writeFileSync(path, `${lines.join('\n')}\n`);
  const args = ['build/src/app/main.js', 'start', '--config', path];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await untilListening(port);
  const stop = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

await run();
