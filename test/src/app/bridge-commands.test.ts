// `viaduct bridge` and its kin on messages, lanes and steps, against an API in memory: what people see, on a terminal
// and elsewhere.
import t from 'tap';
import { bridge } from '../../../src/app/commands/bridge.ts';
import { client } from '../../../src/app/commands/client.ts';
import { config as configCommand } from '../../../src/app/commands/config.ts';
import { status } from '../../../src/app/commands/status.ts';
import { bytesText, tableLines, wrapped } from '../../../src/app/commands/text-table.ts';
import { top } from '../../../src/app/commands/top.ts';
import { Router } from '../../../src/router/router.ts';
import { runApiCommand as run, runOnScreen } from '../../kit/api-command.ts';
import { Remote } from '../../kit/remote.ts';
import { WebKit, webSection } from '../../kit/web.ts';

const config = `${webSection}
bridges.mqtt.site {
  server = "mqtt-tcp://10.0.0.2:1884"
  clientid = edge
  forwards = [ { local_topic = "a/#", remote_topic = "far/#" } ]
}`;

async function waiting(...topics: readonly string[]): Promise<WebKit> {
  const kit = await WebKit.start(config);
  await kit.login();
  for (const topic of topics) {
    await kit.call('POST /api/v1/publish', { topic, payload: `of ${topic}`, qos: 1, contentType: 'text' });
  }
  return kit;
}

t.test('bridge queue lists what waits, shows one message, drops it or sets it aside', async (t) => {
  const kit = await waiting('a/1', 'a/2', 'a/3');
  const list = (await run(kit, bridge, 'queue', 'site', 'limit=2')).split('\n');
  t.match(list, [
    /^3 messages wait, \d+ B$/,
    '',
    /^SEQUENCE +QOS +SIZE +AGE +TOPIC +RULE$/,
    /^ +1 +1 +6 B +\d+ s +far\/1 +a\/#$/,
    /^ +2 /,
    'more with from=3',
  ]);
  t.match(await run(kit, bridge, 'queue', 'site', 'from=3', 'topic=3'), /^ +3 .*far\/3/m);
  t.match(await run(kit, bridge, 'queue', 'site', 'show', '2'), /content type +text\npayload \(text\)\nof a\/2\n$/);
  t.equal(await run(kit, bridge, 'queue', 'site', 'drop', '1'), 'message 1 is dropped\n');
  t.equal(await run(kit, bridge, 'queue', 'site', 'set-aside', '2'), 'message 2 is dead letter 1 now\n');
  t.match(await run(kit, bridge, 'queue', 'site'), /^1 message waits, /);
  t.match(await run(kit, bridge, 'queue', 'site', '--json'), /^\{"messages":\[\{.*"sequence":3,/);
  await t.rejects(run(kit, bridge, 'queue', 'site', 'show', '9'), { message: /9/ });
  await t.rejects(run(kit, bridge, 'queue', 'site', 'eat', '9'), { message: /expected show, drop or set-aside/ });
  await t.rejects(run(kit, bridge, 'queue', 'site', 'size=1'), { code: 'ERR_USAGE_FLAG' });
  await t.rejects(run(kit, bridge, 'queue', 'nobody'), { message: /there is no bridge nobody/ });
  await kit.close();
});

t.test('bridge dead-letters lists them, gives one another topic, and requeues or drops them', async (t) => {
  const kit = await waiting('a/1', 'a/2', 'a/3');
  t.equal(await run(kit, bridge, 'dead-letters', 'site'), '0 dead letters\n');
  for (const sequence of ['1', '2', '3']) await run(kit, bridge, 'queue', 'site', 'set-aside', sequence);
  t.match((await run(kit, bridge, 'dead-letters', 'site', 'reason=operator')).split('\n'), [
    '3 dead letters',
    '',
    /^ID +TIME +REASON +QOS +SIZE +TOPIC +FROM +RULE$/,
    /^ 1 +20\S+ \S+Z +operator +1 +6 B +far\/1 +a\/1 +a\/#$/,
  ]);
  t.match(await run(kit, bridge, 'dead-letters', 'site', 'show', '2'), /payload \(text\)\nof a\/2\n$/);
  t.match(await run(kit, bridge, 'dead-letters', 'site', 'topic', '2', 'elsewhere'), / elsewhere /);
  t.equal(await run(kit, bridge, 'dead-letters', 'site', 'requeue', '2', '7'), '1 done, 1 left\n');
  t.match(await run(kit, bridge, 'queue', 'site'), /elsewhere/);
  t.equal(await run(kit, bridge, 'dead-letters', 'site', 'drop', 'all'), '2 done, 0 left\n');
  await t.rejects(run(kit, bridge, 'dead-letters', 'site', 'drop'), { message: /numbers of dead letters are needed/ });
  await t.rejects(run(kit, bridge, 'dead-letters', 'site', 'drop', 'x'), { message: /expected the number/ });
  await t.rejects(run(kit, bridge, 'dead-letters', 'site', 'topic', '1'), { message: /the new topic is needed/ });
  await kit.close();
});

t.test('bridge test tells each step, what can be done, and fails with exit code 1', async (t) => {
  const kit = await waiting();
  const failed = await run(kit, bridge, 'test', 'site');
  t.match(failed, /^failed +tcp +\d+ ms {2}\S/m);
  t.match(failed, /\nit does not work\nexit 1$/);
  await kit.world.openBroker({}, 1884, new Router());
  const worked = await runOnScreen(kit, 80, bridge, ['test', 'site']);
  t.ok(worked.includes('\u001b[32mok      \u001b[0m tcp '), 'green');
  t.match(worked, /everything works/);
  t.match(await run(kit, bridge, 'test', 'site', '--json'), /^\{"isOk":true,"steps":\[\{"name":"clock"/);
  await t.rejects(run(kit, bridge, 'test', 'nobody'), { message: /nobody/ });
  await kit.close();
});

t.test('bridge show has rules with their accounts, lanes, and the bytes of the connections', async (t) => {
  const kit = await WebKit.start(config.replace('clientid = edge', 'clientid = edge, max_parallel_processes = 2'));
  await new Remote().open(kit.world, 5, 1884);
  await kit.login();
  await kit.world.clock.advance(5000);
  await kit.call('POST /api/v1/publish', { topic: 'a/1', payload: 'x'.repeat(2000), qos: 0 });
  await kit.world.clock.settle();
  const shown = await run(kit, bridge, 'show', 'site');
  t.match(shown, /^connected \d times, 2\.\d kB sent, \d+ B received$/m);
  t.match(shown, /^WAY +CAME +DELIVERED +QUEUED +DROPPED +PAYLOAD +RULE$/m);
  t.match(shown, /^out +1 +1 +0 +0 +2\.0 kB +a\/# -> far\/#$/m);
  t.match(shown, /^LANE +STATE +QUEUE +UNDERWAY +DELIVERED +SENT +RECEIVED +CLIENT ID$/m);
  t.match(shown, /^2 +connected +0 .* B +edge-2$/m);
  t.match(shown, /"clientid": "edge"/);
  await kit.close();
});

t.test('commands that change something say what they did', async (t) => {
  const kit = await waiting();
  t.equal(await run(kit, bridge, 'pause', 'site'), 'site is paused: messages wait in its queue\n');
  t.equal(await run(kit, bridge, 'resume', 'site'), 'site sends again\n');
  const device = await kit.world.dial(5);
  await device.connect('pump-1');
  await kit.world.clock.settle();
  t.match(await run(kit, client, 'list'), /^CLIENT +STATE .*\npump-1 +connected /);
  t.equal(await run(kit, client, 'kick', 'pump-1'), 'pump-1 is disconnected and its session forgotten\n');
  t.equal(await run(kit, configCommand, 'history'), 'no changes yet\n');
  await kit.change('POST /api/v1/config/apply', { changes: { log: { level: 'warn' } }, confirmWithinS: 60 });
  t.equal(await run(kit, configCommand, 'confirm'), 'the change stays\n');
  await kit.close();
});

t.test('on a narrow terminal rows stay lines, sentences are wrapped, and top has no more rows than it', async (t) => {
  const many = Array.from({ length: 40 }, (_, index) => {
    const server = `server = "mqtt-tcp://a-server-with-a-long-name-${index}.example:1884"`;
    return `bridges.mqtt.site${index} { ${server}, clientid = edge${index} }`;
  });
  const kit = await WebKit.start([config, ...many].join('\n'));
  await kit.login();
  await kit.world.clock.advance(100);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
  const plain = (text: string): readonly string[] => text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '').split('\n');
  for (const columns of [20, 30, 47, 80, 140]) {
    for (const command of [status, top]) {
      const lines = plain(await runOnScreen(kit, columns, command, []));
      t.ok(Math.max(...lines.map((line) => line.length)) <= columns, `${command.name} in ${columns} columns`);
      if (command === top) t.ok(lines.length <= 24, 'top fits');
    }
  }
  t.strictSame(wrapped('one two three four five', '  ', { isTerminal: true, columns: 22 }), [
    '  one two three four',
    '  five',
  ]);
  const narrow = { isTerminal: false, columns: 12 };
  t.strictSame(tableLines([{ name: 'A' }, { name: 'TOPIC' }], [['1', 'a/long/topic']], narrow), [
    'A  TOPIC',
    '1  a/long/t…',
  ]);
  t.equal(bytesText(1_530_000), '1.5 MB');
  await kit.close();
});
