// `/api/v4`: the shapes and result codes that programs for EMQX Edge expect, without its secrets.
import fc from 'fast-check';
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { v4Api } from '../../../src/http/v4-api.ts';
import { Remote } from '../../kit/remote.ts';
import { until } from '../../kit/until.ts';
import { type Answered, adminPassword, configPath, WebKit, webSection } from '../../kit/web.ts';
import { subscribeOf } from '../../kit/world.ts';

const config = `${webSection}
bridges.mqtt.site { server = "mqtt-tcp://10.0.0.2:1884", clientid = edge, username = u, password = "s3cret" }`;

t.test('programs for EMQX Edge find what they know', async (t) => {
  const kit = await WebKit.start(config);
  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`;
  const call = async (line: string, body?: unknown): Promise<Answered> => {
    const answering = kit.ask(line.replace(' ', ' /api/v4'), { headers: { authorization }, body });
    return /PUT|switch/.test(line) ? kit.inTime(answering, 6000) : answering;
  };
  t.match(await kit.ask('GET /api/v4/nodes', {}), { status: 401, body: { code: 104 } });
  const wrong = { headers: { authorization: 'Basic YTpi' } };
  t.match(await kit.ask('GET /api/v4/nodes', wrong), { status: 401, body: { code: 103 } });
  t.match(await call('GET /nothing'), { status: 404, body: { code: 102 } });
  t.match(await call('GET /brokers'), { body: { code: 0, data: [{ node_status: 'Running', version: /\d/ }] } });
  t.match(await call('GET /metrics'), {
    body: { metrics: [{ 'bridge name': 'site', 'sent bytes': 0, 'received bytes': 0 }], cpuinfo: /%$/ },
  });
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
    data: {
      bridge: {
        nodes: [
          {
            name: 'site',
            enable: true,
            parallel: 1,
            connector: {
              server: /10/,
              proto_ver: 5,
              clientid: 'edge',
              clean_start: false,
              username: 'u',
              keepalive: 60,
            },
            forwards: [],
            subscription: [],
            tls: { enable: false },
          },
        ],
        sqlite: { enable: false },
      },
    },
  });
  t.notMatch(bridges.text + (await call('GET /configuration')).text, /s3cret|correct horse/);
  t.match(await call('GET /bridges/none'), { status: 200, body: { data: { bridge: { nodes: [] } } } });
  t.match(await call('POST /bridges/switch/none', { data: { bridge_switch: false } }), { status: 204 });
  t.match(await call('POST /bridges/switch/site', { data: { bridge_switch: false } }), { body: { code: 0 } });
  t.match(await call('GET /bridges/site'), { body: { data: { bridge: { nodes: [{ enable: false }] } } } });
  const site = { server: 'mqtt-tcp://10.0.0.3:1884', clientid: 'edge-4' };
  t.match(await call('PUT /bridges/site', { site }), { body: { code: 0 } });
  t.match(await call('PUT /bridges/site', { other: site }), { status: 400, body: { code: 108 } });
  t.match(await call('PUT /bridges/none', { none: site }), { status: 404, body: { code: 115 } });
  t.match(await call('POST /bridges/sub/site', { data: { subscription: [{ remote_topic: 'cmd/a', qos: 1 }] } }), {
    body: { code: 0 },
  });
  const sub = [{ remote_topic: 'cmd/a', qos: 1, retain_as_published: true }];
  t.match((await call('GET /bridges/site')).body, { data: { bridge: { nodes: [{ subscription: sub }] } } });
  t.match(await call('PUT /bridges/unsub/site', { data: { unsubscription: [{ topic: 'cmd/a' }] } }), {
    body: { code: 0 },
  });
  t.match((await call('GET /bridges/site')).body, { data: { bridge: { nodes: [{ subscription: [] }] } } });
  t.match(await call('POST /bridges/sub/none', { data: { subscription: [] } }), { status: 404, body: { code: 102 } });
  await kit.close();
});

t.test('every endpoint of /api/v4 asks for the rights that it names', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  const made = await kit.call('POST /api/v1/api-keys', { name: 'viewer', role: 'viewer' });
  const key = (made.body as { key: string }).key; // as: made right before
  for (const [at, { method, path, role }] of v4Api.entries()) {
    const line = `${method} /api/v4${path.replaceAll(/:\w+/g, 'site')}`;
    const address = `10.1.0.${at}`;
    t.match(await kit.ask(line, { address }), { status: 401, body: { code: 104 } }, `${line} without login`);
    const wrong = { authorization: 'Basic YTpi' };
    t.match(await kit.ask(line, { address, headers: wrong }), { status: 401 }, `${line} with a wrong password`);
    if (role === 'viewer') continue;
    const headers = { authorization: `Bearer ${key}` };
    t.match(await kit.ask(line, { address, headers }), { status: 403, body: { code: 108 } }, `${line} as viewer`);
  }
  await kit.close();
});

t.test('the configuration is read and written as programs for EMQX Edge do, and secrets stay', async (t) => {
  const kit = await WebKit.start(config);
  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`;
  const call = async (line: string, body?: unknown): Promise<Answered> => {
    const answering = kit.ask(line.replace(' ', ' /api/v4'), { headers: { authorization }, body });
    return /POST/.test(line) ? kit.inTime(answering, 6000) : answering;
  };
  t.match(await call('POST /reload', { data: { qos_duration: 20, max_packet_size: 512, allow_anonymous: false } }), {
    body: { code: 0 },
  });
  t.match(await call('GET /reload'), {
    body: { data: { qos_duration: 20, max_packet_size: 512, allow_anonymous: false, bridge_mode: true } },
  });
  const limits = { client_max_packet_size: 256, max_packet_size: 512 };
  t.match(await call('POST /reload', { data: limits }), { body: { code: 0 } });
  t.match((await call('GET /reload')).body, { data: { client_max_packet_size: 256, max_packet_size: 256 } });
  t.match(await call('POST /reload', { data: { nothing: 1 } }), { status: 400, body: { code: 108 } });
  t.match(await call('GET /configuration/auth'), { body: { data: { auth: { allow_anonymous: 'false' } } } });
  t.match(await call('GET /configuration/nothing'), { status: 404, body: { code: 102 } });
  t.match(await call('POST /configuration/basic', { mqtt: { max_mqueue_len: 77 } }), { body: { code: 0 } });
  t.match(await call('GET /configuration/basic'), { body: { data: { mqtt: { max_mqueue_len: '77' } } } });
  t.match(await call('POST /configuration', { nonsense: { a: 1 } }), { status: 422, body: { code: 108 } });
  t.match(await call('POST /config_update', 'mqtt { max_mqueue_len ='), { status: 422, body: { code: 108 } });
  t.match(await call('POST /config_update', 'include "/etc/passwd"'), { status: 422 });
  t.match(await call('POST /config_update', `${config}\nmqtt.max_mqueue_len = 99`), { body: { code: 0 } });
  t.match(await call('GET /configuration/basic'), { body: { data: { mqtt: { max_mqueue_len: '99' } } } });
  t.match(kit.disk.files.get(configPath) ?? '', config, 'the file of the user stays');
  await kit.close();
});

t.test(
  'what is there is listed, filters are shown level by level, and what is not there says where it is',
  async (t) => {
    const kit = await WebKit.start(config);
    const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`;
    const call = (line: string): Promise<Answered> =>
      kit.ask(line.replace(' ', ' /api/v4'), { headers: { authorization } });
    t.match((await call('GET /')).body, { code: 0, data: [{ path: '/brokers', method: 'GET', descr: 'The broker' }] });
    const device = await kit.world.dial(5);
    const will = { topic: 'gone', payload: bytesOfText('one'), qos: 1, retain: false, properties: {} } as const;
    await device.connect('one', { will });
    device.send(subscribeOf(1, 0, 'a/b', 'a/+'));
    await kit.world.clock.settle();
    t.match((await call('GET /topic-tree')).body, {
      data: [
        [{ topic: '', cld_cnt: 1 }],
        [{ topic: 'a', cld_cnt: 2 }],
        [
          { topic: 'b', cld_cnt: 0, clientid: ['one'] },
          { topic: '+', cld_cnt: 0, clientid: ['one'] },
        ],
      ],
    });
    t.match((await call('GET /subscriptions?topic=a/b')).body, { data: [{ topic: 'a/b' }] });
    device.send(subscribeOf(2, 0, '$share/pool/c'));
    await kit.world.clock.settle();
    t.strictSame((await call('GET /subscriptions?share=pool')).body, {
      code: 0,
      data: [{ clientid: 'one', topic: '$share/pool/c', qos: 0 }],
    });
    t.match(await call('GET /clients?conn_state=connected&proto_ver=5'), {
      body: { data: [{ client_id: 'one', conn_state: 'connected', proto_name: 'MQTT', proto_ver: 5 }] },
    });
    t.strictSame((await call('GET /clients?clientid=two')).body, { code: 0, data: [] });
    t.match(await call('GET /clients/one'), {
      body: { data: [{ client_id: 'one', will_topic: 'gone', will_msg: 'one' }] },
    });
    t.match(await call('GET /prometheus'), { status: 200, text: /viaduct_/ });
    t.match(await call('GET /rules'), { body: { code: 0, data: [] } });
    t.match(await call('GET /rules/1'), { status: 404, body: { code: 102 } });
    for (const line of ['POST /rules', 'POST /ctrl/stop', 'POST /ctrl/restart', 'POST /tools/aes_enc']) {
      t.match(await call(line), { status: 409, body: { code: 108, message: /./ } });
    }
    await kit.close();
  },
);

t.test('what is published for a device is its message, as rules of bridges see it', async (t) => {
  const rule = 'forwards = [ { local_topic = "x", remote_topic = "${clientid}/x" } ]';
  const kit = await WebKit.start(config.replace('password = "s3cret"', `password = "s3cret", ${rule}`));
  const remote = new Remote();
  await remote.open(kit.world, 5, 1884);
  await kit.world.clock.advance(5000);
  await kit.login();
  const headers = { authorization: `Bearer ${kit.token}` };
  for (const clientid of [undefined, 'pump', '']) {
    const body = { topic: 'x', payload: 'y', qos: 1, clientid };
    t.match(await kit.ask('POST /api/v4/mqtt/publish', { headers, body }), { body: { code: 0 } });
  }
  await kit.world.clock.advance(1000);
  t.same(
    remote.published.map(({ topic }) => topic),
    ['pump/x'],
    'others have no client id',
  );
  await kit.close();
});

t.test('whoever changes the subscriptions of a bridge is told what the remote said of it', async (t) => {
  const kit = await WebKit.start(config);
  const remote = new Remote();
  await remote.open(kit.world, 5, 1884);
  remote.isAnswering = false;
  await kit.world.clock.advance(5000);
  await kit.login();
  const call = (verb: 'sub' | 'unsub', data: object): Promise<Answered> =>
    kit.call(`POST /api/v4/bridges/${verb}/site`, { data });
  const askedOf = async (type: 8 | 10): Promise<number> => {
    let packetId = 0;
    await until(kit.world, () => {
      for (const one of remote.peer.packets) if (one.type === type) ({ packetId } = one);
      return packetId > 0;
    });
    return packetId;
  };
  const subscription = [
    { remote_topic: 'cmd/a', qos: 1 },
    { remote_topic: 'cmd/b', qos: 2 },
  ];
  const asking = call('sub', { subscription });
  const reasonCodes = [1, 0x87] satisfies readonly ReasonCode[];
  remote.peer.send({ type: PacketType.suback, packetId: await askedOf(8), reasonCodes, properties: {} });
  await kit.world.clock.settle();
  t.match(await asking, {
    body: {
      code: 108,
      message: 'the remote refused cmd/b',
      data: [
        { topic: 'cmd/a', reason_code: 1, result: 'granted qos 1' },
        { topic: 'cmd/b', reason_code: 0x87, result: 'not authorized' },
      ],
    },
  });

  const ending = call('unsub', { unsubscription: [{ topic: 'cmd/a' }, { topic: 'never/there' }] });
  remote.peer.send({ type: PacketType.unsuback, packetId: await askedOf(10), reasonCodes: [0x11], properties: {} });
  await kit.world.clock.settle();
  t.match(await ending, { body: { code: 0, data: [{ topic: 'cmd/a', reason_code: 0x11 }] } });

  remote.peer.packets.length = 0;
  const silent = call('sub', { subscription: [{ remote_topic: 'cmd/c' }] });
  await askedOf(8);
  await kit.world.clock.advance(4999);
  let isAnswered = false;
  void silent.then(() => {
    isAnswered = true;
  });
  await kit.world.clock.settle();
  t.notOk(isAnswered, 'the remote has its time');
  await kit.world.clock.advance(2);
  t.match(await silent, { body: { code: 0, data: [{ topic: 'cmd/c', result: 'no answer within 5 s' }] } });

  remote.peer.cut();
  await kit.world.clock.settle();
  t.match(await call('sub', { subscription: [{ remote_topic: 'cmd/d' }] }), {
    body: { code: 0, data: [{ topic: 'cmd/d', result: 'not connected: the remote is asked once it is' }] },
  });
  await kit.close();
});

t.test('any body is either taken or refused with a code of /api/v4, and nothing falls over', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  const endpoints = v4Api.filter(({ body, consumes }) => body !== undefined || consumes === 'text');
  t.ok(endpoints.length >= 10);
  const names = ['data', 'site', 'topic', 'payload', 'subscription', 'bridge_switch', 'mqtt', 'auth', 'a', '__proto__'];
  const words = fc.constantFrom('site', 'a/#', '', '__proto__', 'mqtt-tcp://h:1', 'include "/etc/passwd"');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 2 }),
      words,
      fc.array(tie('object')),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
  }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...endpoints), value, async ({ method, path }, body) => {
      const line = `${method} /api/v4${path.replaceAll(/:\w+/g, 'site')}`;
      const answer = await kit.change(line, JSON.stringify(body) ?? 'null');
      if (answer.status >= 500) throw new Error(`${line} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`);
      if (answer.status >= 400) t.match(answer.body, { code: Number, message: /./ }, line);
    }),
    { numRuns: 100, seed: 11 },
  );
  await kit.close();
});

t.test('a message that is published comes with the properties that its program gave it', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  const device = await kit.world.dial(5);
  await device.connect('one');
  device.send(subscribeOf(1, 0, 'a'));
  await kit.world.clock.settle();
  const properties = {
    payload_format_indicator: 1,
    message_expiry_interval: 60,
    response_topic: 'answer',
    correlation_data: 'no. 7',
    content_type: 'text/plain',
    user_properties: { site: 'north' },
  };
  const message = { topics: 'a,b', payload: 'aGVsbG8=', encoding: 'base64', qos: 0, properties };
  t.match(await kit.call('POST /api/v4/mqtt/publish', message), { body: { code: 0 } });
  await kit.world.clock.settle();
  t.match(device.packets.at(-1), {
    topic: 'a',
    properties: {
      payloadFormatIndicator: 1,
      messageExpiryInterval: 60,
      responseTopic: 'answer',
      contentType: 'text/plain',
      userProperties: [['site', 'north']],
    },
  });
  const batch = await kit.call('POST /api/v4/mqtt/publish_batch', [{ topic: 'x' }, { topics: 'y,z' }]);
  t.strictSame(batch.body, {
    code: 0,
    data: [
      { topic: 'x', code: 0 },
      { topic: 'y,z', code: 0 },
    ],
  });
  const many = Array.from({ length: 101 }, (_, at) => `t${at}`).join();
  t.match(await kit.call('POST /api/v4/mqtt/publish', { topics: many }), { status: 400, body: { code: 108 } });
  await kit.close();
});
