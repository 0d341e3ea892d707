// What is kept of delivered messages and their replay, over the API and from the command line.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Remote } from '../../kit/remote.ts';
import { WebKit, webSection } from '../../kit/web.ts';

const config = `${webSection}
data.dir = journal
bridges.mqtt.site {
  server = "mqtt-tcp://127.0.0.1:9000"
  clientid = edge
  backoff_max = 1s
  replay { keep = 1h, keep_bytes = 1MB }
  forwards = [ { local_topic = "a/+", remote_topic = "far/$1" } ]
}
bridges.mqtt.plain { server = "mqtt-tcp://127.0.0.1:9001", clientid = edge2 }`;
const base = '/api/v1/bridges/site/replay';

t.test('kept messages are counted, delivered again and cancelled over the API', async (t) => {
  const kit = await WebKit.start(config);
  const remote = new Remote();
  await remote.open(kit.world, ProtocolVersion.v5);
  await kit.login();
  const { clock } = kit.world;
  await clock.advance(3000);
  for (const topic of ['a/1', 'a/2', 'a/1']) {
    const published = kit.call('POST /api/v1/publish', { topic, payload: 'x', qos: 1 });
    await clock.advance(100);
    t.match(await published, { status: 200 });
  }
  t.match(await kit.call(`GET ${base}`), {
    status: 200,
    body: { isKeeping: true, ageMsMax: 3_600_000, kept: { count: 3, forgotten: 0 } },
  });
  const counting = kit.call(`POST ${base}`, { topic: 'a/1', isDryRun: true });
  t.same((await counting).body, { preview: { messages: 2, bytes: 2, damaged: 0 } });
  const before = remote.published.length;
  t.match((await kit.call(`POST ${base}`, { topic: 'far/1' })).body, { run: { id: 1, terms: { target: 'site' } } });
  await clock.advance(1000);
  t.same(
    remote.published.slice(before).map(({ topic }) => topic),
    ['far/1', 'far/1'],
  );
  t.match((await kit.call(`GET ${base}`)).body, { run: { state: 'done', share: 1, counts: { queued: 2 } } });
  t.match((await kit.call('GET /metrics')).text, /viaduct_bridge_kept_messages\{bridge="site"\} 3/);
  t.match(await kit.call(`POST ${base}`, { rate: 1 }), { status: 200 });
  await clock.advance(100);
  t.match(await kit.call(`POST ${base}`, {}), { status: 409, body: { message: /underway/ } });
  t.match(await kit.call(`DELETE ${base}`), { status: 204 });
  t.match(await kit.call(`DELETE ${base}`), { status: 409, body: { message: /no replay of site is underway/ } });
  const { body } = await kit.call('GET /api/v1/bridges/site/timeline');
  const events = body as { events: { kind: string }[] }; // as: it is so
  t.equal(events.events.filter(({ kind }) => kind === 'replay').length, 4, 'begun and ended, twice');
  await kit.close();
});

t.test('what cannot be replayed is refused with the reason', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  t.match(await kit.call(`POST ${base}`, { target: 'nobody' }), { status: 400, body: { message: /no bridge nobody/ } });
  t.match(await kit.call(`POST ${base}`, { topic: 'a/#/b' }), {
    status: 400,
    body: { code: 'ERR_USAGE_TOPIC_FILTER' },
  });
  t.match(await kit.call(`POST ${base}`, { from: 2, until: 1 }), { status: 400 });
  t.match(await kit.call(`POST ${base}`, { rate: 0 }), { status: 400, body: { path: 'rate' } });
  t.match(await kit.call('GET /api/v1/bridges/plain/replay'), { status: 200, body: { isKeeping: false } });
  t.match(await kit.call('POST /api/v1/bridges/plain/replay', {}), { status: 409, body: { message: /data\.dir/ } });
  t.match(await kit.call('GET /api/v1/bridges/none/replay'), { status: 404 });
  await kit.close();
});
