// `npm run bench`: plays scenarios against peers and tells what each costs in CPU per delivered message, as medians and
// as ratios to Mosquitto. Peers are interleaved within a run and take turns in being first, so that what else the
// machine does hits all alike. Results go to the terminal, and as JSON and Markdown to build/bench/.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import type { GeneratorResult } from './lib/generator.ts';
import { memoryOf } from './lib/process-usage.ts';
import { type Scenario, scenarios } from './lib/scenario.ts';
import { type Peer, peers, startPeer } from './peers.ts';

const run = promisify(execFile);

/** One peer in one scenario, all runs. */
interface Row {
  readonly scenario: string;
  readonly peer: string;
  /** Microseconds of CPU per delivered message, one value a run. */
  readonly cpuUs: number[];
  readonly perSecond: number[];
  readonly residentKb: number[];
  faults: number;
}

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    peer: { type: 'string', multiple: true },
    runs: { type: 'string', default: '3' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) {
  console.log(`Usage: npm run bench -- [--scenario NAME ...] [--peer NAME ...] [--runs 3]

Scenarios: ${scenarios.map(({ name }) => name).join(' ')}
Peers:     ${peers.map(({ name }) => name).join(' ')}`);
  process.exit(0);
}

const chosen = scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true);
const brokers = peers.filter(
  ({ name }) => values.peer?.includes(name) ?? ['viaduct', 'mosquitto', 'aedes'].includes(name),
);
const rows = new Map<string, Row>();

for (let round = 0; round < Number(values.runs); round++) {
  for (const scenario of chosen) {
    const first = round % brokers.length;
    for (const peer of [...brokers.slice(first), ...brokers.slice(0, first)]) await measure(scenario, peer, round);
  }
}
report();

/** One run of one peer. */
async function measure(scenario: Scenario, peer: Peer, round: number): Promise<void> {
  const broker = await startPeer(peer);
  if (broker === undefined) {
    if (round === 0) console.log(`${scenario.name} ${peer.name}: left out, it is not installed`);
    return;
  }
  try {
    const args = ['build/bench/lib/generator.js', scenario.name, String(broker.port), String(broker.pid)];
    const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
    const result: GeneratorResult = JSON.parse(stdout);
    const row = rowOf(scenario, peer);
    row.cpuUs.push(result.cpuUs / result.delivered);
    row.perSecond.push(result.delivered / result.seconds);
    row.residentKb.push(memoryOf(broker.pid).residentKb);
    row.faults += result.gaps + result.repeats;
    const cpu = (result.cpuUs / result.delivered).toFixed(3);
    console.log(`run ${round + 1}  ${scenario.name.padEnd(14)} ${peer.name.padEnd(10)} ${cpu.padStart(9)} us/msg`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`run ${round + 1}  ${scenario.name} ${peer.name}: did not finish (${reason})`);
  } finally {
    await broker.stop();
  }
}

function rowOf(scenario: Scenario, peer: Peer): Row {
  const key = `${scenario.name} ${peer.name}`;
  const row = rows.get(key) ?? {
    scenario: scenario.name,
    peer: peer.name,
    cpuUs: [],
    perSecond: [],
    residentKb: [],
    faults: 0,
  };
  rows.set(key, row);
  return row;
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The table, on the terminal and in files. */
function report(): void {
  const lines = [
    `| scenario | ${brokers.map(({ name }) => `${name}, us/msg`).join(' | ')} | mosquitto / viaduct |`,
    `|---|${brokers.map(() => '---:|').join('')}---:|`,
  ];
  for (const { name, title } of chosen) {
    const cells = brokers.map((peer) => {
      const row = rows.get(`${name} ${peer.name}`);
      if (row === undefined || row.cpuUs.length === 0) return '–';
      return `${medianOf(row.cpuUs).toFixed(3)}${row.faults > 0 ? ` (${row.faults} lost, repeated or late)` : ''}`;
    });
    const [ours, theirs] = ['viaduct', 'mosquitto'].map((peer) => medianOf(rows.get(`${name} ${peer}`)?.cpuUs ?? []));
    const ratio = (theirs ?? 0) / (ours ?? 0);
    lines.push(`| ${name}: ${title} | ${cells.join(' | ')} | ${Number.isFinite(ratio) ? ratio.toFixed(1) : '–'} |`);
  }
  mkdirSync('build/bench', { recursive: true });
  writeFileSync('build/bench/results.json', `${JSON.stringify([...rows.values()], null, 2)}\n`);
  writeFileSync('build/bench/results.md', `${lines.join('\n')}\n`);
  console.log(`\n${lines.join('\n')}\n\nbuild/bench/results.md and results.json have it too.`);
}
