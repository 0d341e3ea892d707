// `npm run bench`: plays scenarios against peers and tells what each costs in CPU per delivered message, as medians and
// as ratios to Mosquitto, then what each costs when nothing happens, after an outage and in a storm of connects, and
// which goals were met. Results go to the terminal, and as JSON, Markdown and one SVG for each family to build/bench/.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { alignedTables } from './lib/aligned.ts';
import { type DrainResult, measureDrain } from './lib/drain.ts';
import { boundsOf, type Fact, factTable } from './lib/fact-table.ts';
import { type FrontNumbers, withFrontTable } from './lib/front-table.ts';
import { goalTable, verdictsOf } from './lib/goals.ts';
import { openFilesMax } from './lib/process-usage.ts';
import { clockOf } from './lib/progress.ts';
import { withTables } from './lib/readme-tables.ts';
import { type Scenario, scenarios } from './lib/scenario.ts';
import { BenchSession } from './lib/session.ts';
import { medianOf, ratioOf, shown } from './lib/statistics.ts';
import { measureStorm, type StormResult, stormPerSecond } from './lib/storm.ts';
import { trafficReports } from './lib/traffic-report.ts';
import { measureWatched, type WatchedResult } from './lib/watched.ts';
import { measureWhole, startsOf, type WholeResult } from './lib/whole.ts';
import { type Peer, peers } from './peers.ts';

const drainMessages = 20_000;
const drainFacts: readonly Fact<DrainResult>[] = [
  ['from the start of the remote to the last message, s', 'seconds'],
  ['messages a second, from the first to the last', 'perSecond'],
  ['CPU of the edge for a message, us', 'cpuUs'],
  ['missing after the outage', 'missing', 0],
  ['out of order or twice after the outage', 'reordered', 0],
];
const stormFacts: readonly Fact<StormResult>[] = [
  ['connects a second that were answered', 'perSecond'],
  ['CPU of a connect, a subscribe and a disconnect, us: the first 4,000 of the process', 'coldUs'],
  ['CPU of a connect, a subscribe and a disconnect, us: the next 4,000', 'connectUs', 120],
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
/** Files that this process and a broker need besides those of idle connections. */
const otherFiles = 500;
const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    peer: { type: 'string', multiple: true },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.2' },
    connections: { type: 'string', default: String(Math.min(19_000, openFilesMax() - otherFiles)) },
    quick: { type: 'boolean' },
    'into-readme': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) {
  console.log(`Usage: npm run bench -- [--scenario NAME ...] [--peer NAME ...] [--runs 3] [--seconds 1.2]
                        [--connections 19000] [--quick] [--into-readme]

Scenarios: ${scenarios.map(({ name }) => name).join(' ')} whole drain storm memory_dashboard
Peers:     ${peers.map(({ name }) => name).join(' ')}

whole is start-up, idle memory and idle connections; drain is a bridge whose remote comes back;
storm is thousands of connects within seconds, beside a neighbour;
memory_dashboard is what dashboard and API cost while somebody looks.
--quick warms up and measures for shorter, and plays those four once.
--into-readme puts the tables into bench/README.md and README.md;
a family or a row of which only some was played stays as it is there.
The peer bundle needs npm run bundle before; whole takes it along where it is, beside viaduct.`);
  process.exit(0);
}

const isQuick = values.quick === true;
const quick = (one: Scenario): Scenario => (isQuick ? { ...one, warmup: Math.min(one.warmup, 2) } : one);
const chosen = scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true).map(quick);
const usual = ['viaduct', 'mosquitto', 'aedes', 'relay', 'nanomq', 'flashmq'];
const brokers = peers.filter(({ name }) => (values.peer ?? usual).includes(name));
const session = new BenchSession(brokers, {
  rounds: Number(values.runs),
  seconds: isQuick ? 0.6 : Number(values.seconds),
  steadySeconds: isQuick ? 3 : 4,
});
/** On a device it is the bundle that starts and idles. */
const isOnDevice = ({ name }: Peer): boolean => name.startsWith('bundle') && existsSync('dist/viaduct.cjs');
const wholePeers = peers.filter((one) => {
  const isAlong = isOnDevice(one) && brokers.some(({ name }) => name === 'viaduct');
  return (brokers.includes(one) || isAlong) && one.name !== 'relay';
});

const about = clockOf(session.secondsFor(chosen)).trim();
console.log(`${brokers.map(({ name }) => name).join(', ')}: ${chosen.length} scenarios of traffic in about ${about}\n`);
await session.play(chosen);
const wholes = await measureAll<WholeResult>(
  'whole',
  wholePeers,
  (peer) => measureWhole(peer, Number(values.connections)),
  ({ startMs, connectionBytes }) => `started in ${shown(startMs)} ms, ${shown(connectionBytes)} bytes a connection`,
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
  wholePeers.filter(({ hasDashboard }) => hasDashboard),
  measureWatched,
  ({ watchedMb, cpuPercent }) => `${shown(watchedMb)} MB more, ${shown(cpuPercent)} % of a core`,
);
report();

/** Measures something beside traffic, if it was asked for: in all rounds, or once in a quick run. */
async function measureAll<Result>(
  name: string,
  some: readonly Peer[],
  measure: (peer: Peer) => Promise<Result | undefined>,
  told: (result: Result) => string,
): Promise<ReadonlyMap<string, readonly Result[]>> {
  const results = new Map<string, Result[]>();
  if (values.scenario?.includes(name) === false) return results;
  const rounds = isQuick ? 1 : Number(values.runs);
  for (let round = 0; round < rounds; round++) {
    for (const peer of some) {
      const result = await measure(peer);
      if (result === undefined) continue;
      results.set(peer.name, [...(results.get(peer.name) ?? []), result]);
      console.log(`round ${round + 1}/${rounds}  ${name.padEnd(6)} ${peer.name.padEnd(10)} ${told(result)}`);
    }
  }
  return results;
}

/** The tables, on the terminal and in files. */
function report(): void {
  const names = brokers.map(({ name }) => name);
  mkdirSync('build/bench', { recursive: true });
  const families = trafficReports(session, chosen, names);
  for (const { family, chart } of families) writeFileSync(`build/bench/${family.replaceAll(' ', '-')}.svg`, chart);
  const facts = [
    ...factTable('when nothing happens', wholeFacts(), wholes),
    ...factTable(`${drainMessages} messages of QoS 1 after an outage`, drainFacts, drains),
    ...factTable(`a storm of ${stormPerSecond} connects a second`, stormFacts, storms),
    ...factTable('dashboard and API', watchedFacts, watched),
  ];
  const bounds = [...boundsOf(wholeFacts(), wholes), ...boundsOf(drainFacts, drains), ...boundsOf(stormFacts, storms)];
  const goals = goalTable(verdictsOf(session, bounds));
  const lines = [...families.flatMap(({ table }) => table), ...facts, ...goals];
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
    // a table with half of its rows does not take the place of a whole one
    const tables = families.filter(({ isWhole }) => isWhole).flatMap(({ table }) => table);
    const isAll =
      values.scenario === undefined && ['viaduct', 'mosquitto', 'aedes'].every((one) => names.includes(one));
    const found = [...tables, ...facts, ...(isAll ? [...machineLines(), ...goals] : [])];
    writeFileSync(path, withTables(readFileSync(path, 'utf8'), found));
    writeFileSync('README.md', withFrontTable(readFileSync('README.md', 'utf8'), frontNumbersOf));
  }
  console.log(`\n${alignedTables(lines).join('\n')}`);
  console.log('build/bench/ has it as results.md, results.json and a chart for each family.');
}

/** What it was measured with. */
function machineLines(): readonly string[] {
  const [first] = cpus();
  const facts = [`${cpus().length} cores of ${first?.model.trim() ?? 'unknown'}`, `Node ${process.versions.node}`];
  const month = new Date().toLocaleDateString('en', { month: 'long', year: 'numeric' });
  const how = `medians of ${values.runs} rounds${isQuick ? ', quick' : ''}`;
  return ['### measured with', '', [...facts, `Linux, ${month}`, how].join('; '), ''];
}

function frontNumbersOf(scenario: string): FrontNumbers {
  const [ours, theirs] = ['viaduct', 'mosquitto'].map((peer) => session.row(scenario, peer)?.cpuUs ?? []);
  return { ours: medianOf(ours ?? []), theirs: medianOf(theirs ?? []), ratio: ratioOf(theirs ?? [], ours ?? []) };
}

function wholeFacts(): readonly Fact<WholeResult>[] {
  return [
    [`start to first CONNACK, ms, median of ${startsOf}`, 'startMs', 110],
    ['idle: resident, MB', 'residentMb', 47],
    ['idle: private, MB', 'privateMb', 10],
    [`resident for each of ${values.connections} idle connections, bytes`, 'connectionBytes', 5200],
    ['CPU of a connect and a subscribe, us', 'connectUs', 120],
  ];
}
