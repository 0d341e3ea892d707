// TrafficReport: what scenarios of traffic cost, as a table and a chart for each family. A family of which only some
// was played is shown, but does not take the place of a whole one elsewhere. Bounded by scenarios and peers.
import { barChart } from './chart.ts';
import { families, type Scenario, scenarios } from './scenario.ts';
import type { BenchSession } from './session.ts';
import { medianOf, ratioOf, shown } from './statistics.ts';

/** One family's results. */
export interface FamilyReport {
  readonly family: (typeof families)[number];
  /** Its table in Markdown, under its title. */
  readonly table: readonly string[];
  /** Its chart as SVG. */
  readonly chart: string;
  /** Whether all of its scenarios were played. */
  readonly isWhole: boolean;
}

/** Reports of the families of `chosen`; `peers` in the order of their columns. */
export function trafficReports(
  session: BenchSession,
  chosen: readonly Scenario[],
  peers: readonly string[],
): readonly FamilyReport[] {
  return families.flatMap((family) => {
    const members = chosen.filter((one) => one.family === family);
    if (members.length === 0) return [];
    const isWhole = members.length === scenarios.filter((one) => one.family === family).length;
    const rows = members.map(({ name, title }) => ({
      label: title,
      values: Object.fromEntries(peers.map((peer) => [peer, medianOf(session.row(name, peer)?.cpuUs ?? [])])),
    }));
    const chart = barChart(`${family}: us of CPU a message`, peers, rows);
    return [{ family, table: tableOf(session, family, members, peers), chart, isWhole }];
  });
}

function tableOf(
  session: BenchSession,
  family: string,
  members: readonly Scenario[],
  peers: readonly string[],
): readonly string[] {
  const head = `| us of CPU a message | ${peers.join(' | ')} | mosquitto / viaduct | goal | peak MB |`;
  const rows = members.map(({ name, title, goal }) => {
    const [ours, theirs] = [session.row(name, 'viaduct'), session.row(name, 'mosquitto')];
    const ratio = ratioOf(theirs?.cpuUs ?? [], ours?.cpuUs ?? []);
    const met = ratio * goal >= 1 ? 'met' : '**missed**';
    const verdict = goal === 0 || !Number.isFinite(ratio) ? '' : `${shown(1 / goal)} ${met}`;
    const peak = shown(medianOf(ours?.peakMb ?? []));
    const cells = peers.map((peer) => cellOf(session, name, peer)).join(' | ');
    return `| ${name}: ${title} | ${cells} | ${shown(ratio)} | ${verdict} | ${peak} |`;
  });
  return [`### ${family}`, '', head, `|---|${'---:|'.repeat(peers.length + 3)}`, ...rows, ''];
}

function cellOf(session: BenchSession, scenario: string, peer: string): string {
  const row = session.row(scenario, peer);
  if (row === undefined || row.cpuUs.length === 0) return '–';
  const latency =
    row.p99Ms.length > 0 ? `, p50 ${shown(medianOf(row.p50Ms))} p99 ${shown(medianOf(row.p99Ms))} ms` : '';
  const faults = row.lost + row.reordered > 0 ? ` (${row.lost} lost, ${row.reordered} out of order)` : '';
  return `${shown(medianOf(row.cpuUs))}${latency}${faults}`;
}
