// `viaduct passwd` on a disk in memory: adding, changing and removing users; what it refuses; and that a broker's
// configuration reads what it wrote.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { type CommandIo, ExitCode } from '../../../src/app/commands/command-io.ts';
import { passwd } from '../../../src/app/commands/passwd.ts';
import { ConfigError, UsageError } from '../../../src/base/errors.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { NodeRandom } from '../../../src/ports/node-random.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { World } from '../../kit/world.ts';

async function* typed(chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield bytesOfText(chunk);
}

/** Runs the command. `typing` comes from a terminal where `hidden` is given. */
function run(disk: MemoryDisk, args: readonly string[], typing: readonly string[] = [], hidden?: boolean[]) {
  const io: CommandIo = {
    ports: { ...new World().ports, disk, random: new NodeRandom() },
    environment: {},
    hostname: 'site',
    isTerminal: false,
    signal: new AbortController().signal,
    write: () => undefined,
    complain: () => undefined,
    input: typed(typing),
    ...(hidden === undefined ? {} : { terminal: { hide: (isHidden) => void hidden.push(isHidden) } }),
    onReload: () => undefined,
  };
  return passwd.run(args, io);
}

function names(disk: MemoryDisk): readonly string[] {
  return (disk.files.get('users') ?? '').split('\n').map((line) => line.replace(/(:\$[a-z0-9-]+)\$.*/, '$1'));
}

t.test('users are added, changed and removed; what else stands in the file stays', async (t) => {
  const disk = new MemoryDisk({ users: '# ours\nold:$6$c2FsdA==$x\n' });
  t.equal(await run(disk, ['-b', 'users', 'gw', 'p1']), ExitCode.done);
  await run(disk, ['-b', '--scram', 'users', 'sensor', 'p2']);
  t.same(names(disk), ['# ours', 'old:$6', 'gw:$scrypt', 'sensor:$scram-sha-256', '']);
  const before = disk.files.get('users');
  await run(disk, ['-b', 'users', 'gw', 'p1']);
  t.not(disk.files.get('users'), before, 'another salt');
  await run(disk, ['-D', 'users', 'old']);
  t.same(names(disk), ['# ours', 'gw:$scrypt', 'sensor:$scram-sha-256', '']);
  await run(disk, ['-c', '-b', 'users', 'only', 'p']);
  t.same(names(disk), ['only:$scrypt', '']);
});

t.test('a password is the first line of the input, or typed on a terminal that shows nothing', async (t) => {
  const disk = new MemoryDisk();
  await run(disk, ['-c', 'users', 'a'], ['fro', 'm a pipe\nmore\n']);
  t.same(names(disk), ['a:$scrypt', '']);
  const hidden: boolean[] = [];
  await run(disk, ['users', 'b'], ['sx', '\u007f3cret\r'], hidden);
  t.same(names(disk), ['a:$scrypt', 'b:$scrypt', '']);
  t.same(hidden, [true, false], 'the terminal shows again what is typed');
  await t.rejects(run(disk, ['users', 'c'], ['half\u0003'], hidden), UsageError, 'Ctrl-C');
  t.equal(hidden.length, 4);
  await t.rejects(run(disk, ['users', 'c'], []), UsageError, 'nothing came');
});

t.test('what cannot be done is said, and the file stays', async (t) => {
  const disk = new MemoryDisk({ users: 'a:$6$c2FsdA==$x\n' });
  for (const [args, reason] of [
    [[], /a file and a user/],
    [['users'], /a file and a user/],
    [['-b', 'users', 'a'], /behind the user/],
    [['users', 'a', 'p'], /too many/],
    [['-b', 'users', 'a:b', 'p'], /colon/],
    [['-b', 'users', '#a', 'p'], /comments/],
    [['-b', 'none', 'a', 'p'], /-c makes a new file/],
    [['-D', 'users', 'b'], /no user b/],
    [['--what'], /Unknown option/],
  ] as const) {
    await t.rejects(run(disk, args), { code: 'ERR_USAGE_FLAG', message: reason }, args.join(' '));
  }
  t.equal(disk.files.get('users'), 'a:$6$c2FsdA==$x\n');
});

t.test('a configuration has the users of its file beside its own, and tells every line that is wrong', async (t) => {
  const text = 'auth { password { a = plain }, password_file = "users", superusers = [a] }';
  const disk = new MemoryDisk({ 'etc/v.conf': text });
  await run(disk, ['-c', '-b', 'etc/users', 'gw', 'p']);
  const load = () => loadConfig({ path: 'etc/v.conf', disk, environment: {}, hostname: 'site' });
  t.match((await load()).config.auth, {
    users: [
      { username: 'a', password: 'plain' },
      { username: 'gw', passwordHash: /^\$scrypt/ },
    ],
    superusers: ['a'],
    verifiedTtlMs: 60_000,
  });
  const gw = disk.files.get('etc/users') ?? '';
  disk.files.set('etc/users', `${gw}\nnonsense\nplain:s3cret\n${gw}`);
  const error: unknown = await load().catch((reason: unknown) => reason);
  t.ok(error instanceof ConfigError);
  const message = error instanceof Error ? error.message : '';
  t.match(message, /etc\/users:3:1: expected a user and a password hash/);
  t.match(message, /etc\/users:4:1: expected a hash: .* for the user plain/);
  t.match(message, /etc\/users:5:1: expected every user once: gw/);
  t.notMatch(message, /s3cret/);
  disk.files.delete('etc/users');
  await t.rejects(load(), {
    code: 'ERR_CONFIG_FILE',
    message: /v.conf:1:\d+: auth.password_file = users: expected a file/,
  });
});
