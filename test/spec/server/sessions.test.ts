// Sessions of 3.1.1 at the broker: what is kept when a connection ends, and what goes on with the next one.
import t from 'tap';
import { converse, wire } from '../../kit/conversation.ts';
import { accepted, connect3, disconnect, resumed, welcome } from '../../kit/frames3.ts';
import { World } from '../../kit/world.ts';

const persistent = { flags: '00' } as const;

async function opened(options: Parameters<World['openBroker']>[0] = {}): Promise<World> {
  const world = new World();
  await world.openBroker(options);
  return world;
}

t.test(
  'with clean session 0 subscriptions stay, and QoS 1 and 2 messages wait; QoS 0 does not [MQTT3-3.1.2-4] [MQTT3-3.1.2-5] [MQTT3-4.1.0-1] [MQTT3-4.5.0-1]',
  async (t) => {
    const world = await opened();
    const device = await welcome(world, 'device');
    for (const [isPolite, one, two, three] of [
      [true, '0001', '0002', '0003'],
      [false, '0004', '0005', '0006'],
    ] as const) {
      const first = await welcome(world, 'c', persistent);
      t.equal(await first.ask('82 (0001 <a/#> 02 <b> 01)'), wire('90 (0001 02 01)'));
      if (isPolite) await first.ask(disconnect);
      else await first.cut();
      await device.ask('30 (<a/0> "0") 32 (<a/1> 0001 "1") 34 (<a/2> 0002 "2") 62 (0002) 34 (<b> 0003 "3") 62 (0003)');
      const { peer, answer } = await converse(world, connect3('c', persistent));
      const waiting = `32 (<a/1> ${one} "1") 34 (<a/2> ${two} "2") 32 (<b> ${three} "3")`;
      t.equal(answer, wire(`${resumed} ${waiting}`), 'in the order in which they came, DUP 0');
      await peer.ask(`40 (${one}) 50 (${two}) 40 (${three})`);
      await peer.ask(`70 (${two})`);
      await peer.ask(disconnect);
    }
    const last = await converse(world, connect3('c', persistent));
    t.equal(last.answer, resumed, 'what was acknowledged is gone');
    t.equal(await device.ask('30 (<a/0> "now")'), '');
    t.equal(await last.peer.heard(), wire('30 (<a/0> "now")'));
  },
);

t.test(
  'with clean session 1 nothing is left of before, and nothing is left afterwards [MQTT3-3.1.2-6] [MQTT3-3.1.4-3] [MQTT3-3.1.3-2]',
  async (t) => {
    const world = await opened();
    const device = await welcome(world, 'device');
    const before = await welcome(world, 'c', persistent);
    await before.ask('82 (0001 <a> 01)');
    await before.ask(disconnect);
    await device.ask('32 (<a> 0001 "waits")');
    const clean = await converse(world, connect3('c'));
    t.equal(clean.answer, accepted, 'nothing of what waited');
    await device.ask('32 (<a> 0002 "unheard")');
    t.equal(await clean.peer.heard(), '', 'and no subscription');
    await clean.peer.ask('82 (0001 <a> 01)');
    await clean.peer.cut();
    await device.ask('32 (<a> 0003 "unheard")');
    const after = await converse(world, connect3('c', persistent));
    t.equal(after.answer, accepted);
    await device.ask('32 (<a> 0004 "unheard")');
    t.equal(await after.peer.heard(), '');
    const other = await converse(world, connect3('other', persistent));
    t.equal(other.answer, accepted, 'a session belongs to its client id');
  },
);

t.test('a session lives at least as long as its connection [MQTT3-4.1.0-2]', async (t) => {
  const world = await opened({ sessionExpiryMax: 1 });
  const device = await welcome(world, 'device');
  const peer = await welcome(world, 'c', persistent);
  await peer.ask('82 (0001 <a> 01)');
  await device.ask('34 (<a> 0001 "x")');
  await world.clock.advance(3_600_000);
  t.match(await peer.heard(), new RegExp(wire('32 (<a> 0001 "x")')));
  t.equal(await peer.ask('40 (0001)', 'c000'), 'd000');
  t.equal(await device.ask('62 (0001)'), wire('70 (0001)'), 'QoS 2 goes on where it was');
  await peer.cut();
  await world.clock.advance(10_000);
  t.equal((await converse(world, connect3('c', persistent))).answer, accepted, 'and ends when its time is over');
});

t.test('retained messages belong to no session: they stay when one ends [MQTT3-3.1.2-7]', async (t) => {
  const world = await opened();
  const device = await welcome(world, 'device');
  await device.ask('33 (<a> 0001 "kept")');
  await device.ask(disconnect);
  await welcome(world, 'device');
  const later = await welcome(world, 'later');
  t.equal(await later.ask('82 (0001 <a> 00)'), wire('90 (0001 00) 31 (<a> "kept")'));
});

t.test(
  'what is not acknowledged is sent again on the next connection, with DUP and the same ids, in its order [MQTT3-4.4.0-1] [MQTT3-3.3.1-1] [MQTT3-2.3.1-4] [MQTT3-4.6.0-6]',
  async (t) => {
    const world = await opened();
    const device = await welcome(world, 'device');
    const first = await welcome(world, 'c', persistent);
    await first.ask('82 (0001 <#> 02)');
    await device.ask('32 (<a> 0001 "1") 34 (<a> 0002 "2") 62 (0002) 34 (<a> 0003 "3") 62 (0003) 32 (<a> 0004 "4")');
    t.equal(
      await first.heard(),
      wire('32 (<a> 0001 "1") 34 (<a> 0002 "2") 34 (<a> 0003 "3") 32 (<a> 0004 "4")'),
      'each has an id of its own, not 0',
    );
    t.equal(await first.ask('50 (0002)'), wire('62 (0002)'));
    await world.clock.advance(600_000);
    t.equal(await first.heard(), '', 'on a live connection nothing is sent twice');
    await first.cut();
    await device.ask('32 (<a> 0005 "5")');
    const second = await converse(world, connect3('c', persistent));
    t.equal(
      second.answer,
      wire(`${resumed} 62 (0002) 3a (<a> 0001 "1") 3c (<a> 0003 "3") 3a (<a> 0004 "4") 32 (<a> 0005 "5")`),
      'PUBREL where PUBREC had come; the new one after the old ones, and without DUP',
    );
    await second.peer.ask('70 (0002) 40 (0001) 40 (0004) 40 (0005)');
    t.equal(await second.peer.ask('50 (0003)'), wire('62 (0003)'));
    await second.peer.cut();
    const third = await converse(world, connect3('c', persistent));
    t.equal(third.answer, wire(`${resumed} 62 (0003)`));
    t.equal(await third.peer.ask('70 (0003)'), '');
    await third.peer.cut();
    t.equal((await converse(world, connect3('c', persistent))).answer, resumed, 'now everything is settled');
  },
);

t.test('QoS 2 from a device that comes back is delivered once [MQTT3-4.3.3-2]', async (t) => {
  const world = await opened();
  const watch = await welcome(world, 'watch');
  await watch.ask('82 (0001 <a> 00)');
  const first = await welcome(world, 'c', persistent);
  t.equal(await first.ask('34 (<a> 0007 "x")'), wire('50 (0007)'));
  await first.cut();
  const second = await welcome(world, 'c', persistent);
  t.equal(await second.ask('3c (<a> 0007 "x")'), wire('50 (0007)'), 'the repeat is acknowledged');
  await second.cut();
  const third = await welcome(world, 'c', persistent);
  t.equal(await third.ask('62 (0007)'), wire('70 (0007)'));
  t.equal(await watch.heard(), wire('30 (<a> "x")'), 'and not delivered again');
  t.equal(await third.ask('34 (<a> 0007 "y")'), wire('50 (0007)'));
  t.equal(await watch.heard(), wire('30 (<a> "y")'), 'after PUBCOMP the id is free for another');
  await third.cut();
  const clean = await welcome(world, 'c');
  t.equal(await clean.ask('34 (<a> 0007 "z")'), wire('50 (0007)'));
  t.equal(await watch.heard(), wire('30 (<a> "z")'), 'a clean session knows nothing of it');
});
