// `npm run bench`: plays scenarios against peers and tells what each costs in CPU per delivered message, as medians and
// as ratios to Mosquitto, then what each costs when nothing happens. Results go to the terminal, and as JSON, Markdown
// and one SVG for each family to build/bench/.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { barChart } from './lib/chart.ts';
import { type DrainResult, measureDrain } from './lib/drain.ts';
import { type Fact, factTable } from './lib/fact-table.ts';
import { type FrontNumbers, withFrontTable } from './lib/front-table.ts';
import { withTables } from './lib/readme-tables.ts';
import { families, type Scenario, scenarios } from './lib/scenario.ts';
import { BenchSession } from './lib/session.ts';
import { medianOf, ratioOf, shown } from './lib/statistics.ts';
import { measureStorm, type StormResult, stormPerSecond } from './lib/storm.ts';
import { measureWatched, type WatchedResult } from './lib/watched.ts';
import { measureWhole, type WholeResult } from './lib/whole.ts';
import { type Peer, peers } from './peers.ts';

const drainMessages = 20_000;
const drainFacts: readonly Fact<DrainResult>[] = [
  ['from the start of the remote to the last message, s', 'seconds'],
  ['messages a second, from the first to the last', 'perSecond'],
  ['CPU of the edge for a message, us', 'cpuUs'],
  ['missing', 'missing'],
  ['out of order or twice', 'reordered'],
];
const stormFacts: readonly Fact<StormResult>[] = [
  ['connects a second that were answered', 'perSecond'],
  ['CPU of a connect, a subscribe and a disconnect, us: the first 4,000 of the process', 'coldUs'],
  ['the same of the next 4,000', 'connectUs', 120],
  ['a message of a neighbour before: p50, ms', 'calmP50Ms'],
  ['before: p99, ms', 'calmP99Ms'],
  ['in the storm: p50, ms', 'stormP50Ms'],
  ['in the storm: p99, ms', 'stormP99Ms'],
];
const watchedFacts: readonly Fact<WatchedResult>[] = [
  ['private memory without, MB', 'withoutMb'],
  ['more while they are served, MB', 'servedMb'],
  ['more while a page is open, MB', 'watchedMb', 8],
  ['CPU while a page is open, % of a core', 'cpuPercent', 1],
];
const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    peer: { type: 'string', multiple: true },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.2' },
    connections: { type: 'string', default: '10000' },
    quick: { type: 'boolean' },
    'into-readme': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) {
  console.log(`Usage: npm run bench -- [--scenario NAME ...] [--peer NAME ...] [--runs 3] [--seconds 1.2]
                        [--connections 10000] [--quick] [--into-readme]

Scenarios: ${scenarios.map(({ name }) => name).join(' ')} whole drain storm memory_dashboard
Peers:     ${peers.map(({ name }) => name).join(' ')}

whole is start-up, idle memory and idle connections; drain is a bridge whose remote comes back;
storm is thousands of connects within seconds, beside a neighbour;
memory_dashboard is what dashboard and API cost while somebody looks.
--quick warms fixed rates up for 2 s instead of 5, and measures for 0.8 s.
--into-readme puts the tables into bench/README.md and README.md;
a family or a row of which only some was played stays as it is there.
The peer bundle needs npm run bundle before.`);
  process.exit(0);
}

const isQuick = values.quick === true;
const quick = (one: Scenario): Scenario => (isQuick ? { ...one, warmup: Math.min(one.warmup, 2) } : one);
const chosen = scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true).map(quick);
const usual = ['viaduct', 'mosquitto', 'aedes', 'relay', 'nanomq', 'flashmq'];
const brokers = peers.filter(({ name }) => (values.peer ?? usual).includes(name));
const seconds = isQuick ? 0.8 : Number(values.seconds);
const session = new BenchSession(brokers, { rounds: Number(values.runs), seconds });
await session.play(chosen);
const wholes = await measureAll<WholeResult>(
  'whole',
  brokers.filter(({ name }) => name !== 'relay'),
  (peer) => measureWhole(peer, Number(values.connections)),
  ({ startMs }) => `started in ${shown(startMs)} ms`,
);
const drains = await measureAll<DrainResult>(
  'drain',
  brokers.filter(({ canBridge }) => canBridge),
  (peer) => measureDrain(peer, drainMessages),
  ({ seconds }) => `${shown(seconds)} s`,
);
const storms = await measureAll<StormResult>(
  'storm',
  brokers.filter(({ name }) => name !== 'relay'),
  measureStorm,
  ({ connectUs, stormP99Ms }) => `${shown(connectUs)} us a connect, neighbour p99 ${shown(stormP99Ms)} ms`,
);
const watched = await measureAll<WatchedResult>(
  'memory_dashboard',
  brokers.filter(({ hasDashboard }) => hasDashboard),
  measureWatched,
  ({ watchedMb, cpuPercent }) => `${shown(watchedMb)} MB more, ${shown(cpuPercent)} % of a core`,
);
report();

/** Measures something beside traffic, in all rounds, if it was asked for. */
async function measureAll<Result>(
  name: string,
  some: readonly Peer[],
  measure: (peer: Peer) => Promise<Result | undefined>,
  told: (result: Result) => string,
): Promise<ReadonlyMap<string, readonly Result[]>> {
  const results = new Map<string, Result[]>();
  if (values.scenario?.includes(name) === false) return results;
  for (let round = 0; round < Number(values.runs); round++) {
    for (const peer of some) {
      const result = await measure(peer);
      if (result === undefined) continue;
      results.set(peer.name, [...(results.get(peer.name) ?? []), result]);
      console.log(`round ${round + 1}/${values.runs}  ${name}  ${peer.name.padEnd(10)} ${told(result)}`);
    }
  }
  return results;
}

function cellOf(scenario: string, peer: string): string {
  const row = session.row(scenario, peer);
  if (row === undefined || row.cpuUs.length === 0) return '–';
  const latency =
    row.p99Ms.length > 0 ? `, p50 ${shown(medianOf(row.p50Ms))} p99 ${shown(medianOf(row.p99Ms))} ms` : '';
  const faults = row.lost + row.reordered > 0 ? ` (${row.lost} lost, ${row.reordered} out of order)` : '';
  return `${shown(medianOf(row.cpuUs))}${latency}${faults}`;
}

/** The tables, on the terminal and in files. */
function report(): void {
  const names = brokers.map(({ name }) => name);
  const lines: string[] = [];
  // a table with half of its rows does not take the place of a whole one
  const wholeTables: string[] = [];
  mkdirSync('build/bench', { recursive: true });
  for (const family of families) {
    const members = chosen.filter((one) => one.family === family);
    if (members.length === 0) continue;
    const first = lines.length;
    lines.push(
      `### ${family}`,
      '',
      `| us of CPU a message | ${names.join(' | ')} | mosquitto / viaduct | goal | peak MB |`,
    );
    lines.push(`|---|${'---:|'.repeat(names.length + 3)}`);
    for (const { name, title, goal } of members) {
      const [ours, theirs] = [session.row(name, 'viaduct'), session.row(name, 'mosquitto')];
      const ratio = ratioOf(theirs?.cpuUs ?? [], ours?.cpuUs ?? []);
      const met = ratio * goal >= 1 ? 'met' : 'missed';
      const verdict = goal === 0 || !Number.isFinite(ratio) ? '' : `${shown(1 / goal)} ${met}`;
      const peak = shown(medianOf(ours?.peakMb ?? []));
      const cells = names.map((one) => cellOf(name, one)).join(' | ');
      lines.push(`| ${name}: ${title} | ${cells} | ${shown(ratio)} | ${verdict} | ${peak} |`);
    }
    lines.push('');
    if (members.length === scenarios.filter((one) => one.family === family).length) {
      wholeTables.push(...lines.slice(first));
    }
    const rows = members.map(({ name, title }) => ({
      label: title,
      values: Object.fromEntries(names.map((peer) => [peer, medianOf(session.row(name, peer)?.cpuUs ?? [])])),
    }));
    writeFileSync(
      `build/bench/${family.replaceAll(' ', '-')}.svg`,
      barChart(`${family}: us of CPU a message`, names, rows),
    );
  }
  const facts = [
    ...factTable('when nothing happens', wholeFacts(), wholes),
    ...factTable(`${drainMessages} messages of QoS 1 after an outage`, drainFacts, drains),
    ...factTable(`a storm of ${stormPerSecond} connects a second`, stormFacts, storms),
    ...factTable('dashboard and API', watchedFacts, watched),
  ];
  lines.push(...facts);
  const results = {
    rows: [...session.rows.values()],
    wholes: [...wholes],
    drains: [...drains],
    storms: [...storms],
    watched: [...watched],
  };
  writeFileSync('build/bench/results.json', `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync('build/bench/results.md', `${lines.join('\n')}\n`);
  if (values['into-readme'] === true) {
    const path = 'bench/README.md';
    writeFileSync(path, withTables(readFileSync(path, 'utf8'), [...wholeTables, ...facts]));
    writeFileSync('README.md', withFrontTable(readFileSync('README.md', 'utf8'), frontNumbersOf));
  }
  console.log(`\n${lines.join('\n')}\nbuild/bench/ has it as results.md, results.json and a chart for each family.`);
}

function frontNumbersOf(scenario: string): FrontNumbers {
  const [ours, theirs] = ['viaduct', 'mosquitto'].map((peer) => session.row(scenario, peer)?.cpuUs ?? []);
  return { ours: medianOf(ours ?? []), theirs: medianOf(theirs ?? []), ratio: ratioOf(theirs ?? [], ours ?? []) };
}

function wholeFacts(): readonly Fact<WholeResult>[] {
  return [
    ['start to first CONNACK, ms', 'startMs', 110],
    ['idle: resident, MB', 'residentMb', 47],
    ['idle: private, MB', 'privateMb', 10],
    [`resident for each of ${values.connections} idle connections, bytes`, 'connectionBytes', 5200],
    ['CPU of a connect and a subscribe, us', 'connectUs', 120],
  ];
}
