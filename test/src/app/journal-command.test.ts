// `viaduct journal` on a journal that is whole, damaged, in use, encrypted, and on a directory that has none: what it
// says, and with which exit code.
import t from 'tap';
import { bytesOfText, joinBytes } from '../../../protocol/wire/bytes.ts';
import { encodePacket } from '../../../protocol/wire/codec.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { type CommandIo, ExitCode } from '../../../src/app/commands/command-io.ts';
import { journal } from '../../../src/app/commands/journal.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { RecordType } from '../../../src/journal/record.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Storage } from '../../../src/queue/storage.ts';
import { writeMessage } from '../../../src/queue/stored-message.ts';
import { writeStoredRun } from '../../../src/queue/stored-run.ts';
import { Chance } from '../../kit/chance.ts';
import { publishOf, World } from '../../kit/world.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

const origin = new Origin('device', 'd');
const segment = 'data/0000000001.seg';
const keys = { right: 'ab'.repeat(32), wrong: 'cd'.repeat(32) };

/** A directory with a journal of three messages, and a terminal. */
class Shell {
  readonly world = new World();
  readonly disk = new FaultyDisk(new Chance(1));
  readonly out: string[] = [];
  readonly complaints: string[] = [];
  environment: Readonly<Record<string, string>> = {};

  get #ports() {
    return { ...this.world.ports, disk: this.disk };
  }

  open(key?: string): Promise<Journal> {
    const more = key === undefined ? {} : { key: Buffer.from(key, 'hex') };
    return Journal.open(this.#ports, { directory: 'data', reserveBytes: 0, ...more });
  }

  async fill(key?: string): Promise<Journal> {
    const opened = await this.settled(this.open(key));
    const storage = new Storage(opened, this.world.clock);
    const stream = opened.log('bridge/cloud');
    for (const text of ['one', 'two', 'three']) {
      const message = new Message({ topic: 'a/b', payload: bytesOfText(text), qos: 1, retain: false, origin });
      const bytes = stream.begin(1, 100);
      stream.end(writeMessage(bytes, stream.at, { message, tags: [] }, storage.clock) - stream.at);
    }
    await this.settled(opened.flush());
    return opened;
  }

  /** Runs a command on the directory. Returns its exit code, or the code of its error. */
  async run(...args: readonly string[]): Promise<number | string> {
    this.out.length = 0;
    this.complaints.length = 0;
    const io: CommandIo = {
      ports: this.#ports,
      environment: this.environment,
      hostname: 'site',
      isTerminal: true,
      signal: new AbortController().signal,
      write: (text) => void this.out.push(String(text)),
      complain: (line) => void this.complaints.push(line),
      input: (async function* () {})(),
      onReload: () => undefined,
    };
    return this.settled(journal.run(args, io)).catch((error: { code: string }) => error.code);
  }

  get text(): string {
    return this.out.join('');
  }

  async settled<Result>(promise: Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = promise.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    for (let round = 0; round < 200 && !isDone; round++) await this.world.clock.advance(10);
    return done;
  }
}

async function filled(key?: string): Promise<Shell> {
  const shell = new Shell();
  const opened = await shell.fill(key);
  await shell.settled(opened.close());
  return shell;
}

t.test('a whole journal is looked at, checked, written out and made small', async (t) => {
  const shell = await filled();
  t.equal(await shell.run('inspect', 'data'), ExitCode.done);
  t.match(shell.text, /^data: 1 segment, .* is needed\n/);
  t.match(shell.text, /bridge\/cloud +messages +3 /);
  t.equal(await shell.run('verify', 'data'), ExitCode.done);
  t.match(shell.text, /records, no damage\n/);
  t.equal(await shell.run('export', 'data'), ExitCode.done);
  const lines = shell.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(lines, [
    { stream: 'bridge/cloud', sequence: 1, topic: 'a/b', qos: 1, payload: 'one' },
    { payload: 'two' },
    { payload: 'three' },
  ]);
  t.equal(await shell.run('compact', 'data'), ExitCode.done);
  t.match(shell.text, /^data: .* -> .*\n$/);
  t.same(shell.complaints, []);
  t.equal(await shell.run('export', 'data'), ExitCode.done);
  t.equal(shell.text.trim().split('\n').length, 3, 'nothing is lost by it');
});

t.test('what waits of a run is exported message by message', async (t) => {
  const shell = new Shell();
  const opened = await shell.fill();
  const frames = ['four', 'five', 'six'].map((text) =>
    encodePacket(publishOf('a/run', text, { qos: 1, packetId: 9 }), ProtocolVersion.v311),
  );
  const stream = opened.log('bridge/cloud');
  const run = { frames: joinBytes(frames), version: ProtocolVersion.v311, qos: 1, tags: [] } as const;
  const bytes = stream.begin(3, 200);
  stream.end(writeStoredRun(bytes, stream.at, run) - stream.at, RecordType.run);
  stream.settle(5);
  await shell.settled(opened.close());
  t.equal(await shell.run('export', 'data'), ExitCode.done);
  const lines = shell.text.trim().split('\n');
  t.match(
    lines.slice(3).map((line) => JSON.parse(line)),
    [
      { stream: 'bridge/cloud', sequence: 4, topic: 'a/run', qos: 1, payload: 'four' },
      { sequence: 6, payload: 'six' },
    ],
  );
  t.equal(lines.length, 5);
});

t.test('damage is told with file and offset, and by every action that leaves something out', async (t) => {
  const shell = await filled();
  const file = await shell.disk.open(segment, 'read');
  shell.disk.flipBit(segment, (await file.read(0, file.size)).indexOf('two'));
  t.equal(await shell.run('inspect', 'data'), ExitCode.done);
  t.match(shell.text, /1 damaged place: viaduct journal verify data/);
  t.equal(await shell.run('verify', 'data'), ExitCode.failed);
  t.match(shell.text, /^data\/0000000001\.seg at \d+, \d+ bytes: /);
  t.equal(await shell.run('export', 'data'), ExitCode.failed);
  t.equal(shell.text.trim().split('\n').length, 2);
  t.same(shell.complaints, ['1 damaged place left out: viaduct journal verify data']);
  t.equal(await shell.run('compact', 'data'), ExitCode.done);
  t.same(shell.complaints, ['1 damaged record aside: data/quarantine.jsonl']);
  t.equal(await shell.run('verify', 'data'), ExitCode.done);
  t.equal(await shell.run('inspect', 'data'), ExitCode.done);
  t.match(shell.text, /1 damaged record aside: data\/quarantine\.jsonl/);
});

t.test('a journal in use is read beside its process, and not changed', async (t) => {
  const shell = new Shell();
  const opened = await shell.fill();
  for (const action of ['inspect', 'verify', 'export']) t.equal(await shell.run(action, 'data'), ExitCode.done, action);
  t.equal(await shell.run('compact', 'data'), 'ERR_STORAGE_LOCKED');
  await shell.settled(opened.close());
});

t.test('an encrypted journal is for who has its key, by file or environment', async (t) => {
  const shell = await filled(keys.right);
  await shell.disk.replaceText('wrong', `${keys.wrong}\n`);
  await shell.disk.replaceText('right', `${keys.right}\n`);
  await shell.disk.replaceText('none', 'a word');
  for (const action of ['inspect', 'verify', 'export', 'compact']) {
    t.equal(await shell.run(action, 'data'), 'ERR_STORAGE_KEY', `${action} without a key`);
    t.equal(await shell.run(action, 'data', '--key', 'wrong'), 'ERR_STORAGE_KEY', `${action} with another`);
    t.equal(await shell.run(action, 'data', '--key', 'none'), 'ERR_USAGE_JOURNAL_KEY');
    t.equal(await shell.run(action, 'data', '--key', 'right'), ExitCode.done);
    if (action === 'inspect') t.match(shell.text, /is needed, encrypted\n/);
    if (action === 'export') t.match(shell.text, /"payload":"two"/);
  }
  shell.environment = { VIADUCT_JOURNAL_KEY: keys.right };
  t.equal(await shell.run('verify', 'data'), ExitCode.done);
});

t.test('a directory that is none, or has no journal, is an error and stays as it is', async (t) => {
  const shell = await filled();
  await shell.disk.replaceText('other/notes', 'mine');
  for (const action of ['inspect', 'verify', 'export', 'compact']) {
    for (const directory of ['missing', 'other']) {
      t.equal(await shell.run(action, directory), 'ERR_STORAGE_NO_JOURNAL', `${action} ${directory}`);
    }
    t.equal(await shell.run(action, 'data', 'another'), 'ERR_USAGE_FLAG');
  }
  t.equal(await shell.run('polish', 'data'), 'ERR_USAGE_FLAG');
  t.same(await shell.disk.list('missing'), []);
});
