// Messages with an expiry interval that wait for a remote which is away: the time that they wait counts, over restarts
// too, and what is over is dropped with that reason.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

for (const [durability, isRestarted] of [
  ['memory', false],
  ['synced', false],
  ['synced', true],
] as const) {
  const name = `${durability}${isRestarted ? ', over a restart' : ''}`;
  t.test(`${name}: an expiry counts across the outage [MQTT-3.3.2-5] [MQTT-3.3.2-6]`, async (t) => {
    const kept = new KeptWorld();
    const { clock } = kept.world;
    const backoff = { delayMsMin: 100, delayMsMax: 100, stableMs: 10_000 };
    const settings = { bridge: { durability, keepAlive: 0, backoff } };
    let { bridge } = await kept.start(settings);
    const device = await kept.world.dial(v5);
    await device.connect('device');
    for (const [packetId, messageExpiryInterval] of [
      [1, 60],
      [2, 600],
    ] as const)
      for (const qos of [1, 2] as const) {
        const properties = { messageExpiryInterval };
        const id = packetId + 2 * (qos - 1);
        device.send(publishOf('up/a', `${messageExpiryInterval}`, { qos, packetId: id, properties }));
      }
    await clock.advance(1000);
    t.match(bridge?.status, { queueDepth: 4 });
    if (isRestarted) ({ bridge } = await kept.start({ crash: 'kill', ...settings }));
    await clock.advance(119_000);
    const remote = new Remote();
    await remote.open(kept.world, v5);
    await clock.advance(1000);
    t.same(remote.payloads, ['600', '600']);
    for (const { properties } of remote.published) {
      const left = properties.messageExpiryInterval ?? 0;
      t.ok(left >= 478 && left <= 480, `${left} s are left of 600`);
    }
    t.match(bridge?.status.forwards, [{ received: 4, delivered: 2, queued: 0, dropped: { expired: 2 } }]);
    bridge?.destroy();
  });
}
