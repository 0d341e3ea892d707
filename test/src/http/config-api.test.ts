// Changing the configuration over the API: checked as the file is, kept in the overlay, taken back when it is not
// confirmed.
import t from 'tap';
import { fixtureText } from '../../kit/fixtures.ts';
import { WebKit, webSection } from '../../kit/web.ts';

const overlayPath = '/etc/viaduct.conf.overrides.json';
const plant = { server: 'mqtt-tcp://10.0.0.1:1883', clientid: 'edge-1', username: 'u', password: 's3cret' };
const withBridge = `${webSection}
bridges.mqtt.site {
  server = "mqtt-tcp://10.0.0.2:1884" # the old one
  clientid = edge-2
  password = "s3cret-too"
  username = u
  forwards = [ { local_topic = "a/#", remote_topic = "b/#" } ]
}`;

async function opened(config: string = withBridge, files: Readonly<Record<string, string>> = {}): Promise<WebKit> {
  const kit = await WebKit.start(config, files);
  await kit.login();
  return kit;
}

t.test('a bridge that is added runs at once, is kept in the overlay, and the file stays as it was', async (t) => {
  const kit = await opened();
  t.match(await kit.call('POST /api/v1/bridges', { name: 'plant', config: plant }), {
    status: 201,
    body: { historyId: 1, diff: [{ path: 'bridges.mqtt.plant.server', after: plant.server }] },
  });
  t.match(await kit.call('GET /api/v1/bridges'), { body: [{ name: 'site' }, { name: 'plant', mode: 'running' }] });
  t.equal(kit.disk.files.get('/etc/viaduct.conf'), withBridge);
  t.match(kit.disk.files.get(overlayPath), /"plant"/);
  t.notMatch(kit.disk.files.get(overlayPath), /edge-2/, 'only what differs');
  t.match(await kit.call('POST /api/v1/bridges', { name: 'plant', config: plant }), { status: 409 });
  await kit.close();
});

t.test('secrets go in and never come out, and a mark that comes back keeps them', async (t) => {
  const kit = await opened();
  await kit.call('POST /api/v1/bridges', { name: 'plant', config: plant });
  const read = await kit.call('GET /api/v1/bridges/plant');
  t.match(read.body, { config: { password: { $secret: true } }, origin: 'overlay' });
  const { config } = read.body as { config: Record<string, unknown> }; // as: it has just matched
  const put = await kit.change('PUT /api/v1/bridges/plant', { ...config, clientid: 'edge-3' });
  t.match(put, {
    status: 200,
    body: { diff: [{ path: 'bridges.mqtt.plant.clientid', before: 'edge-1', after: 'edge-3' }] },
  });
  t.match(kit.disk.files.get(overlayPath), /s3cret/);
  for (const path of ['bridges', 'bridges/site', 'config', 'config/history', 'status', 'logs', 'audit']) {
    t.notMatch((await kit.call(`GET /api/v1/${path}`)).text, /s3cret|correct horse/, path);
  }
  await kit.change('PATCH /api/v1/bridges/plant', { password: null, username: null });
  t.notMatch(kit.disk.files.get(overlayPath), /s3cret/);
  await kit.close();
});

t.test('a bridge of the file can be changed and removed by the overlay, and both can be taken back', async (t) => {
  const kit = await opened();
  t.match(await kit.change('PATCH /api/v1/bridges/site', { keepalive: '30s' }), { status: 200 });
  t.match(await kit.call('GET /api/v1/bridges/site'), { body: { origin: 'both', config: { keepalive: '30s' } } });
  t.match(await kit.change('PATCH /api/v1/bridges/site', { clientid: null }), { status: 200 });
  t.match((await kit.call('GET /api/v1/bridges/site')).body, { config: { clientid: undefined } });
  t.match(await kit.change('DELETE /api/v1/bridges/site'), { status: 200 });
  t.match(await kit.call('GET /api/v1/bridges/site'), { status: 404 });
  t.equal(kit.app.bridges.get('site'), undefined);
  t.match(await kit.change('POST /api/v1/config/history/1/rollback'), { status: 200, body: { historyId: 4 } });
  t.match(await kit.call('GET /api/v1/bridges/site'), { body: { config: { clientid: 'edge-2', keepalive: '30s' } } });
  t.match((await kit.call('GET /api/v1/config/history')).body, [
    { id: 4, who: 'admin', what: 'rolled back to change 1' },
    { id: 3, what: 'bridge site removed' },
  ]);
  await kit.close();
});

t.test('what the file may not say, the API may not say either, with the same words, and nothing changes', async (t) => {
  const kit = await opened();
  const config = { ...plant, keepalive: 60, colour: 'red' };
  t.match(await kit.call('POST /api/v1/bridges', { name: 'plant', config }), {
    status: 422,
    body: {
      code: 'ERR_CONFIG_INVALID',
      faults: [
        { path: 'bridges.mqtt.plant.keepalive', expected: /a time with its unit/ },
        { path: 'bridges.mqtt.plant.colour', expected: /unknown key/ },
      ],
    },
  });
  t.match(await kit.call('POST /api/v1/bridges/check', { name: 'plant', config }), {
    status: 200,
    body: { isValid: false, faults: [{}, {}] },
  });
  t.equal(kit.disk.files.has(overlayPath), false);
  t.match(await kit.change('POST /api/v1/config/apply', { changes: { http_server: null } }), { status: 409 });
  await kit.close();
});

t.test('a change that is not confirmed is taken back, also after a restart', async (t) => {
  const kit = await opened();
  const changes = { bridges: { mqtt: { site: { keepalive: '30s' } } } };
  const apply = (): Promise<unknown> => kit.change('POST /api/v1/config/apply', { changes, confirmWithinS: 60 });
  const keepAlive = async (): Promise<unknown> => (await kit.call('GET /api/v1/bridges/site')).body;
  t.match(await apply(), { status: 200, body: { unconfirmed: { historyId: 1 } } });
  t.match(await kit.call('GET /api/v1/status'), { body: { unconfirmed: { historyId: 1 } } });
  t.match(await apply(), { status: 409 }, 'one at a time');
  t.match(await keepAlive(), { config: { keepalive: '30s' } });
  const files = Object.fromEntries(kit.disk.files);
  await kit.world.clock.advance(61_000);
  t.equal(await keepAliveAtLast(kit, undefined), undefined);
  t.match(await kit.call('POST /api/v1/config/rollback'), { status: 409 }, 'nothing waits');
  t.match(await apply(), { status: 200 });
  t.match(await kit.change('POST /api/v1/config/rollback'), { status: 200, body: { diff: [{}] } });
  t.match(await keepAlive(), { config: { keepalive: undefined } }, 'taken back at once');
  t.match(await kit.call('POST /api/v1/config/confirm'), { status: 409 });
  t.match(await apply(), { status: 200 });
  t.match(await kit.call('POST /api/v1/config/confirm'), { status: 204 });
  await kit.world.clock.advance(61_000);
  t.match(await keepAlive(), { config: { keepalive: '30s' } }, 'confirmed');
  await kit.close();
  const again = await WebKit.start(withBridge, files);
  await again.login();
  t.match(await again.call('GET /api/v1/bridges/site'), { body: { config: { keepalive: '30s' } } });
  await again.world.clock.advance(120_000);
  t.equal(await keepAliveAtLast(again, undefined), undefined);
  await again.close();
});

/**
 * The keep-alive of the bridge when it is `wanted`, or at last: what is taken back is read anew, with parts of the
 * program that are loaded for it, of which the virtual clock knows nothing.
 */
async function keepAliveAtLast(kit: WebKit, wanted: string | undefined): Promise<string | undefined> {
  let found: string | undefined;
  for (let turn = 0; turn < 1000; turn++) {
    const { body } = await kit.call('GET /api/v1/bridges/site');
    found = (body as { config: { keepalive?: string } }).config.keepalive; // as: that is its contract
    if (found === wanted) break;
    await kit.world.clock.settle();
  }
  return found;
}

t.test('each value says where it comes from', async (t) => {
  const kit = await opened();
  await kit.change('PATCH /api/v1/bridges/site', { keepalive: '30s' });
  t.match((await kit.call('GET /api/v1/config')).body, {
    origins: {
      'bridges.mqtt.site.clientid': { kind: 'file', place: '/etc/viaduct.conf:7' },
      'bridges.mqtt.site.keepalive': { kind: 'overlay', place: /overrides\.json:\d+/ },
    },
    config: { http_server: { password: { $secret: true } } },
  });
  await kit.close();
});

t.test('a bridge is paused and resumed, switched off and on, tried and mapped', async (t) => {
  const kit = await opened();
  const mode = async (): Promise<unknown> => (await kit.call('GET /api/v1/bridges/site')).body;
  t.match(await kit.call('POST /api/v1/bridges/site/pause'), { status: 204 });
  t.match(await mode(), { mode: 'paused' });
  t.match(await kit.call('POST /api/v1/bridges/site/resume'), { status: 204 });
  t.match(await kit.change('POST /api/v1/bridges/site/disable'), { status: 200 });
  t.match(await mode(), { mode: 'disabled', status: undefined });
  t.match(await kit.call('POST /api/v1/bridges/site/pause'), { status: 409 });
  t.match(await kit.call('POST /api/v1/bridges/site/enable'), { status: 200 });
  t.match(await mode(), { mode: 'running' });
  t.match(await kit.call('POST /api/v1/bridges/map', { topic: 'a/x' }), {
    body: { results: [{ bridge: 'site', list: 'forwards', result: { topic: 'b/x' } }] },
  });
  const forwards = [{ local_topic: 'a/#', remote_topic: 'c/#' }];
  t.match(await kit.call('POST /api/v1/bridges/map', { topic: 'a/x', config: { ...plant, forwards } }), {
    body: { results: [{ result: { topic: 'c/x' } }] },
  });
  const testing = kit.call('POST /api/v1/bridges/test', { name: 'site' });
  await kit.world.clock.advance(60_000);
  t.match(await testing, { body: { isOk: false, steps: [{ name: 'clock' }, { name: 'tcp', state: 'failed' }] } });
  t.match((await kit.call('GET /api/v1/bridges/site/timeline')).body, { events: [{ kind: 'opened' }] });
  await kit.close();
});

t.test('certificates tell who uses them and until when they are valid; one that is none is told as such', async (t) => {
  const { ssl, files } = {
    ssl: 'listeners.ssl.default { bind = 8883, certfile = "/c.pem", keyfile = "/k.pem", cacertfile = "/no.pem" }',
    files: { '/c.pem': fixtureText('tls/server.pem'), '/k.pem': fixtureText('tls/server.key'), '/no.pem': 'nothing' },
  };
  const kit = await opened(`${webSection}\n${ssl}`, files);
  t.match((await kit.call('GET /api/v1/certificates')).body, [
    { file: '/c.pem', usedBy: ['listener ssl.default'], subject: /CN=/, validTo: Number },
    { file: '/no.pem', error: /./ },
  ]);
  await kit.close();
});

t.test('rules are added, replaced and removed one by one, and keep their accounts', async (t) => {
  const kit = await opened();
  const rules = async (): Promise<unknown> => (await kit.call('GET /api/v1/bridges/site/rules')).body;
  const before = ((await rules()) as { forwards: unknown[] }).forwards.length; // as: the contract says so
  const path = '/api/v1/bridges/site/rules/forwards';
  const added = await kit.change(`POST ${path}`, { local_topic: 'new/#', remote_topic: 'n/#' });
  t.match(added, { status: 201, body: { diff: [{}] } });
  t.match(((await rules()) as { forwards: unknown[] }).forwards[before], {
    place: before,
    isEnabled: true,
    config: { local_topic: 'new/#' },
    status: { from: 'new/#', received: 0 },
  });
  const off = { local_topic: 'other/#', remote_topic: '', enable: false };
  t.match(await kit.change(`PUT ${path}/${before}`, off), { status: 200 });
  t.match(((await rules()) as { forwards: unknown[] }).forwards[before], { isEnabled: false, status: undefined });
  t.match(await kit.change(`DELETE ${path}/${before}`), { status: 200 });
  t.equal(((await rules()) as { forwards: unknown[] }).forwards.length, before);
  t.match(await kit.call(`DELETE ${path}/${before}`), { status: 404, body: { path: 'place' } });
  t.match(await kit.call(`DELETE ${path}/x`), { status: 404 });
  t.match(await kit.call('POST /api/v1/bridges/site/rules/nothing', {}), { status: 404, body: { path: 'list' } });
  t.match(await kit.change(`POST ${path}`, { local_topic: 'a/#/b' }), { status: 422 });
  await kit.close();
});
