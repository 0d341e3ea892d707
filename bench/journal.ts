// `npm run bench:journal`: what it costs to have messages safe. Appends a second and bytes written for a message at
// groups of 1, 100 and 1000, beside node:sqlite where Node has it; the time to open a journal; the memory of a queue;
// and a bridge to Mosquitto at each durability. `--part append`, `open` or `bridge` plays some of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodePorts } from '../src/app/node-ports.ts';
import { Client } from '../src/client/client.ts';
import { Journal } from '../src/journal/journal.ts';
import { freePort, Mosquitto, untilListening } from '../test/kit/mosquitto.ts';
import { findProgram } from '../test/kit/parts.ts';

const bodyBytes = 256;
const body = Buffer.alloc(bodyBytes, 7);
const groups = [
  [1, 500],
  [100, 50_000],
  [1000, 300_000],
] as const;
const queued = 1_000_000;
/** So many make a journal of a gigabyte. */
const queuedLarge = 3_700_000;
const bridged = 60_000;

async function run(): Promise<void> {
  const { values } = parseArgs({ options: { part: { type: 'string', multiple: true } } });
  const isPlayed = (part: string): boolean => values.part?.includes(part) ?? true;
  if (isPlayed('append')) await appendAll();
  if (isPlayed('open')) await inFolder(fillAndOpen);
  if (isPlayed('bridge') && findProgram('mosquitto') !== undefined) await playBridges();
}

/** Both in turns, since a disk has good and bad moments. */
async function appendAll(): Promise<void> {
  console.log(`appending ${bodyBytes} bytes, each group synced`);
  for (const [group, total] of groups) {
    await inFolder((folder) => appendToJournal(folder, group, total));
    await inFolder((folder) => appendToSqlite(folder, group, total));
  }
}

async function inFolder(play: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
  try {
    await play(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function appendToJournal(directory: string, group: number, total: number): Promise<void> {
  const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0, batchMs: 0 });
  const began = begin();
  for (let count = 0; count < total; count += group) {
    append(journal, group);
    await new Promise<void>((stored) => journal.wait({ stored }, true));
  }
  tell('journal', began, group, total);
  await journal.close();
}

function append(journal: Journal, count: number): void {
  const stream = journal.log('queue');
  for (let nth = 0; nth < count; nth++) {
    const bytes = stream.begin(1, bodyBytes);
    body.copy(bytes, stream.at);
    stream.end(bodyBytes);
  }
}

/** The part of node:sqlite that is needed: Node 20 does not have it, nor do its types. */
interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): { run(value: Uint8Array): void };
  close(): void;
}

async function appendToSqlite(folder: string, group: number, total: number): Promise<void> {
  const name = 'node:sqlite';
  const found: unknown = await import(name).catch(() => undefined);
  if (!isSqlite(found)) return;
  const database = new found.DatabaseSync(join(folder, 'queue.db'));
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE q (id INTEGER PRIMARY KEY, body BLOB)');
  const insert = database.prepare('INSERT INTO q (body) VALUES (?)');
  const began = begin();
  for (let count = 0; count < total; count += group) {
    database.exec('BEGIN');
    for (let nth = 0; nth < group; nth++) insert.run(body);
    database.exec('COMMIT');
  }
  tell('node:sqlite, WAL, FULL', began, group, total);
  database.close();
}

function isSqlite(found: unknown): found is SqliteModule {
  return typeof found === 'object' && found !== null && 'DatabaseSync' in found;
}

/** Bytes that this process has ever handed to files; 0 where there is no /proc. */
function bytesWritten(): number {
  try {
    return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

interface Began {
  readonly at: number;
  readonly cpu: NodeJS.CpuUsage;
  readonly bytes: number;
}

function begin(): Began {
  return { at: performance.now(), cpu: process.cpuUsage(), bytes: bytesWritten() };
}

function tell(name: string, { at, cpu, bytes }: Began, group: number, total: number): void {
  const perSecond = Math.round((total / (performance.now() - at)) * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const cpuUs = ((user + system) / total).toFixed(2);
  const written = Math.round((bytesWritten() - bytes) / total);
  console.log(
    `  ${name.padEnd(24)} groups of ${String(group).padEnd(5)} ${perSecond} a second, ` +
      `${cpuUs} us CPU and ${written} bytes written a message`,
  );
}

async function fillAndOpen(directory: string): Promise<void> {
  const settings = { directory, reserveBytes: 0 };
  const journal = await Journal.open(nodePorts(), settings);
  await fill(journal, 50_000); // its buffers are there before anything is counted
  const before = process.memoryUsage().rss;
  await fill(journal, queued);
  const grown = (process.memoryUsage().rss - before) / 1e6;
  console.log(`\n${queued} messages queued: ${grown.toFixed(0)} MB more resident memory`);
  await journal.close();
  const again = await timedOpen(directory);
  await fill(again, queuedLarge - queued);
  await again.close();
  await (await timedOpen(directory)).destroy();
}

async function timedOpen(directory: string): Promise<Journal> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0 });
  const ms = Math.round(performance.now() - startedAt);
  const { user, system } = process.cpuUsage(cpuBefore);
  const size = (journal.status.bytes / 1e6).toFixed(0);
  console.log(`a journal of ${size} MB is open after ${ms} ms, ${Math.round((user + system) / 1000)} ms of CPU`);
  return journal;
}

async function fill(journal: Journal, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1000) {
    append(journal, 1000);
    await new Promise<void>((stored) => journal.wait({ stored }, false));
  }
}

async function playBridges(): Promise<void> {
  console.log(`\na bridge at QoS 1, ${bridged} messages of 100 bytes, up to 1000 underway`);
  const mosquitto = await Mosquitto.start();
  for (const level of ['no data directory', 'memory', 'written', 'synced']) {
    await inFolder((folder) => playBridge(folder, mosquitto.port, level));
  }
  await mosquitto.dispose();
}

async function playBridge(folder: string, remotePort: number, level: string): Promise<void> {
  const port = await freePort();
  const config = join(folder, 'edge.conf');
  const data =
    level === 'no data directory' ? '' : `data { dir = "${folder}/data", durability = ${level}, reserve = 0 }`;
  const bridge = `server = "mqtt-tcp://127.0.0.1:${remotePort}", clientid = "bench", clean_start = true`;
  const rule = 'forwards = [{ local_topic = "up/#", remote_topic = "" }]';
  writeFileSync(
    config,
    `listeners.tcp { bind = "127.0.0.1:${port}" }\n${data}\nbridges.mqtt.x { ${bridge}, ${rule} }\n`,
  );
  const main = new URL('../src/app/main.js', import.meta.url).pathname;
  const edge = spawn(process.execPath, [main, 'start', '--config', config], { stdio: 'ignore' });
  await untilListening(port);
  const client = await Client.connect(`mqtt://127.0.0.1:${port}`, {}, { ports: nodePorts() });
  await publish(client, bridged / 3);
  const cpuBefore = cpuSecondsOf(edge);
  const startedAt = performance.now();
  await publish(client, bridged);
  const ms = performance.now() - startedAt;
  const cpuUs = ((cpuSecondsOf(edge) - cpuBefore) / bridged) * 1e6;
  console.log(
    `  ${level.padEnd(20)} ${Math.round((bridged / ms) * 1000)} a second, ${cpuUs.toFixed(1)} us CPU of the edge`,
  );
  client.destroy();
  edge.kill('SIGKILL');
}

async function publish(client: Client, count: number): Promise<void> {
  const payload = Buffer.alloc(100, 65);
  await Promise.all(Array.from({ length: count }, () => client.publish('up/x', payload, { qos: 1 })));
}

/** CPU that a process has used, in seconds; 0 where there is no /proc. */
function cpuSecondsOf({ pid }: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

await run();
