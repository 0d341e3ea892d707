// MQTT 3.1 (MQIsdp) at the broker: what it does otherwise than 3.1.1, and that the rest is the same.
import t from 'tap';
import { converse, wire } from '../../kit/conversation.ts';
import { accepted, type Connect3, connect3, disconnect, listener, protocols, welcome } from '../../kit/frames3.ts';
import { World } from '../../kit/world.ts';

const protocol = protocols.v31;
const old = (more: Connect3 = {}): Connect3 => ({ protocol, ...more });

async function opened(options: Parameters<World['openBroker']>[0] = {}): Promise<World> {
  const world = new World();
  await world.openBroker(options);
  return world;
}

t.test('MQIsdp with level 3 is 3.1, and nothing else is [MQTT31-1]', async (t) => {
  const world = await opened();
  t.equal((await converse(world, connect3('c', old()))).answer, accepted);
  t.equal((await converse(world, connect3('c', { protocol: '<MQIsdp> 83' }))).answer, accepted, 'with the bridge bit');
  for (const wrong of ['<MQTT> 03', '<MQIsdp> 04', '<MQIsdp> 00']) {
    const { peer, answer } = await converse(world, connect3('c', { protocol: wrong }));
    t.equal(answer, '20020001', wrong);
    t.ok(peer.isClosed);
  }
});

t.test('a client id has 1 to 23 characters, more only where that is allowed [MQTT31-2] [MQTT31-3]', async (t) => {
  const world = await opened({ isV31ClientIdShort: true });
  const lax = await opened();
  t.equal((await converse(lax, connect3('x'.repeat(24), old()))).answer, accepted, 'as most clients expect');
  t.equal((await converse(lax, connect3('', old()))).answer, '20020002', 'but never an empty one');
  for (const clientId of ['1', 'x'.repeat(23), '\u65e5'.repeat(23), 'a b/c']) {
    t.equal((await converse(world, connect3(clientId, old()))).answer, accepted, clientId);
  }
  for (const clientId of ['', 'x'.repeat(24)]) {
    for (const flags of ['02', '00']) {
      const { peer, answer } = await converse(world, connect3(clientId, old({ flags })));
      t.equal(answer, '20020002', `${clientId} ${flags}`);
      t.ok(peer.isClosed);
    }
  }
});

t.test('a user name that was announced and is missing was not announced [MQTT31-4] [MQTT31-5]', async (t) => {
  const world = await opened();
  for (const [flags, rest] of [
    ['82', ''],
    ['c2', ''],
    ['c2', '<user>'],
    ['c2', '<a user name of many characters> <and a password too>'],
  ] as const) {
    t.equal((await converse(world, connect3('c', old({ flags, rest })))).answer, accepted, `${flags} ${rest}`);
  }
  const cut = await converse(world, connect3('c', old({ flags: '82', rest: '0005 61' })));
  t.equal(cut.answer, '', 'but one that is cut is malformed');
  t.ok(cut.peer.isClosed);
  const access = {
    isAnonymousAllowed: false,
    users: [{ username: 'user', password: 'secret' }],
    rules: [],
    isAllowedWithoutMatch: true,
    isDenialDisconnecting: false,
  };
  const strict = await opened({ access });
  t.equal(
    (await converse(strict, connect3('c', old({ flags: '82' })))).answer,
    '20020005',
    'and nobody slips in by it',
  );
  t.equal((await converse(strict, connect3('c', old({ flags: 'c2', rest: '<user>' })))).answer, '20020004');
});

t.test('CONNACK does not tell of a session, though it goes on [MQTT31-7]', async (t) => {
  const world = await opened();
  const first = await welcome(world, 'c', old({ flags: '00' }));
  await first.ask('82 (0001 <a> 01)');
  await first.cut();
  const device = await welcome(world, 'device', old());
  await device.ask('32 (<a> 0001 "x")');
  const { answer } = await converse(world, connect3('c', old({ flags: '00' })));
  t.equal(answer, wire(`${accepted} 32 (<a> 0001 "x")`));
});

t.test('a refusal has one of the codes 1 to 5, and an end [MQTT31-9]', async (t) => {
  const access = {
    isAnonymousAllowed: false,
    users: [{ username: 'u', password: 'p' }],
    rules: [],
    isAllowedWithoutMatch: true,
    isDenialDisconnecting: false,
  };
  const world = await opened({ access, sessionsMax: 1 });
  await welcome(world, 'one', old({ flags: 'c2', rest: '<u> <p>' }));
  const refusals: Readonly<Record<string, string>> = {
    '01': connect3('c', { protocol: '<MQIsdp> 02' }),
    '02': connect3('', old()),
    '03': connect3('two', old({ flags: 'c2', rest: '<u> <p>' })),
    '04': connect3('c', old({ flags: 'c2', rest: '<u> <no>' })),
    '05': connect3('c', old()),
  };
  for (const [code, frame] of Object.entries(refusals)) {
    const { peer, answer } = await converse(world, `${frame} c000`);
    t.equal(answer, `200200${code}`);
    t.ok(peer.isClosed, code);
  }
});

t.test('SUBACK holds granted QoS only, and a denied publish is acknowledged [MQTT31-12] [MQTT31-10]', async (t) => {
  const world = await opened({
    access: {
      isAnonymousAllowed: true,
      users: [],
      rules: [{ isAllowed: false, action: 'pubsub', topics: ['secret/#'], subject: { kind: 'everybody' } }],
      isAllowedWithoutMatch: true,
      isDenialDisconnecting: false,
    },
  });
  const peer = await welcome(world, 'c', old());
  t.equal(await peer.ask('82 (0001 <a> 02 <secret/a> 01)'), wire('90 (0001 02 00)'));
  const watch = await listener(world, 'watch', '#');
  t.equal(await peer.ask('32 (<secret/a> 0001 "x")'), wire('40 (0001)'));
  t.equal(await watch.heard(), '');
});

t.test('PUBREL, SUBSCRIBE and UNSUBSCRIBE may be repeated with DUP [MQTT31-13]', async (t) => {
  const world = await opened();
  const watch = await listener(world, 'watch', 'a');
  const peer = await welcome(world, 'c', old());
  t.equal(await peer.ask('82 (0001 <b> 01) 8a (0001 <b> 01)'), wire('90 (0001 01) 90 (0001 01)'));
  t.equal(await peer.ask('34 (<a> 0002 "x") 62 (0002) 6a (0002)'), wire('50 (0002) 70 (0002) 70 (0002)'));
  t.equal(await peer.ask('a2 (0003 <b>) aa (0003 <b>)'), wire('b0 (0003) b0 (0003)'));
  t.equal(await watch.heard(), wire('34 (<a> 0001 "x")'));
  await peer.spell('8a (0004 <b> 00)');
  t.equal(await peer.heard(), wire('90 (0004 00)'), 'byte by byte too');
  for (const frame of ['60 (0002)', '66 (0002)', '86 (0001 <b> 01)', '80 (0001 <b> 01)', '48 (0001)', 'c800']) {
    const other = await welcome(world, 'd', old());
    t.equal(await other.ask(frame), '', frame);
    t.ok(other.isClosed, frame);
  }
});

t.test('messages of all QoS, wills and retained messages are those of 3.1.1 [MQTT31-11]', async (t) => {
  const world = await opened();
  const watch = await welcome(world, 'watch', old());
  t.equal(await watch.ask('82 (0001 <#> 02)'), wire('90 (0001 02)'));
  const peer = await welcome(world, 'c', old({ flags: '0e', rest: '<w> <gone>' }));
  t.equal(
    await peer.ask('30 (<a> "0") 32 (<a> 0001 "1") 34 (<a> 0002 "2") 62 (0002) 31 (<r> "kept") c000'),
    wire('40 (0001) 50 (0002) 70 (0002) d000'),
  );
  t.equal(await watch.heard(), wire('30 (<a> "0") 32 (<a> 0001 "1") 34 (<a> 0002 "2") 30 (<r> "kept")'));
  t.equal(await watch.ask('40 (0001) 50 (0002)'), wire('62 (0002)'));
  t.equal(await watch.ask('70 (0002)'), '');
  await peer.cut();
  t.equal(await watch.heard(), wire('32 (<w> 0003 "gone")'));
  const later = await welcome(world, 'later', old());
  t.equal(await later.ask('82 (0001 <r> 00)'), wire('90 (0001 00) 31 (<r> "kept")'));
  t.equal(await later.ask(disconnect), '');
  t.ok(later.isClosed);
});
