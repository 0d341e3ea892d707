// Messages over the API: published, kept, tapped; who subscribes; who may what.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { adminPassword, WebKit, webSection } from '../../kit/web.ts';
import { subscribeOf } from '../../kit/world.ts';

async function opened(more = ''): Promise<WebKit> {
  const kit = await WebKit.start(`${webSection}\n${more}`);
  await kit.login();
  return kit;
}

t.test('a message that is published reaches devices, and a batch keeps its order', async (t) => {
  const kit = await opened();
  const peer = await kit.world.dial(ProtocolVersion.v311);
  await peer.connect('reader');
  peer.send(subscribeOf(1, 1, 'a/#'));
  await peer.received();
  const published = await kit.call('POST /api/v1/publish', { topic: 'a/b', payload: 'hi', qos: 1 });
  t.match(published, { status: 200, body: { topic: 'a/b', reasonCode: 0 } });
  const batch = ['AQI=', 'AwQ='].map((payload) => ({ topic: 'a/c', payload, encoding: 'base64' }));
  t.match(await kit.call('POST /api/v1/publish/batch', batch), { body: [{ reasonCode: 0 }, { reasonCode: 0 }] });
  const payloads = (await peer.received()).map((packet) => ('payload' in packet ? String(packet.payload) : ''));
  t.same(payloads, ['hi', '\u0001\u0002', '\u0003\u0004']);
  t.match(await kit.call('POST /api/v1/publish', { topic: 'a/#' }), { status: 400, body: { path: 'topic' } });
  t.match(await kit.call('POST /api/v1/publish', { topic: '$SYS/x' }), { status: 400 });
  t.match((await kit.call('GET /api/v1/clients?clientid=READ')).body, {
    total: 1,
    items: [{ clientId: 'reader', version: 4, listener: 'tcp.default', subscriptions: 1 }],
  });
  t.match((await kit.call('GET /api/v1/subscriptions?topic=a')).body, {
    items: [{ clientId: 'reader', filter: 'a/#' }],
  });
  t.match((await kit.call('GET /api/v1/topics')).body, {
    levels: [{ level: 'a', hasChildren: true, subscriptionsBelow: 1 }],
  });
  t.match((await kit.call('GET /api/v1/topics?under=a')).body, { levels: [{ path: 'a/#', clients: ['reader'] }] });
  t.match(await kit.call('DELETE /api/v1/clients/reader'), { status: 204 });
  await kit.world.clock.settle();
  t.match(await kit.call('GET /api/v1/clients/reader'), { status: 404 });
  await kit.close();
});

t.test('retained messages are looked at, cut, set and removed', async (t) => {
  const kit = await opened();
  const long = 'é'.repeat(600);
  await kit.call('POST /api/v1/publish', { topic: 'k/long', payload: long, retain: true });
  await kit.call('POST /api/v1/publish', { topic: 'k/raw', payload: '/w==', encoding: 'base64', retain: true });
  t.match((await kit.call('GET /api/v1/retained?filter=k/%23')).body, {
    total: 2,
    items: [
      { topic: 'k/long', size: 1200, payload: { data: 'é'.repeat(512), isCut: true } },
      { topic: 'k/raw', payload: { encoding: 'base64', data: '/w==' } },
    ],
  });
  t.match((await kit.call('GET /api/v1/retained/message?topic=k/long')).body, {
    payload: { data: long, isCut: false },
  });
  t.match(await kit.call('DELETE /api/v1/retained/message?topic=k/long'), { status: 204 });
  t.match(await kit.call('DELETE /api/v1/retained/message?topic=k/long'), { status: 404 });
  await kit.close();
});

t.test('a tap shows what passes, retained messages first, until its page leaves', async (t) => {
  const kit = await opened();
  await kit.call('POST /api/v1/publish', { topic: 't/old', payload: 'old', retain: true });
  const tap = await kit.call('GET /api/v1/tap?filter=t/%23');
  await kit.call('POST /api/v1/publish', { topic: 't/new', payload: 'new' });
  const text = tap.taken();
  t.match(
    text,
    /"topic":"t\/old".*"retain":true.*\n\nevent: message\ndata: .*"topic":"t\/new".*"from":"application:api"/,
  );
  tap.leave();
  await kit.call('POST /api/v1/publish', { topic: 't/new', payload: 'later' });
  t.equal(tap.taken(), '');
  t.equal(kit.app.broker.status.subscriptions, 0);
  t.match(await kit.call('GET /api/v1/tap?filter=$share/g/t'), { status: 400 });
  await kit.close();
});

t.test('roles end where they end: viewers look, operators act, admins change', async (t) => {
  const kit = await opened();
  const password = 'long enough';
  for (const role of ['viewer', 'operator']) {
    t.match(await kit.call('POST /api/v1/users', { username: role, role, password }), { status: 201 });
  }
  const key = await kit.call('POST /api/v1/api-keys', { name: 'ci', role: 'operator' });
  const { key: secret } = key.body as { key: string }; // as: made right before
  const asKey = { headers: { authorization: `Bearer ${secret}` } };
  t.match(await kit.ask('GET /api/v1/status', asKey), { status: 200 });
  t.match(await kit.ask('GET /api/v1/users', asKey), { status: 403, body: { code: 'ERR_HTTP_FORBIDDEN' } });
  t.notMatch((await kit.call('GET /api/v1/api-keys')).text, secret);
  await kit.login('viewer', password);
  t.match(await kit.call('GET /api/v1/status'), { status: 403, body: { code: 'ERR_HTTP_PASSWORD_EXPIRED' } });
  await kit.call('POST /api/v1/session/password', { oldPassword: password, newPassword: 'another one' });
  t.match(await kit.call('GET /api/v1/status'), { status: 200 });
  t.match(await kit.call('POST /api/v1/publish', { topic: 'a' }), { status: 403 });
  await kit.login('admin', adminPassword);
  t.match(await kit.call('DELETE /api/v1/users/admin'), { status: 409 }, 'the last admin stays');
  t.match(await kit.call('DELETE /api/v1/users/viewer'), { status: 204 });
  t.match((await kit.call('GET /api/v1/audit')).body, {
    items: [
      { who: 'admin', action: 'DELETE /api/v1/users/viewer', status: 204 },
      { status: 409 },
      { who: 'admin', action: 'POST /api/v1/login', status: 200 },
    ],
  });
  t.match(await kit.call('DELETE /api/v1/api-keys/ci'), { status: 204 });
  t.match(await kit.ask('GET /api/v1/status', asKey), { status: 401 });
  await kit.close();
});

t.test('device users and access rules are changed while running, and the tester names the rule', async (t) => {
  const kit = await opened('auth { allow_anonymous = false, no_match = deny }');
  t.match(await kit.call('PUT /api/v1/mqtt-users/sensor', { password: 'pw' }), { status: 200 });
  t.match((await kit.call('GET /api/v1/mqtt-users')).body, { items: [{ username: 'sensor', isEditable: true }] });
  t.match(kit.disk.files.get('/etc/viaduct.conf.overrides.json'), /\$scrypt\$/);
  const rules = [{ permit: 'allow', username: 'sensor', action: 'publish', topics: ['up/${username}/#'] }];
  t.match(await kit.call('PUT /api/v1/acl', { rules }), { status: 200 });
  t.match((await kit.call('GET /api/v1/acl')).body, { rules: [{ permit: 'allow' }], noMatch: 'deny' });
  t.match(await kit.call('PUT /api/v1/acl', { rules, noMatch: 'allow' }), { status: 200 }, 'as the page sends it');
  t.match((await kit.call('GET /api/v1/acl')).body, { noMatch: 'allow' });
  t.match(await kit.call('PUT /api/v1/acl', { rules, noMatch: 'deny' }), { status: 200 });
  const may = async (action: string, topic: string): Promise<unknown> =>
    (await kit.call('POST /api/v1/acl/test', { clientId: 'c', username: 'sensor', action, topic })).body;
  t.match(await may('publish', 'up/sensor/1'), { isAllowed: true, rule: 0 });
  t.match(await may('publish', 'up/other/1'), { isAllowed: false, why: /no rule matches/ });
  t.match(await may('subscribe', 'up/sensor/1'), { isAllowed: false });
  t.match(await kit.call('DELETE /api/v1/mqtt-users/sensor'), { status: 200 });
  t.match((await kit.call('GET /api/v1/mqtt-users')).body, { total: 0 });
  await kit.close();
});
