// Wills of 3.1.1 at the broker, and the silence that lets one out.
import t from 'tap';
import { wire } from '../../kit/conversation.ts';
import { connect3, disconnect, listener, welcome } from '../../kit/frames3.ts';
import { World } from '../../kit/world.ts';

/** Connect flags of clean session with a will at a QoS, retained or not. */
const flagsOf = (qos: number, isRetained = false): string =>
  (0x06 | (qos << 3) | (isRetained ? 0x20 : 0)).toString(16).padStart(2, '0');

t.test(
  'a will goes out on every end but DISCONNECT, at its QoS [MQTT3-3.1.2-8] [MQTT3-3.1.2-10] [MQTT3-3.14.4-3] [MQTT3-3.1.2-12]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const watch = await listener(world, 'watch', 'w/#');
    const heads = ['30', '32', '34'];
    for (const qos of [0, 1, 2]) {
      const peer = await welcome(world, `c${qos}`, { flags: flagsOf(qos), rest: '<w/c> <gone>' });
      t.equal(await watch.heard(), '', 'not before the end');
      await peer.cut();
      const id = qos === 0 ? '' : `000${qos}`;
      t.equal(await watch.heard(), wire(`${heads[qos]} (<w/c> ${id} "gone")`), `QoS ${qos}`);
    }
    const willing = { flags: flagsOf(0), rest: '<w/c> <gone>' } as const;
    const ends: Readonly<Record<string, string>> = {
      'a packet that is malformed': '3000',
      'a second CONNECT': connect3('c', willing),
      'a DISCONNECT of the wrong form': 'e10100',
    };
    for (const [name, frame] of Object.entries(ends)) {
      const peer = await welcome(world, 'c', willing);
      await peer.ask(frame);
      t.ok(peer.isClosed, name);
      t.equal(await watch.heard(), wire('30 (<w/c> "gone")'), name);
    }
    await welcome(world, 'c', willing);
    const next = await welcome(world, 'c', willing);
    t.equal(await watch.heard(), wire('30 (<w/c> "gone")'), 'another connection takes over');
    await next.ask(disconnect);
    t.equal(await watch.heard(), '', 'DISCONNECT: the will is forgotten');
    await (await welcome(world, 'c')).cut();
    t.equal(await watch.heard(), '', 'and the next connection has none');
  },
);

t.test('a will is sent once, and its topic and payload are what CONNECT said', async (t) => {
  const world = new World();
  await world.openBroker();
  const watch = await listener(world, 'watch', '#');
  const empty = await welcome(world, 'c', { flags: flagsOf(0), rest: '<w> <>' });
  await empty.cut();
  t.equal(await watch.heard(), wire('30 (<w>)'));
  const binary = await welcome(world, 'c', { flags: flagsOf(0), rest: '<w> 0003 00ff80' });
  await binary.cut();
  t.equal(await watch.heard(), wire('30 (<w> 00ff80)'));
  await world.clock.advance(600_000);
  t.equal(await watch.heard(), '');
});

t.test(
  'a will is retained if it was to be, and is an ordinary message if not [MQTT3-3.1.2-16] [MQTT3-3.1.2-17]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const watch = await listener(world, 'watch', 'w/#');
    await (await welcome(world, 'kept', { flags: flagsOf(1, true), rest: '<w/kept> <gone>' })).cut();
    await (await welcome(world, 'lost', { flags: flagsOf(1), rest: '<w/lost> <gone>' })).cut();
    t.equal(await watch.heard(), wire('32 (<w/kept> 0001 "gone") 32 (<w/lost> 0002 "gone")'), 'RETAIN 0 to both');
    const later = await welcome(world, 'later');
    t.equal(await later.ask('82 (0001 <w/#> 02)'), wire('90 (0001 02) 33 (<w/kept> 0001 "gone")'));
    await (await welcome(world, 'kept', { flags: flagsOf(0, true), rest: '<w/kept> <>' })).cut();
    const last = await welcome(world, 'last');
    t.equal(await last.ask('82 (0001 <w/#> 02)'), wire('90 (0001 02)'), 'an empty one takes it away');
  },
);

t.test(
  'silence of one and a half keep-alives ends the connection like a failure of the network [MQTT3-3.1.2-24] [MQTT3-3.12.4-1]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const watch = await listener(world, 'watch', 'w/#');
    const peer = await welcome(world, 'c', { flags: flagsOf(0), keepAlive: '000a', rest: '<w/c> <gone>' });
    for (const frame of ['c000', '30 (<a> "x")', '82 (0001 <b> 00)']) {
      await world.clock.advance(14_500);
      await peer.ask(frame);
      t.notOk(peer.isClosed, `${frame} counts as life`);
    }
    t.equal(await peer.ask('c000'), 'd000');
    await world.clock.advance(14_500);
    t.notOk(peer.isClosed);
    await world.clock.advance(1_500);
    t.ok(peer.isClosed);
    t.equal(await peer.heard(), '', 'without a word');
    t.equal(await watch.heard(), wire('30 (<w/c> "gone")'));
    const patient = await welcome(world, 'patient');
    await world.clock.advance(3_600_000);
    t.equal(await patient.ask('c000'), 'd000', 'a keep-alive of 0 asks for nothing');
  },
);

t.test('a device that never finishes its packet is silent too [MQTT3-3.1.2-24]', async (t) => {
  const world = new World();
  await world.openBroker();
  const peer = await welcome(world, 'c', { keepAlive: '0002' });
  peer.say('30 7f 0001 61');
  await world.clock.advance(4_000);
  t.ok(peer.isClosed);
});
