// The limits of a rule where its bridge has several lanes: they hold once, over all of them, in memory and in the
// journal; and one rule that is flooded neither starves nor destroys what another has.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { ForwardRuleOptions } from '../../../src/bridge/bridge-options.ts';
import { Router } from '../../../src/router/router.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Arrivals } from '../../kit/lane-world.ts';
import { publishOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const laneCount = 4;
/** Topics that take different lanes. */
const topics = Array.from({ length: 40 }, (_, index) => `up/flood/${index}`);
const payload = 'x'.repeat(100);

for (const durability of ['memory', 'written'] as const) {
  const start = async (flood: Partial<ForwardRuleOptions>, queueCountMax = 1000) => {
    const kw = new KeptWorld();
    const forwards = [
      { localTopic: 'up/flood/+', remoteTopic: '', ...flood },
      { localTopic: 'up/quiet', remoteTopic: '' },
    ];
    const terms = { durability, forwards, laneCount, queueCountMax };
    const { bridge } = await kw.start({ bridge: terms });
    if (bridge === undefined) throw new Error('no bridge');
    const device = await kw.world.dial(v5);
    await device.connect('device');
    const flooded = async (rounds: number): Promise<void> => {
      let packetId = 0;
      for (let round = 0; round < rounds; round++) {
        for (const topic of topics) device.send(publishOf(topic, payload, { qos: 1, packetId: ++packetId }));
        await kw.world.clock.advance(20);
      }
    };
    return { kw, bridge, device, flooded, terms };
  };

  t.test(`${durability}: a rule has its limit of messages once, and its oldest give way in any lane`, async (t) => {
    const { kw, bridge, device, flooded, terms } = await start({ queueCountMax: 2 });
    await flooded(5);
    const acks = await device.receivedOf(PacketType.puback);
    t.ok(acks.length === 200 && acks.every(({ reasonCode }) => reasonCode === 0), 'what comes is taken');
    t.match(bridge.status.forwards[0], { received: 200, queued: 2, dropped: { 'queue-full': 198 } });
    if (durability === 'memory') return;
    const next = await kw.start({ bridge: terms });
    t.match(next.bridge?.status.forwards[0], { queued: 2 }, 'and in the next process');
  });

  t.test(`${durability}: the same of bytes, and where the newest give way`, async (t) => {
    const bytes = await start({ queueBytesMax: 2000 });
    await bytes.flooded(3);
    const [flood] = bytes.bridge.status.forwards;
    t.ok(flood && flood.queued >= 5 && flood.queued <= 20, `${flood?.queued} messages of 2000 bytes`);
    const newest = await start({ queueCountMax: 10, queueOverflow: 'newest' });
    await newest.flooded(3);
    t.match(newest.bridge.status.forwards[0], { received: 120, queued: 10, dropped: { 'queue-full': 110 } });
  });

  t.test(`${durability}: one rule that is flooded neither starves nor destroys another`, async (t) => {
    const { kw, bridge, device, flooded } = await start({ queueCountMax: 50 }, 100);
    const quiet = async (id: number): Promise<void> => {
      device.send(publishOf('up/quiet', `${id}`, { qos: 1, packetId: 1000 + id }));
      await kw.world.clock.advance(20);
    };
    for (let id = 1; id <= 20; id++) {
      await quiet(id);
      await flooded(2);
    }
    t.match(bridge.status.forwards[1], { received: 20, queued: 20, dropped: {} }, 'nothing of it gave way');
    const acks = await device.receivedOf(PacketType.puback);
    t.equal(acks.length, 20 + 20 * 2 * topics.length, 'everybody is answered');
    t.ok(
      acks.every(({ reasonCode }) => reasonCode === 0),
      'and nobody was refused',
    );
    const router = new Router();
    const arrivals = new Arrivals();
    await kw.world.openBroker({}, 9000, router);
    arrivals.listen(router);
    await kw.world.clock.advance(3000);
    t.same(
      arrivals.byTopic.get('up/quiet'),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    t.match(bridge.status, { queueDepth: 0, forwards: [{ delivered: 50 }, { delivered: 20 }] });
  });

  t.test(`${durability}: what waits for room in one lane is let in when another one has made some`, async (t) => {
    const { kw, bridge, device, flooded } = await start({ queueCountMax: 1, queueOverflow: 'block' });
    await flooded(2);
    t.match(bridge.status.forwards[0], { received: 80, queued: 80, dropped: {} });
    t.equal((await device.receivedOf(PacketType.puback)).length <= 1, true, 'the others are not acknowledged');
    const router = new Router();
    const arrivals = new Arrivals();
    await kw.world.openBroker({}, 9000, router);
    arrivals.listen(router);
    await kw.world.clock.advance(400);
    t.equal(arrivals.count, 80, 'long before anybody looks by himself');
    t.equal((await device.receivedOf(PacketType.puback)).length + 1 >= 80, true);
    t.match(bridge.status, { queueDepth: 0, forwards: [{ delivered: 80 }] });
  });
}
