// The bench as a user runs it: one short scenario against the broker alone, with its table and its files.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';

const run = promisify(execFile);

t.test('a scenario is played, nothing is lost in it, and the table and the chart are written', async (t) => {
  const args = ['build/bench/run.js', '--scenario', 'q0', '--peer', 'viaduct', '--runs', '1', '--seconds', '0.2'];
  const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
  t.match(stdout, /round 1\/1 {2}q0 +viaduct +[\d.]+ us\/msg/);
  t.match(stdout, /q0: QoS 0, 64 B, one to one +[\d.]+ /, 'aligned for a terminal');
  t.match(readFileSync('build/bench/results.md', 'utf8'), /\| q0: QoS 0, 64 B, one to one \| [\d.]+ \|/);
  const results: { readonly rows: readonly object[] } = JSON.parse(readFileSync('build/bench/results.json', 'utf8'));
  t.match(results.rows, [{ scenario: 'q0', peer: 'viaduct', lost: 0, reordered: 0 }]);
  t.ok(existsSync('build/bench/floods.svg'));
});
