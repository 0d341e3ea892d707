// CONNECT and CONNACK of 3.1.1 at the broker, byte by byte.
import t from 'tap';
import { converse, wire } from '../../kit/conversation.ts';
import { accepted, connect3, disconnect, listener, resumed, welcome } from '../../kit/frames3.ts';
import { World } from '../../kit/world.ts';

async function opened(options: Parameters<World['openBroker']>[0] = {}): Promise<World> {
  const world = new World();
  await world.openBroker(options);
  return world;
}

t.test('a CONNECT in order is answered by CONNACK 0, first of all [MQTT3-3.1.4-4] [MQTT3-3.2.0-1]', async (t) => {
  const world = await opened();
  // a retained message and a session with a queue would like to come first
  const device = await welcome(world, 'device');
  device.say('31 (<a> "r")');
  const first = await welcome(world, 'c', { flags: '00' });
  await first.ask('82 (0001 <a> 01)');
  await first.cut();
  await device.ask('32 (<a> 0001 "q")');
  const { answer } = await converse(world, connect3('c', { flags: '00' }));
  t.match(answer, /^20020100/, 'CONNACK comes before what waited');
  t.equal((await converse(world, connect3('d'))).answer, accepted);
});

t.test('what comes before CONNECT ends the connection, unanswered [MQTT3-3.1.0-1]', async (t) => {
  const world = await opened();
  const early = ['c000', '82 (0001 <a> 00)', '30 (<a> "x")', '32 (<a> 0001 "x")', disconnect, '20020000', '40020001'];
  for (const frame of early) {
    const { peer, answer } = await converse(world, `${frame} ${connect3('c')}`);
    t.equal(answer, '', frame);
    t.ok(peer.isClosed, frame);
  }
});

t.test('a second CONNECT is a violation: the connection ends [MQTT3-3.1.0-2]', async (t) => {
  const world = await opened();
  const peer = await welcome(world, 'c');
  t.equal(await peer.ask(connect3('c')), '');
  t.ok(peer.isClosed);
  const together = await converse(world, `${connect3('c')} ${connect3('c')}`);
  t.equal(together.answer, accepted, 'in one chunk: the first is answered, the second is not');
  t.ok(together.peer.isClosed);
});

t.test('another protocol name is no MQTT: the connection ends without a word [MQTT3-3.1.2-1]', async (t) => {
  const world = await opened();
  for (const protocol of ['<MQTTX> 04', '<mqtt> 04', '<MQT> 04', '<> 04', '<MQTT\u0020> 04', '<HTTP> 01']) {
    const { peer, answer } = await converse(world, connect3('c', { protocol }));
    t.equal(answer, '', protocol);
    t.ok(peer.isClosed, protocol);
  }
});

t.test('a level that does not exist gets CONNACK 1, then the end [MQTT3-3.1.2-2] [MQTT3-3.2.2-5]', async (t) => {
  const world = await opened();
  for (const protocol of ['<MQTT> 00', '<MQTT> 02', '<MQTT> 03', '<MQIsdp> 04', '<MQIsdp> 02', '<MQTT> ff']) {
    const { peer, answer } = await converse(world, connect3('c', { protocol }));
    t.equal(answer, '20020001', protocol);
    t.ok(peer.isClosed, protocol);
  }
});

t.test(
  'a CONNECT of the wrong form ends the connection without CONNACK [MQTT3-3.1.4-1] [MQTT3-3.1.2-3] [MQTT3-3.2.2-6] [MQTT3-3.1.2-14] [MQTT3-3.1.2-22]',
  async (t) => {
    const world = await opened();
    const wrong: Readonly<Record<string, string>> = {
      'the reserved flag': connect3('c', { flags: '03' }),
      'will QoS 3': connect3('c', { flags: '1e', rest: '<w> <x>' }),
      'will QoS without a will': connect3('c', { flags: '0a' }),
      'will retain without a will': connect3('c', { flags: '22' }),
      'a will without its fields': connect3('c', { flags: '06' }),
      'a will without its message': connect3('c', { flags: '06', rest: '<w>' }),
      'a will that no flag announced': connect3('c', { rest: '<w> <x>' }),
      'a user name that no flag announced': connect3('c', { rest: '<u>' }),
      'a user name that is missing': connect3('c', { flags: '82' }),
      'a password without user name': connect3('c', { flags: '42', rest: '<p>' }),
      'a password that is missing': connect3('c', { flags: 'c2', rest: '<u>' }),
      'no client id': '10 (<MQTT> 04 02 0000)',
      'no keep-alive': '10 (<MQTT> 04 02)',
      'no flags': '10 (<MQTT> 04)',
      'no body': '1000',
      'a client id that is longer than the packet': '10 (<MQTT> 04 02 0000 0005 61)',
      'a client id that is no UTF-8': '10 (<MQTT> 04 02 0000 0001 ff)',
      'flags in the fixed header': '11 (<MQTT> 04 02 0000 <c>)',
      'a length of five bytes': '10 ffffffff7f',
    };
    for (const [name, frame] of Object.entries(wrong)) {
      const { peer, answer } = await converse(world, frame);
      t.equal(answer, '', name);
      t.ok(peer.isClosed, name);
    }
    t.equal((await converse(world, connect3('c'))).answer, accepted, 'others do not notice');
  },
);

t.test('every client id of 1 to 23 letters and digits is taken [MQTT3-3.1.3-5] [MQTT3-3.1.3-3]', async (t) => {
  const world = await opened();
  const letters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (let length = 1; length <= 23; length++) {
    const clientId = letters.slice(length, 2 * length);
    t.equal((await converse(world, connect3(clientId))).answer, accepted, clientId);
  }
  for (const clientId of ['x'.repeat(65_535), 'with space/and+slash#', '\u65e5\u672c', '$SYS'])
    t.equal((await converse(world, connect3(clientId))).answer, accepted, clientId.slice(0, 24));
});

t.test(
  'an empty client id gets one of its own, if it asks for a clean session [MQTT3-3.1.3-6] [MQTT3-3.1.3-7] [MQTT3-3.1.3-8] [MQTT3-3.1.3-9] [MQTT3-3.2.2-4]',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker();
    const one = await welcome(world, '');
    const other = await welcome(world, '');
    t.equal(await one.ask('82 (0001 <a> 00)'), wire('90 (0001 00)'));
    await other.ask('30 (<a> "x")');
    t.equal(await one.heard(), wire('30 (<a> "x")'), 'they are two, and both are there');
    const { peer, answer } = await converse(world, connect3('', { flags: '00' }));
    t.equal(answer, '20020002');
    t.ok(peer.isClosed);
    t.equal(broker.status.sessions, 2, 'nothing was kept for it');
  },
);

t.test('the same client id throws the older connection out [MQTT3-3.1.4-2]', async (t) => {
  const world = await opened();
  for (const flags of ['02', '00']) {
    const older = await welcome(world, 'same', { flags });
    await older.ask('82 (0001 <a> 00)');
    const newer = await welcome(world, 'same', { flags });
    t.equal(await older.heard(), '', 'without a word');
    t.ok(older.isClosed);
    t.equal(await newer.ask('c000'), 'd000');
  }
  const lower = await welcome(world, 'same');
  const upper = await welcome(world, 'SAME');
  t.notOk(lower.isClosed, 'client ids are told apart by case');
  t.notOk(upper.isClosed);
});

t.test(
  'a refusal is final: nothing behind it is looked at [MQTT3-3.1.4-5] [MQTT3-3.2.2-4] [MQTT3-3.2.2-5]',
  async (t) => {
    const world = await opened({
      access: {
        isAnonymousAllowed: false,
        users: [{ username: 'u', password: 'p' }],
        rules: [],
        isAllowedWithoutMatch: true,
        isDenialDisconnecting: false,
      },
    });
    const watch = await welcome(world, 'watch', { flags: 'c2', rest: '<u> <p>' });
    await watch.ask('82 (0001 <#> 00)');
    const nobody = await converse(world, `${connect3('n', { flags: '00' })} 30 (<a> "x") 82 (0001 <a> 00) c000`);
    t.equal(nobody.answer, '20020005', 'not authorized, and no session present');
    t.ok(nobody.peer.isClosed);
    const wrong = await converse(world, `${connect3('n', { flags: 'c2', rest: '<u> <no>' })} 30 (<a> "x")`);
    t.equal(wrong.answer, '20020004', 'bad user name or password');
    t.ok(wrong.peer.isClosed);
    t.equal(await watch.heard(), '', 'what they published was not processed');
    t.equal((await converse(world, connect3('n', { flags: 'c0', rest: '<u> <p>' }))).answer, accepted);
  },
);

t.test(
  'a broker that has no room for a session says 3 and closes [MQTT3-4.8.0-2] [MQTT3-3.2.2-5] [MQTT3-3.2.2-4]',
  async (t) => {
    const world = await opened({ sessionsMax: 1 });
    await welcome(world, 'one');
    const { peer, answer } = await converse(world, connect3('two', { flags: '00' }));
    t.equal(answer, '20020003');
    t.ok(peer.isClosed);
  },
);

t.test(
  'session present tells whether there was a session [MQTT3-3.2.2-1] [MQTT3-3.2.2-2] [MQTT3-3.2.2-3] [MQTT3-3.1.4-3]',
  async (t) => {
    const world = await opened();
    const connect = async (flags: string): Promise<string> => {
      const { peer, answer } = await converse(world, connect3('c', { flags }));
      await peer.ask(disconnect);
      return answer;
    };
    t.equal(await connect('00'), accepted, 'none yet');
    t.equal(await connect('00'), resumed, 'the one of before');
    t.equal(await connect('02'), accepted, 'a clean one');
    t.equal(await connect('00'), accepted, 'of which nothing was kept');
    t.equal(await connect('00'), resumed);
    const first = await welcome(world, 'c', { flags: '00' });
    t.equal((await converse(world, connect3('c', { flags: '00' }))).answer, resumed, 'taken over while it was in use');
    t.ok(first.isClosed);
  },
);

t.test('a CONNECT may come one byte at a time, and with everything behind it in one chunk', async (t) => {
  const world = await opened();
  const slow = (await converse(world, '')).peer;
  await slow.spell(connect3('slow'));
  t.equal(await slow.heard(), accepted);
  await slow.spell('82 (0001 <a/#> 01)', '32 (<a/b> 0002 "x")', 'c000');
  t.equal(await slow.heard(), wire('90 (0001 01) 32 (<a/b> 0001 "x") 40 (0002) d000'));
  const eager = await converse(world, `${connect3('e')} 82 (0001 <b/#> 00) 32 (<b/c> 0007 "y") c000 ${disconnect}`);
  t.equal(eager.answer, wire(`${accepted} 90 (0001 00) 30 (<b/c> "y") 40 (0007) d000`));
  t.ok(eager.peer.isClosed);
});

t.test(
  'a device that has said DISCONNECT is closed, and what it says then is not heard [MQTT3-3.14.4-2]',
  async (t) => {
    const world = await opened();
    const watch = await listener(world, 'watch', '#');
    const peer = await welcome(world, 'c');
    t.equal(await peer.ask(`${disconnect} 30 (<a> "x")`), '');
    t.ok(peer.isClosed);
    t.equal(await watch.heard(), '');
    const wrong = await welcome(world, 'c');
    t.equal(await wrong.ask('e100'), '', 'reserved bits');
    t.ok(wrong.isClosed);
  },
);
