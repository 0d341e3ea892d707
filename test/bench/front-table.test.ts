// The front table takes the numbers of a run, and keeps the rows that a run did not play in whole.
import t from 'tap';
import { withFrontTable } from '../../bench/lib/front-table.ts';

const [begin, end] = ['<!-- front table of npm run bench -->', '<!-- end of the front table -->'];
const none = { ours: Number.NaN, theirs: Number.NaN, ratio: Number.NaN };
const head = '| | Viaduct | Mosquitto | times less |\n|---|---:|---:|---:|';
const pair = '| QoS 1 and QoS 2, window 100 | 1, 2 | 3, 4 | 3, 2 |';

t.test('a row that was played takes its numbers, one of which half was played stays as it was', async (t) => {
  const file = `a\n${begin}\n\n${head}\n| QoS 0, 64 B, one to one | 9 | 9 | 1 |\n${pair}\n\n${end}\nb\n`;
  const written = withFrontTable(file, (name) =>
    name === 'q0' || name === 'q1' ? { ours: 0.05, theirs: 4.5, ratio: 90 } : none,
  );
  t.equal(written, `a\n${begin}\n\n${head}\n| QoS 0, 64 B, one to one | 0.05 | 4.5 | 90 |\n${pair}\n\n${end}\nb\n`);
});

t.test('a file without a place for the front table is an error', async (t) => {
  t.throws(() => withFrontTable('a\n', () => none), /no place/);
});
