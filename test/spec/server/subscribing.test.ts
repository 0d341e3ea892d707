// SUBSCRIBE and UNSUBSCRIBE of 3.1.1 at the broker, and the matching of filters.
import t from 'tap';
import { wire } from '../../kit/conversation.ts';
import { listener, welcome } from '../../kit/frames3.ts';
import { World } from '../../kit/world.ts';

async function opened(options: Parameters<World['openBroker']>[0] = {}): Promise<World> {
  const world = new World();
  await world.openBroker(options);
  return world;
}

t.test(
  'SUBSCRIBE is answered by one SUBACK, under its id, with a code for each filter in their order [MQTT3-3.8.4-1] [MQTT3-3.8.4-2] [MQTT3-3.8.4-4] [MQTT3-3.8.4-5] [MQTT3-3.9.3-1] [MQTT3-3.9.3-2] [MQTT3-2.3.1-7]',
  async (t) => {
    const world = await opened({ subscriptionsMax: 4 });
    const peer = await welcome(world, 'c');
    t.equal(await peer.ask('82 (0001 <a> 00)'), wire('90 (0001 00)'));
    t.equal(await peer.ask('82 (ffff <b/#> 02 <c/+> 00 <+/d> 01)'), wire('90 (ffff 02 00 01)'));
    const another = await welcome(world, 'd');
    await another.ask('30 (<a> "1") 30 (<b/x> "2") 30 (<c/x> "3") 30 (<x/d> "4")');
    t.equal(await peer.heard(), wire('30 (<a> "1") 30 (<b/x> "2") 30 (<c/x> "3") 30 (<x/d> "4")'));
    t.equal(await peer.ask('82 (0002 <one/too/many> 01 <a> 02)'), wire('90 (0002 80 02)'), '0x80: refused');
    t.notOk(peer.isClosed);
  },
);

t.test('what access rules refuse is a code of 0x80 among the others [MQTT3-3.9.3-2]', async (t) => {
  const world = await opened({
    access: {
      isAnonymousAllowed: true,
      users: [],
      rules: [{ isAllowed: false, action: 'subscribe', topics: ['test/nosubscribe'], subject: { kind: 'everybody' } }],
      isAllowedWithoutMatch: true,
      isDenialDisconnecting: false,
    },
  });
  const peer = await welcome(world, 'c');
  t.equal(await peer.ask('82 (0001 <a> 01 <test/nosubscribe> 02 <b> 00)'), wire('90 (0001 01 80 00)'));
  await peer.ask('30 (<test/nosubscribe> "x") 30 (<b> "y")');
  t.equal(await peer.heard(), '');
});

t.test(
  'subscribing to the same filter again replaces it, sends what is retained again, and interrupts nothing [MQTT3-3.8.4-3]',
  async (t) => {
    const world = await opened();
    const device = await welcome(world, 'device');
    await device.ask('31 (<a> "r")');
    const peer = await welcome(world, 'c');
    t.equal(await peer.ask('82 (0001 <a> 00)'), wire('90 (0001 00) 31 (<a> "r")'));
    t.equal(await peer.ask('82 (0002 <a> 01)'), wire('90 (0002 01) 31 (<a> "r")'));
    await device.ask('32 (<a> 0001 "1") 32 (<a> 0002 "2")');
    t.equal(await peer.heard(), wire('32 (<a> 0001 "1") 32 (<a> 0002 "2")'), 'one subscription, at the new QoS');
    t.equal(await peer.ask('82 (0003 <a> 00)'), wire('90 (0003 00) 31 (<a> "r")'));
    await device.ask('32 (<a> 0003 "3")');
    t.equal(await peer.heard(), wire('30 (<a> "3")'));
    t.equal(await peer.ask('40 (0001) 40 (0002)'), '', 'what was underway is settled under its ids');
  },
);

t.test(
  'UNSUBSCRIBE takes away what is literally the same, and is answered whatever it found [MQTT3-3.10.4-1] [MQTT3-3.10.4-2] [MQTT3-3.10.4-4] [MQTT3-3.10.4-5] [MQTT3-3.10.4-6] [MQTT3-2.3.1-7]',
  async (t) => {
    const world = await opened();
    const peer = await welcome(world, 'c');
    await peer.ask('82 (0001 <a/+> 00 <a/#> 00 <b> 00)');
    t.equal(await peer.ask('a2 (0002 <a/b> <a/> <A/+> <none>)'), wire('b0 (0002)'), 'none of these is there');
    t.equal(await peer.ask('30 (<a/b> "1")'), wire('30 (<a/b> "1")'));
    t.equal(await peer.ask('a2 (0003 <a/+>)'), wire('b0 (0003)'));
    t.equal(await peer.ask('30 (<a/b> "2")'), wire('30 (<a/b> "2")'), 'the other filter still matches');
    t.equal(await peer.ask('a2 (ffff <a/#> <b>)'), wire('b0 (ffff)'), 'two filters, one answer');
    t.equal(await peer.ask('30 (<a/b> "3") 30 (<b> "4")'), '');
  },
);

t.test('deliveries that have begun are finished after UNSUBSCRIBE [MQTT3-3.10.4-3]', async (t) => {
  const world = await opened();
  const flags = '00';
  const peer = await welcome(world, 'c', { flags });
  await peer.ask('82 (0001 <a> 02)');
  const device = await welcome(world, 'device');
  await device.ask('32 (<a> 0001 "1") 34 (<a> 0002 "2") 62 (0002) 34 (<a> 0003 "3") 62 (0003)');
  t.equal(await peer.heard(), wire('32 (<a> 0001 "1") 34 (<a> 0002 "2") 34 (<a> 0003 "3")'));
  t.equal(await peer.ask('50 (0002) a2 (0009 <a>)'), wire('62 (0002) b0 (0009)'));
  await device.ask('32 (<a> 0004 "4")');
  t.equal(await peer.heard(), '');
  await peer.cut();
  const again = await welcome(world, 'c', { flags });
  t.equal(await again.heard(), '', 'what was sent again came with the connection');
  t.equal(await again.ask('50 (0003)'), wire('62 (0003)'));
  t.equal(await again.ask('70 (0002) 70 (0003) 40 (0001)'), '');
});

t.test(
  'a SUBSCRIBE or UNSUBSCRIBE of the wrong form ends the connection [MQTT3-3.8.1-1] [MQTT3-3.10.1-1] [MQTT3-3.8.3-3] [MQTT3-3.8.3-4] [MQTT3-3.10.3-2] [MQTT3-3.8.3-1] [MQTT3-3.10.3-1] [MQTT3-4.7.1-2] [MQTT3-4.7.1-3] [MQTT3-4.7.3-1] [MQTT3-4.7.3-2] [MQTT3-2.3.1-1]',
  async (t) => {
    const world = await opened();
    const watch = await welcome(world, 'watch');
    const filters = ['a#', '#/a', 'a/#/b', 'a+', '+a', 'a/+b/c', '', 'a\u0000b'];
    const wrong: readonly string[] = [
      ...['80', '81', '83', '86', '8a', '8f'].map((first) => `${first} (0001 <a> 00)`),
      ...['a0', 'a1', 'a3', 'a6', 'aa', 'af'].map((first) => `${first} (0001 <a>)`),
      '82 (0001)',
      '82 ()',
      '82 (0000 <a> 00)',
      '82 (0001 <a>)',
      '82 (0001 <a> 00 <b>)',
      ...['03', '04', '08', '10', '20', '40', '80', 'ff'].map((options) => `82 (0001 <a> ${options})`),
      '82 (0001 0002 61ff 00)',
      '82 (0001 0003 eda080 00)',
      '82 (0001 0005 61 00)',
      ...filters.map((filter) => `82 (0001 <ok> 00 <${filter}> 00)`),
      'a2 (0001)',
      'a2 ()',
      'a2 (0000 <a>)',
      'a2 (0001 0002 61ff)',
      'a2 (0001 0005 61)',
      ...filters.map((filter) => `a2 (0001 <${filter}>)`),
    ];
    for (const frame of wrong) {
      const peer = await welcome(world, 'c');
      t.equal(await peer.ask(`${frame} 30 (<ok> "x")`), '', frame);
      t.ok(peer.isClosed, frame);
    }
    t.equal(await watch.ask('c000'), 'd000', 'others do not notice');
  },
);

t.test(
  'filters match level by level, and # also the level above it [MQTT3-4.7.1-1] [MQTT3-4.7.1-2] [MQTT3-4.7.1-3]',
  async (t) => {
    const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      [
        'sport/tennis/player1/#',
        ['sport/tennis/player1', 'sport/tennis/player1/ranking', 'sport/tennis/player1/a/b'],
        ['sport/tennis/player2', 'sport/tennis/player11'],
      ],
      ['#', ['a', 'a/b', '/', '//', '/a'], ['$SYS/a', '$a']],
      ['+', ['a', 'finance'], ['a/b', '/a', '$a']],
      ['sport/tennis/+', ['sport/tennis/player1', 'sport/tennis/'], ['sport/tennis/player1/ranking', 'sport/tennis']],
      ['sport/+', ['sport/', 'sport/a'], ['sport']],
      ['+/+', ['/finance', 'a/b', '/'], ['finance', '$a/b']],
      ['/+', ['/finance', '/'], ['finance', '//']],
      ['+/tennis/#', ['a/tennis', '/tennis/x'], ['a/b/tennis', '$a/tennis']],
      ['a/+/c/#', ['a//c', 'a/b/c/d'], ['a/c', 'a/b/d']],
    ];
    const world = await opened();
    const device = await welcome(world, 'device');
    for (const [filter, matching, others] of cases) {
      const watch = await listener(world, 'watch', filter);
      await device.ask(...[...others, ...matching].map((topic) => `30 (<${topic}>)`));
      t.equal(await watch.heard(), wire(matching.map((topic) => `30 (<${topic}>)`).join(' ')), filter);
    }
  },
);

t.test(
  'topics that begin with $ are only for filters that do too, retained ones as well [MQTT3-4.7.2-1]',
  async (t) => {
    const world = await opened();
    const watch = await listener(world, 'watch', '#', '+/a', '+/+', '+/#');
    const own = await listener(world, 'own', '$dollar/#', '$dollar/+');
    const device = await welcome(world, 'device');
    await device.ask('31 (<$dollar/a> "x") 30 (<$a> "y")');
    t.equal(await watch.heard(), '');
    t.equal(await own.heard(), wire('30 (<$dollar/a> "x")'));
    const later = await welcome(world, 'later');
    t.equal(await later.ask('82 (0001 <#> 00 <+/a> 00)'), wire('90 (0001 00 00)'));
    t.equal(await later.ask('82 (0002 <$dollar/a> 00)'), wire('90 (0002 00) 31 (<$dollar/a> "x")'));
  },
);

t.test('topics and filters may have 65535 bytes, and many levels [MQTT3-4.7.3-3]', async (t) => {
  const world = await opened({ topicLevelsMax: 250 });
  const long = 'x'.repeat(65_535);
  const deep = `${'a/'.repeat(200)}b`;
  const watch = await listener(world, 'watch', long, deep, `${'+/'.repeat(200)}b`, '\u65e5\u672c/#');
  const device = await welcome(world, 'device');
  t.equal(await device.ask(`32 (<${long}> 0001 "1")`), wire('40 (0001)'));
  t.equal(await watch.heard(), wire(`32 (<${long}> 0001 "1")`));
  await device.ask(`30 (<${deep}> "2")`);
  t.equal(await watch.heard(), wire(`30 (<${deep}> "2")`));
  await device.ask('30 (<\u65e5\u672c/\u8a9e> "3")');
  t.equal(await watch.heard(), wire('30 (<\u65e5\u672c/\u8a9e> "3")'));
});
