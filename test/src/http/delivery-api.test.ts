// Messages of bridges over the API: what waits, dead letters, and what is refused.
import t from 'tap';
import { WebKit, webSection } from '../../kit/web.ts';

const config = `${webSection}
bridges.mqtt.site {
  server = "mqtt-tcp://10.0.0.2:1884"
  clientid = edge
  forwards = [ { local_topic = "a/#", remote_topic = "far/#" } ]
}
bridges.mqtt.away { enable = false, server = "mqtt-tcp://10.0.0.3:1884", clientid = edge2 }`;

t.test('what waits is told in pages, taken out, edited and queued again', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  for (const topic of ['a/1', 'a/2', 'a/3']) {
    await kit.call('POST /api/v1/publish', { topic, payload: `of ${topic}`, qos: 1, contentType: 'text' });
  }
  const base = '/api/v1/bridges/site';
  t.match(await kit.call(`GET ${base}/queue?limit=2`), {
    status: 200,
    body: {
      messages: [{ sequence: 1, topic: 'far/1', rule: 'a/#', qos: 1, size: 6, isUnderway: false }, { sequence: 2 }],
      next: 3,
      depth: 3,
    },
  });
  t.match((await kit.call(`GET ${base}/queue?from=3&topic=3`)).body, { messages: [{ sequence: 3 }], next: undefined });
  t.match((await kit.call(`GET ${base}/queue/2`)).body, { payload: { data: 'of a/2' }, contentType: 'text' });
  t.match(await kit.call(`GET ${base}/queue/9`), { status: 404, body: { path: 'sequence' } });
  t.match(await kit.call(`DELETE ${base}/queue/1`), { status: 204 });
  t.match(await kit.call(`DELETE ${base}/queue/1`), { status: 404 });
  t.match(await kit.call(`POST ${base}/queue/2/set-aside`), { status: 200, body: { id: 1 } });
  t.match((await kit.call(`GET ${base}/dead-letters?reason=operator&topic=far`)).body, {
    total: 1,
    items: [{ id: 1, reason: 'operator', originalTopic: 'a/2', topic: 'far/2' }],
  });
  t.match((await kit.call(`GET ${base}/dead-letters?reason=poison`)).body, { total: 0 });
  t.match(await kit.call(`PATCH ${base}/dead-letters/1`, { topic: 'x/#' }), { status: 400, body: { path: 'topic' } });
  t.match((await kit.call(`PATCH ${base}/dead-letters/1`, { topic: 'x' })).body, {
    topic: 'x',
    payload: { data: 'of a/2' },
  });
  t.match((await kit.call(`GET ${base}/dead-letters/1`)).body, { topic: 'x' });
  t.match((await kit.call(`POST ${base}/dead-letters/requeue`, { ids: [1, 7] })).body, { done: 1, left: 1 });
  t.match((await kit.call(`GET ${base}/queue`)).body, { messages: [{ sequence: 3 }, { sequence: 4, topic: 'x' }] });
  t.match(await kit.call(`GET ${base}/dead-letters/1`), { status: 404 });
  await kit.call(`POST ${base}/queue/3/set-aside`);
  t.match((await kit.call(`POST ${base}/dead-letters/drop`, { reason: 'other' })).body, { done: 0, left: 0 });
  t.match((await kit.call(`POST ${base}/dead-letters/drop`, {})).body, { done: 1, left: 0 });
  t.match(await kit.call('GET /api/v1/bridges/nobody/queue'), { status: 404 });
  t.match(await kit.call('GET /api/v1/bridges/away/queue'), { status: 409 });
  await kit.close();
});
