// The commands that use the API, against an API in memory: what they print, and what they change.
import t from 'tap';
import { api } from '../../../src/app/commands/api.ts';
import { bridge } from '../../../src/app/commands/bridge.ts';
import { client } from '../../../src/app/commands/client.ts';
import { config } from '../../../src/app/commands/config.ts';
import { key } from '../../../src/app/commands/key.ts';
import { ledger } from '../../../src/app/commands/ledger.ts';
import { status } from '../../../src/app/commands/status.ts';
import { latencyLines } from '../../../src/app/commands/status-view.ts';
import { top } from '../../../src/app/commands/top.ts';
import { runApiCommand as run } from '../../kit/api-command.ts';
import { Remote } from '../../kit/remote.ts';
import { WebKit, webSection } from '../../kit/web.ts';

t.test('bridges are added, listed, changed, paused and removed from the command line', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  const rules = 'forwards=[{"local_topic":"a/#","remote_topic":"b/#"}]';
  t.match(
    await run(kit, bridge, 'add', 'plant', 'server=mqtt-tcp://10.0.0.1:1884', 'ssl.enable=false', rules),
    /bridges\.mqtt\.plant\.server = "mqtt-tcp/,
  );
  t.match(await run(kit, bridge, 'list'), /^BRIDGE +STATE .*REMOTE\nplant +\w+ .*mqtt-tcp:\/\/10\.0\.0\.1:1884/);
  t.match(await run(kit, bridge, 'set', 'plant', 'keepalive=30s', 'ssl='), /keepalive = "30s"/);
  t.match(await run(kit, bridge, 'show', 'plant'), /"keepalive": "30s"/);
  t.notMatch(await run(kit, bridge, 'show', 'plant'), /ssl/);
  await run(kit, bridge, 'pause', 'plant');
  t.match(await run(kit, bridge, 'list'), /^plant +paused/m);
  await run(kit, bridge, 'resume', 'plant');
  t.match(await run(kit, bridge, 'disable', 'plant'), /enable = "false"/);
  t.match(await run(kit, bridge, 'remove', 'plant', '--json'), /"historyId":4/);
  t.equal(await run(kit, bridge, 'list'), 'no bridges\n');
  await t.rejects(run(kit, bridge, 'show', 'plant'), { message: /there is no bridge plant/ });
  await t.rejects(run(kit, bridge, 'set', 'plant', 'x'), { code: 'ERR_USAGE_FLAG' });
  await kit.close();
});

t.test('status, top, devices and the configuration are told as text or as JSON', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  t.match(await run(kit, status), /^viaduct .* on gateway, up .*\ndevices 0 of 0 sessions/);
  t.match(await run(kit, status, '--json'), /^\{"version":/);
  t.ok((await run(kit, top)).startsWith('\u001b[H'), 'drawn in its place');
  t.equal(await run(kit, client, 'list'), 'no clients\n');
  await t.rejects(run(kit, client, 'kick', 'nobody'), { message: /there is no client nobody/ });
  t.match(await run(kit, config, 'show'), /http_server\.password = \*\*\* {2}# \/etc\/viaduct\.conf:3/);
  await kit.change('POST /api/v1/config/apply', { changes: { log: { level: 'warn' } }, note: 'quieter' });
  t.match(await run(kit, config, 'diff'), /^log\.level = warn {2}# .*overrides\.json/);
  t.match(await run(kit, config, 'history'), /^ID {2}TIME.*\n 1 {2}20\S+ \S+Z {2}admin {2}quieter\n$/);
  await kit.change('POST /api/v1/config/apply', { changes: { log: { level: 'error' } } });
  t.match(await run(kit, config, 'rollback', '1'), /changed log\.level/);
  await t.rejects(run(kit, config, 'rollback'), { message: /nothing waits/ });
  kit.token = 'wrong';
  await t.rejects(run(kit, status), { code: 'ERR_HTTP_UNAUTHENTICATED' });
  await kit.close();
});

t.test('what became of messages is told by topic and outcome', async (t) => {
  const kit = await WebKit.start(`${webSection}
bridges.mqtt.site {
  server = "mqtt-tcp://10.0.0.2:1884", clientid = edge, retry_qos_0 = true
  ledger { size = 10 }, trace { start = true }
  forwards = [ { local_topic = "a/#", remote_topic = "far/#" } ]
}
bridges.mqtt.plain { server = "mqtt-tcp://10.0.0.3:1884", clientid = edge }`);
  await kit.login();
  t.notMatch(await run(kit, bridge, 'show', 'site'), /round trip/, 'nothing was measured');
  for (const topic of ['a/b', 'a/c']) await kit.change('POST /api/v1/publish', { topic, payload: 'x', qos: 1 });
  const lines = (await run(kit, ledger, 'site')).trim().split('\n');
  t.match(lines, [/Z {2}queued +a\/b -> far\/b {2}QoS 1, 1 bytes$/, /a\/c -> far\/c/]);
  t.equal((await run(kit, ledger, 'site', 'topic=far/c')).trim().split('\n').length, 1);
  t.equal(await run(kit, ledger, 'site', 'outcome=dropped'), '');
  t.equal(await run(kit, ledger, 'site', 'until=2000-01-01T00:00:00Z'), '');
  t.match(await run(kit, ledger, 'site', '--json'), /"traceId":"[0-9a-f]{32}"/);
  await t.rejects(run(kit, ledger, 'site', 'until=soon'), { code: 'ERR_USAGE_FLAG' });
  await t.rejects(run(kit, ledger, 'site', 'topic=a/#/b'), { message: /expected a topic filter/ });
  await t.rejects(run(kit, ledger, 'plain'), { message: /keeps no ledger: set bridges\.mqtt\.plain\.ledger/ });
  await kit.close();
});

t.test('how long messages take is told as a table', async (t) => {
  const span = (p50: number) => ({ count: 9, p50, p95: p50 * 10 });
  const reply = { latency: { queueWait: span(1), roundTrip: span(50), endToEnd: span(500) } };
  // as: only what is read of it
  t.strictSame(latencyLines(reply as Parameters<typeof latencyLines>[0]), [
    '',
    'AT MOST                 HALF      95 %      99 %',
    'wait in the queue       1 ms     10 ms         -',
    'round trip             50 ms    500 ms         -',
    'in all                500 ms       5 s         -',
  ]);
});

t.test('keys are made, listed and revoked from the command line; one is told once', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  const made = await run(kit, key, 'make', 'grafana', 'viewer');
  t.match(made, /^vk_[\w-]{43}\n$/);
  t.match(await run(kit, key, 'list'), /^grafana +viewer +made 20\d\d-\d\d-\d\d\n$/);
  t.match(await run(kit, key, 'list', '--json'), /"name":"grafana"/);
  t.notMatch(await run(kit, key, 'list', '--json'), /vk_/);
  const admin = kit.token;
  kit.token = made.trim();
  t.match(await run(kit, status), /^viaduct/);
  await t.rejects(run(kit, key, 'list'), { code: 'ERR_HTTP_BAD_REQUEST', message: /role admin/ });
  kit.token = admin;
  t.equal(await run(kit, key, 'revoke', 'grafana'), '');
  kit.token = made.trim();
  await t.rejects(run(kit, status), { code: 'ERR_HTTP_UNAUTHENTICATED' });
  await t.rejects(run(kit, key, 'make', 'x'), { code: 'ERR_USAGE_FLAG' });
  await kit.close();
});

t.test('what was delivered is looked at, counted and delivered again from the command line', async (t) => {
  const kit = await WebKit.start(`${webSection}
data.dir = journal
bridges.mqtt.site {
  server = "mqtt-tcp://127.0.0.1:9000", clientid = edge, replay { keep = 1h }
  forwards = [ { local_topic = "a/#", remote_topic = "" } ]
}
bridges.mqtt.plain { server = "mqtt-tcp://127.0.0.1:9001", clientid = edge2 }`);
  const remote = new Remote();
  await remote.open(kit.world, 5);
  await kit.login();
  await kit.world.clock.advance(3000);
  await kit.change('POST /api/v1/publish', { topic: 'a/1', payload: 'x', qos: 1 });
  t.match(await run(kit, bridge, 'replay', 'site'), /^1 delivered messages are kept, \d+ B, 2023-.*; 0 gone again/);
  t.equal(await run(kit, bridge, 'replay', 'site', 'count', 'from=1h', 'topic=a/#'), '1 messages, 1 bytes\n');
  t.equal(await run(kit, bridge, 'replay', 'site', 'count', 'until=2020-01-01T00:00:00Z'), '0 messages, 0 bytes\n');
  t.match(await run(kit, bridge, 'replay', 'site', 'start', 'rate=5'), /^replay 1 to site: running, 0 %, 0 again/);
  t.equal(remote.published.length, 2);
  t.match(await run(kit, bridge, 'replay', 'site'), /replay 1 to site: done, 100 %, 1 again/);
  t.match(await run(kit, bridge, 'replay', 'plain'), /nothing is kept: set replay/);
  await t.rejects(run(kit, bridge, 'replay', 'site', 'cancel'), { message: /no replay of site is underway/ });
  await t.rejects(run(kit, bridge, 'replay', 'site', 'start', 'from=then'), { message: /expected a time/ });
  await t.rejects(run(kit, bridge, 'replay', 'site', 'start', 'rate=fast'), { message: /expected from=/ });
  await t.rejects(run(kit, bridge, 'replay', 'site', 'go'), { message: /expected count, start or cancel/ });
  await kit.close();
});

t.test('any endpoint is asked from the command line, and all of them are listed', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  t.match(await run(kit, api, 'list'), /^DELETE \/clients\/\{clientid\} +operator +\w/m);
  t.equal((await run(kit, api, 'list', 'Audit')).trim().split('\n').length, 1);
  t.equal(await run(kit, api, 'put', '/acl', '{"rules":[],"noMatch":"deny"}', '--json').then(() => 'done'), 'done');
  t.match(await run(kit, api, 'GET', '/acl'), /^\{\n {2}"rules": \[\],\n {2}"noMatch": "deny"/);
  t.match(await run(kit, api, 'GET', '/audit?limit=1', '--json'), /^\{"items":\[\{.*"action":"PUT \/api\/v1\/acl"/);
  kit.app.log.error({}, 'a disk is full');
  t.match(await run(kit, api, 'GET', '/logs/download?level=error'), /"message": "a disk is full"/);
  await t.rejects(run(kit, api, 'GET', '/users/nobody'), { message: /expected one of|nothing at this path/ });
  await t.rejects(run(kit, api, 'FETCH', '/users'), { code: 'ERR_USAGE_FLAG' });
  await t.rejects(run(kit, api, 'GET', 'users'), { message: /expected a path/ });
  await t.rejects(run(kit, api, 'GET', '/live'), { message: /has no end/ });
  await t.rejects(run(kit, api, 'POST', '/publish', '{'), { message: /the body is no JSON/ });
  await kit.close();
});

t.test('a bridge that is switched off keeps what waits for it, and one that is removed does not', async (t) => {
  const kit = await WebKit.start(`${webSection}
data.dir = journal
bridges.mqtt.site {
  server = "mqtt-tcp://127.0.0.1:9000", clientid = edge, forwards = [ { local_topic = "a/#", remote_topic = "" } ]
}`);
  await kit.login();
  const waiting = (): number => kit.app.bridges.get('site')?.status.queueDepth ?? -1;
  await kit.change('POST /api/v1/publish', { topic: 'a/1', payload: 'x', qos: 1 });
  t.equal(waiting(), 1);
  await run(kit, bridge, 'disable', 'site');
  t.equal(waiting(), -1);
  await run(kit, bridge, 'enable', 'site');
  t.equal(waiting(), 1, 'it goes on where it was');
  const settings = [
    'server=mqtt-tcp://127.0.0.1:9000',
    'clientid=edge',
    'forwards=[{"local_topic":"a/#","remote_topic":""}]',
  ];
  await run(kit, bridge, 'remove', 'site');
  await run(kit, bridge, 'add', 'site', ...settings);
  t.equal(waiting(), 0);
  await kit.change('POST /api/v1/publish', { topic: 'a/1', payload: 'x', qos: 1 });
  await run(kit, bridge, 'disable', 'site');
  await run(kit, bridge, 'remove', 'site');
  await run(kit, bridge, 'add', 'site', ...settings);
  t.equal(waiting(), 0, 'nor does one that was switched off before');
  await kit.close();
});
