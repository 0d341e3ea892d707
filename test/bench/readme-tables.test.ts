// Tables of a run take the places of those with their titles in a file, and leave everything else as it is.
import t from 'tap';
import { withTables } from '../../bench/lib/readme-tables.ts';

const [begin, end] = ['<!-- tables of npm run bench -->', '<!-- end of tables -->'];
const file = `# A\n\n${begin}\n\n### one\n\n| 1 |\n\n### two\n\n| 2 |\n\n${end}\n\n### two\n\nby hand\n`;

t.test(
  'a table that was measured again takes its own place, a new one stands at the end, the others stay',
  async (t) => {
    t.equal(
      withTables(file, ['### three', '', '| 3 |', '', '### one', '', '| 11 |', '']),
      `# A\n\n${begin}\n\n### one\n\n| 11 |\n\n### two\n\n| 2 |\n\n### three\n\n| 3 |\n\n${end}\n\n### two\n\nby hand\n`,
    );
  },
);

t.test('the same tables twice are there once', async (t) => {
  const lines = ['### one', '', '| 11 |', ''];
  t.equal(withTables(withTables(file, lines), lines), withTables(file, lines));
});

t.test('a file without a place for tables is an error', async (t) => {
  t.throws(() => withTables('# A\n', ['### one']), /no place/);
});
