// Score: `npm run spec`. Runs the tests that name statements of the standards and says, by version and section, how
// many statements are proved: named by a test that passed, for each side that they bind, and cited by the product. What
// is missing is listed by id, and the exit code is 1 then. A test that was skipped proves nothing.
import { argv, exit, stdout } from 'node:process';
import { isTest, readTree } from './kit/source-tree.ts';
import { citedByCode, idsOfName, readLedgers } from './kit/spec-ledger.ts';
import { scoreText } from './kit/spec-score.ts';
import { runTests } from './kit/tap-run.ts';

const files = readTree(['src', 'protocol', 'test']);
const tests = files.filter(
  ({ path, text }) => isTest(path) && path !== 'test/tidy.test.ts' && idsOfName(text).length > 0,
);
const isTerminal = stdout.isTTY === true;
const progress = (done: number, path: string): void => {
  if (isTerminal) stdout.write(`\r\u001b[K${done} of ${tests.length}  ${path}`);
};
const { proofs, failures } = await runTests(
  tests.map(({ path }) => path),
  progress,
);
if (isTerminal) stdout.write('\r\u001b[K');
const { text, isComplete } = scoreText(
  readLedgers(),
  { tests: proofs, code: citedByCode(files) },
  {
    isColoured: isTerminal && !argv.includes('--plain'),
    failures,
  },
);
stdout.write(text);
exit(isComplete ? 0 : 1);
