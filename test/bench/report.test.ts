// What a run tells: how far it is, tables that people can read on a terminal, and which goals were met.
import t from 'tap';
import { alignedTables } from '../../bench/lib/aligned.ts';
import { boundsOf, factTable } from '../../bench/lib/fact-table.ts';
import { goalTable, verdictsOf } from '../../bench/lib/goals.ts';
import { clockOf, Progress } from '../../bench/lib/progress.ts';
import { scenarios } from '../../bench/lib/scenario.ts';
import { BenchSession, type Row } from '../../bench/lib/session.ts';
import { trafficReports } from '../../bench/lib/traffic-report.ts';

function rowOf(scenario: string, peer: string, more: Partial<Row>): Row {
  return { scenario, peer, cpuUs: [], perSecond: [], peakMb: [], p50Ms: [], p99Ms: [], lost: 0, reordered: 0, ...more };
}

function sessionWith(...rows: readonly Row[]): BenchSession {
  const session = new BenchSession([], { rounds: 1, seconds: 1 });
  for (const row of rows) session.rows.set(`${row.scenario} ${row.peer}`, row);
  return session;
}

t.test('progress is what was planned, and what is left follows from how long it really took', async (t) => {
  const began = 1000;
  const progress = new Progress(100, began);
  t.match(progress.line('a', began), /^░{20} {3}0 % {2} 1:40 left {2}a$/);
  progress.passed(25);
  t.match(progress.line('b', began + 50_000), /^█{5}░{15} {2}25 % {2} 2:30 left {2}b$/);
  progress.passed(200);
  t.match(progress.line('c', began + 60_000), /^█{20} 100 % {2} 0:00 left {2}c$/);
  t.equal(clockOf(-1), ' 0:00');
});

t.test('tables have columns as wide as their cells, numbers to the right; other lines stay', async (t) => {
  const lines = ['# a', '| | one | n |', '|---|---|---:|', '| first | x | 1.5 |', '| 2 | long one | 10 |', '', 'b | c'];
  t.same(alignedTables(lines), [
    '# a',
    '       one         n',
    '─────  ────────  ───',
    'first  x         1.5',
    '2      long one   10',
    '',
    'b | c',
  ]);
});

t.test('goals are judged by medians of shares within rounds, each rival by its own', async (t) => {
  const session = sessionWith(
    rowOf('q0', 'viaduct', { cpuUs: [0.05, 0.1, 0.05], peakMb: [60, 70, 66] }),
    rowOf('q0', 'mosquitto', { cpuUs: [5, 10, 5] }),
    rowOf('q0', 'aedes', { cpuUs: [4, 8, 4] }),
    rowOf('lat_1k', 'viaduct', { cpuUs: [30], p99Ms: [0.4], peakMb: [50], lost: 1 }),
    rowOf('lat_1k', 'mosquitto', { cpuUs: [30], p99Ms: [0.1] }),
  );
  const bound = { what: 'idle', most: 10, found: 9.5 };
  const verdicts = verdictsOf(session, [bound, { ...bound, what: 'unknown', found: Number.NaN }]);
  t.same(
    verdicts.map(({ what, goal, found, isMet }) => [what, goal, found, isMet]),
    [
      ['q0: QoS 0, 64 B, one to one', '1/50 of Mosquitto', '1/100', true],
      ['q0: QoS 0, 64 B, one to one', '1/100 of aedes', '1/80', false],
      ['lat_1k: QoS 0, 1,000 messages a second', '1.5 of Mosquitto', '1', true],
      ['lat_1k: p99 at 1,000 messages a second', '2 of Mosquitto', '4', false],
      ['peak memory of any scenario of 64 B, MB: q0', '65', '66', false],
      ['messages lost; out of order or twice', '0; 0', '1; 0', false],
      ['idle', '10', '9.5', true],
    ],
  );
  t.match(goalTable(verdicts).join('\n'), /found \| 3 of 7 met \|.*\| idle \| 10 \| 9.5 \| met \|/s);
  t.same(goalTable([]), []);
});

t.test('the bundle is what facts are judged by, where it was measured', async (t) => {
  const facts = [['idle', 'mb', 10] as const, ['other', 'us'] as const];
  const results = new Map([
    ['viaduct', [{ mb: 15, us: 1 }]],
    ['bundle', [{ mb: 9, us: 2 }]],
  ]);
  t.same(boundsOf(facts, results), [{ what: 'idle', most: 10, found: 9 }]);
  t.match(factTable('a', facts, results).join('\n'), /\| idle \| 15 \| 9 \| 10 met \|/);
  t.match(factTable('a', facts, new Map([['viaduct', [{ mb: 15, us: 1 }]]])).join('\n'), /10 \*\*missed\*\* \|/);
});

t.test('a family of which all was played is whole, and faults stand beside the number', async (t) => {
  const session = sessionWith(
    rowOf('q1', 'viaduct', { cpuUs: [0.5], lost: 2 }),
    rowOf('q1', 'mosquitto', { cpuUs: [15] }),
  );
  const acknowledged = scenarios.filter(({ family }) => family === 'QoS 1 and 2');
  const [all] = trafficReports(session, acknowledged, ['viaduct', 'mosquitto']);
  t.equal(all?.isWhole, true);
  t.match(all?.table.join('\n'), /\| q1: QoS 1, window 100 \| 0.5 \(2 lost, 0 out of order\) \| 15 \| 30 \| 28 met \|/);
  const [part] = trafficReports(session, acknowledged.slice(1), ['viaduct']);
  t.equal(part?.isWhole, false);
  t.match(part?.chart, /<svg/);
});
