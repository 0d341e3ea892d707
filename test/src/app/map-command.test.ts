// `viaduct map`: what is printed for topics of every kind, as lines, as JSON, and on a narrow terminal.
// The rules are the real ones: what is printed is what would happen.
// Nothing is opened.
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import type { CommandIo } from '../../../src/app/commands/command-io.ts';
import { map } from '../../../src/app/commands/map.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { World } from '../../kit/world.ts';

const config = `bridges.mqtt.cloud { server = "mqtt-tcp://h:1", clientid = c
  forwards = [
    { local_topic = "off", remote_topic = "", enable = false }
    { local_topic = "plant/{line}/#", remote_topic = "\${bridge}/{line}/$#", exclude = ["plant/+/debug"], qos_max = 1 }
    { local_topic = "plant/#", remote_topic = "raw/\${payload:id}", retain = 1, user_property { by = "\${clientid}" } }
  ]
  subscription = [ { remote_topic = "cmd/+", local_topic = "" }, { remote_topic = "cmd/#", local_topic = "late/#" } ]
}
bridges.mqtt.history {
  server = "mqtt-tcp://h:2", clientid = d, forwards = [ { local_topic = "plant/#", remote_topic = "" } ]
}`;

async function ran(args: readonly string[], columns?: number) {
  const world = new World();
  const out: string[] = [];
  const io: CommandIo = {
    ports: { ...world.ports, disk: new MemoryDisk({ 'v.conf': config }) },
    environment: {},
    hostname: 'gw',
    isTerminal: columns !== undefined,
    ...(columns === undefined ? {} : { size: () => ({ columns, rows: 20 }) }),
    signal: new AbortController().signal,
    write: (text) => void out.push(String(text)),
    complain: (line) => void out.push(line),
    input: (async function* () {})(),
    onReload: () => undefined,
  };
  const code = await map.run(['v.conf', ...args], io);
  return { code, lines: out.join('').split('\n').slice(0, -1) };
}

t.test(
  'each topic has its rules: what they send, drop and leave out, what takes it from the remote, or none',
  async (t) => {
    const { code, lines } = await ran([
      'plant/7/temp',
      'plant/7/debug',
      'cmd/go',
      'off',
      '-q',
      '2',
      '-i',
      'd',
      '-m',
      '{"id":1}',
    ]);
    t.equal(code, 1, 'some topic is the matter of no rule');
    t.same(lines, [
      '  WAY              RULE            TOPIC          QOS  RETAIN',
      'plant/7/temp',
      '  here -> cloud    forwards.1      cloud/7/temp   1    no',
      '  here -> cloud    forwards.2      raw/1          2    yes     by=d',
      '  here -> history  forwards.0      plant/7/temp   2    no',
      'plant/7/debug',
      '  here -> cloud    forwards.1      -                           left out: exclude plant/+/debug',
      '  here -> cloud    forwards.2      raw/1          2    yes     by=d',
      '  here -> history  forwards.0      plant/7/debug  2    no',
      'cmd/go',
      '  cloud -> here    subscription.0  cmd/go         0    no',
      '  cloud -> here    subscription.1  -                           subscription.0 has taken it',
      'off',
      '  no rule is about it',
    ]);
  },
);

t.test('a reason stands below its line, wrapped, and one side or one bridge may be asked for', async (t) => {
  const dropped = await ran(['plant/7/temp', '--bridge', 'cloud', '--from', 'local'], 48);
  const plain = dropped.lines.map((line) => stripVTControlCharacters(line).trimEnd());
  t.same(plain.slice(3), [
    '  here -> cloud  forwards.2  dropped: bad-topic',
    "      a message on 'plant/7/temp' has no",
    '      ${payload:id}',
  ]);
  t.ok(dropped.lines.at(-1)?.startsWith('\u001b[31m'), 'in red');
  t.same((await ran(['cmd/go', '--from', 'local'])).lines, ['cmd/go', '  no rule is about it']);
  const { code, lines } = await ran(['cmd/go', '--json']);
  t.equal(code, 0);
  t.match(JSON.parse(lines[0] ?? ''), {
    topic: 'cmd/go',
    bridge: 'cloud',
    place: 0,
    result: { topic: 'cmd/go', qos: 0 },
  });
});
