// The simulator, the bounded share of every test run: seeds that once failed, a few more, and that a story is the same
// whenever it is told. It runs as a program of its own, which is several times faster than inside of the test runner.
// `npm run sim -- --seeds N` goes on from there.
import { spawnSync } from 'node:child_process';
import t from 'tap';

const run = (program: string, ...flags: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`build/test/sim/${program}.js`, ...flags], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return status === 0 ? 'all is well' : `${stdout}${stderr}`;
};

t.test('seeds that once failed do not', async (t) => {
  t.equal(run('run', '--fast', '--stored'), 'all is well');
});

t.test('whatever breaks, promises are kept, books balance, and the world comes to rest', async (t) => {
  t.equal(run('run', '--fast', '--seeds', '40'), 'all is well');
});

t.test('with a journal crashes cost nothing: no loss, no double at QoS 2, no other order', async (t) => {
  t.equal(run('run', '--fast', '--durability', 'synced', '--seeds', '12'), 'all is well');
});

t.test('a story is the same whenever it is told', async (t) => {
  t.equal(run('run', '--fast', '--twice', '--seeds', '3'), 'all is well');
});

t.test('what NanoMQ fails at after outages, frozen remotes and bursts goes right', async (t) => {
  t.equal(run('scenarios'), 'all is well');
});

// every byte: `node build/test/sim/every-byte.js`, of clients in CI
t.test('an exchange of 200 packets goes on where it was, at whatever byte it was cut', async (t) => {
  t.equal(run('every-byte', '--lines', 'client', '--stride', '11'), 'all is well');
});

t.test('so does one over a bridge, both ways at once, with one lane and with two', async (t) => {
  t.equal(run('every-byte', '--lines', 'bridge', '--stride', '149'), 'all is well');
});

t.test('the same exchange goes on from the journal, where the broker went down at that byte', async (t) => {
  t.equal(run('every-byte', '--crash', 'power', '--stride', '97'), 'all is well');
});
