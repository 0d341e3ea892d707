// `/api/v4`: the shapes and result codes that programs for EMQX Edge expect, without its secrets.
import t from 'tap';
import { type Answered, adminPassword, WebKit, webSection } from '../../kit/web.ts';

const config = `${webSection}
bridges.mqtt.site { server = "mqtt-tcp://10.0.0.2:1884", clientid = edge, username = u, password = "s3cret" }`;

t.test('programs for EMQX Edge find what they know', async (t) => {
  const kit = await WebKit.start(config);
  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`;
  const call = async (line: string, body?: unknown): Promise<Answered> => {
    const answering = kit.ask(line.replace(' ', ' /api/v4'), { headers: { authorization }, body });
    if (/PUT|switch/.test(line)) await kit.world.clock.advance(6000);
    return answering;
  };
  t.match(await kit.ask('GET /api/v4/nodes', {}), { status: 401, body: { code: 104 } });
  const wrong = { headers: { authorization: 'Basic YTpi' } };
  t.match(await kit.ask('GET /api/v4/nodes', wrong), { status: 401, body: { code: 103 } });
  t.match(await call('GET /nothing'), { status: 404, body: { code: 102 } });
  t.match(await call('GET /brokers'), { body: { code: 0, data: [{ node_status: 'Running', version: /\d/ }] } });
  t.match(await call('GET /metrics'), { body: { metrics: [{ 'bridge name': 'site' }], cpuinfo: /%$/ } });
  t.match(await call('POST /mqtt/publish', { topics: 'a,b', payload: 'x', retain: true }), { body: { code: 0 } });
  await kit.login();
  t.match(await kit.call('GET /api/v1/retained?filter=%2B'), { body: { total: 2 } });
  t.match(await call('POST /mqtt/publish_batch', [{ topic: 'c' }]), {
    body: { code: 0, data: [{ topic: 'c', code: 0 }] },
  });
  t.match(await call('POST /mqtt/publish', {}), { status: 400, body: { code: 108 } });
  t.match(await call('GET /clients'), { body: { code: 0, data: [] } });
  const bridges = await call('GET /bridges');
  t.match(bridges.body, {
    data: { bridge: { nodes: [{ name: 'site', enable: true, connector: { clientid: 'edge' } }] } },
  });
  t.notMatch(bridges.text + (await call('GET /configuration')).text, /s3cret|correct horse/);
  t.match(await call('GET /bridges/none'), { status: 200, body: { data: { bridge: { nodes: [] } } } });
  t.match(await call('POST /bridges/switch/none', { data: { bridge_switch: false } }), { status: 204 });
  t.match(await call('POST /bridges/switch/site', { data: { bridge_switch: false } }), { body: { code: 0 } });
  t.match(await call('GET /bridges/site'), { body: { data: { bridge: { nodes: [{ enable: false }] } } } });
  const site = { server: 'mqtt-tcp://10.0.0.3:1884', clientid: 'edge-4' };
  t.match(await call('PUT /bridges/site', { site }), { body: { code: 0 } });
  t.match(await call('PUT /bridges/site', { other: site }), { status: 400, body: { code: 108 } });
  await kit.close();
});
