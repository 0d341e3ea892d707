// Goals: what Viaduct is to reach, each beside what a run found, as one table: shares of what others cost in the same
// round, and bounds for memory, starts and connects. What was not measured is not in it. What cannot start on a device
// but as the bundle is judged by the bundle, where that was measured. Bounded by the goals.
import { type Scenario, scenarios } from './scenario.ts';
import type { BenchSession } from './session.ts';
import { medianOf, ratioOf, shown } from './statistics.ts';

/** One goal and what was found. */
export interface Verdict {
  readonly what: string;
  readonly goal: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** What is to be at most so much in a table of facts. */
export interface Bound {
  readonly what: string;
  readonly most: number;
  readonly found: number;
}

/** The most memory that a scenario of 64 B may take, in MB. */
const peakMbMax = 65;
/** How many times the latency of Mosquitto ours may be, at the 99th percentile and a fixed rate. */
const latencyTimesMax = 2;

/** All goals that a run can say something about. */
export function verdictsOf(session: BenchSession, bounds: readonly Bound[]): readonly Verdict[] {
  const played = scenarios.filter(({ name }) => session.row(name, 'viaduct') !== undefined);
  const bounded = bounds.filter(({ found }) => Number.isFinite(found));
  return [
    ...played.flatMap((one) => sharesOf(session, one)),
    ...latencyOf(session),
    ...peakOf(session, played),
    ...faultsOf(session, played),
    ...bounded.map(({ what, most, found }) => ({ what, goal: shown(most), found: shown(found), isMet: found <= most })),
  ];
}

/** The lines of their table; none without verdicts. */
export function goalTable(verdicts: readonly Verdict[]): readonly string[] {
  if (verdicts.length === 0) return [];
  const missed = verdicts.filter(({ isMet }) => !isMet).length;
  const rows = verdicts.map(
    ({ what, goal, found, isMet }) => `| ${what} | ${goal} | ${found} | ${isMet ? 'met' : '**missed**'} |`,
  );
  const sum = `${verdicts.length - missed} of ${verdicts.length} met`;
  return ['### goals', '', `| | at most | found | ${sum} |`, '|---|---:|---:|---|', ...rows, ''];
}

function sharesOf(session: BenchSession, { name, title, goal, aedesGoal }: Scenario): readonly Verdict[] {
  const ours = session.row(name, 'viaduct')?.cpuUs ?? [];
  const rivals = [
    ['Mosquitto', goal],
    ['aedes', aedesGoal],
  ] as const;
  return rivals.flatMap(([rival, most]) => {
    const share = ratioOf(ours, session.row(name, rival.toLowerCase())?.cpuUs ?? []);
    if (most === 0 || !Number.isFinite(share)) return [];
    const what = `${name}: ${title}`;
    return [{ what, goal: `${shareOf(most)} of ${rival}`, found: shareOf(share), isMet: share <= most }];
  });
}

function latencyOf(session: BenchSession): readonly Verdict[] {
  const [ours, theirs] = ['viaduct', 'mosquitto'].map((peer) => session.row('lat_1k', peer)?.p99Ms ?? []);
  const times = ratioOf(ours ?? [], theirs ?? []);
  if (!Number.isFinite(times)) return [];
  const what = 'lat_1k: p99 at 1,000 messages a second';
  return [{ what, goal: `${latencyTimesMax} of Mosquitto`, found: shown(times), isMet: times <= latencyTimesMax }];
}

function peakOf(session: BenchSession, played: readonly Scenario[]): readonly Verdict[] {
  const small = played.filter(({ size, isTls }) => size === 64 && !isTls);
  const peaks = small.map(({ name }) => ({ name, mb: medianOf(session.row(name, 'viaduct')?.peakMb ?? []) }));
  const [worst] = peaks.filter(({ mb }) => Number.isFinite(mb)).sort((one, other) => other.mb - one.mb);
  if (worst === undefined) return [];
  const what = `peak memory of any scenario of 64 B, MB: ${worst.name}`;
  return [{ what, goal: String(peakMbMax), found: shown(worst.mb), isMet: worst.mb <= peakMbMax }];
}

function faultsOf(session: BenchSession, played: readonly Scenario[]): readonly Verdict[] {
  const rows = played.map(({ name }) => session.row(name, 'viaduct'));
  const lost = rows.reduce((sum, row) => sum + (row?.lost ?? 0), 0);
  const reordered = rows.reduce((sum, row) => sum + (row?.reordered ?? 0), 0);
  if (rows.length === 0) return [];
  const what = 'messages lost; out of order or twice';
  return [{ what, goal: '0; 0', found: `${lost}; ${reordered}`, isMet: lost + reordered === 0 }];
}

/** A share as people say it: a small one as one of so many. */
function shareOf(share: number): string {
  return share < 0.45 ? `1/${shown(1 / share)}` : shown(share);
}
