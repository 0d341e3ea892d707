// Latencies: what is measured of messages on their way to a remote, and how few of them are.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Latencies } from '../../../src/bridge/latencies.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf } from '../../kit/world.ts';

/** A clock that a test sets. */
class Measured {
  at = 0;
  readonly all: Latencies = new Latencies(() => this.at);
}

t.test('waiting, the round trip and both together are told', async (t) => {
  const clock = new Measured();
  const { all } = clock;
  all.taken(1);
  t.strictSame([all.sendDue, all.settleDue, all.takeDue], [1, 1, 2]);
  clock.at = 100;
  all.sent(1, false);
  t.equal(all.sendDue, Number.POSITIVE_INFINITY);
  clock.at = 130;
  all.settled(1);
  const { queueWait, roundTrip, endToEnd } = all.views;
  t.strictSame([queueWait.sumMs, roundTrip.sumMs, endToEnd.sumMs], [100, 30, 130]);
  t.equal(all.settleDue, Number.POSITIVE_INFINITY, 'nobody is asked any more');
});

t.test('at QoS 0 a message has arrived when it is sent; a second sending changes nothing', async (t) => {
  const clock = new Measured();
  const { all } = clock;
  all.taken(1);
  all.taken(2);
  clock.at = 5;
  all.sent(1, true);
  t.strictSame([all.views.endToEnd.count, all.views.roundTrip.count], [1, 0]);
  all.sent(2, false);
  clock.at = 9;
  all.sent(2, false);
  all.settled(2);
  t.equal(all.views.roundTrip.sumMs, 4);
});

t.test('the more messages come, the fewer are measured; slow ones are measured all', async (t) => {
  const clock = new Measured();
  const { all } = clock;
  let count = 0;
  const take = (from: number, to: number): void => {
    for (let sequence = from; sequence <= to; sequence++) {
      if (sequence < all.takeDue) continue;
      all.taken(sequence);
      count++;
    }
  };
  take(1, 64_000);
  t.ok(count < 1100 && count > 900, String(count));
  t.equal(all.oldestAt, 0);
  clock.at = 60_000;
  count = 0;
  take(64_001, 64_200);
  all.clear();
  for (let sequence = 65_000; sequence < 65_050; sequence++) {
    clock.at += 1000;
    take(sequence, sequence);
  }
  t.ok(count > 49, String(count));
});

t.test('the oldest that waits is remembered however many come, and what was dropped is forgotten', async (t) => {
  const clock = new Measured();
  const { all } = clock;
  for (let sequence = 1; sequence < 2000; sequence++) {
    all.taken(sequence);
    clock.at += 50;
  }
  t.equal(all.oldestAt, 0);
  all.dropped(1, 'expired');
  t.ok((all.oldestAt ?? 0) > 0);
  t.equal(all.views.endToEnd.count, 0);
  all.clear();
  t.equal(all.oldestAt, undefined);
  all.taken(10_000);
  all.restart();
  t.equal(all.takeDue, 0, 'after a break the next one is measured');
});

for (const durability of ['memory', 'synced'] as const) {
  t.test(`${durability}: a bridge tells how old its queue is, and how long messages took`, async (t) => {
    const kw = new KeptWorld();
    const { bridge } = await kw.start({ bridge: { durability } });
    if (bridge === undefined) throw new Error('no bridge');
    const device = await kw.world.dial(ProtocolVersion.v5);
    await device.connect('device');
    for (const packetId of [1, 2]) device.send(publishOf('up/a', 'x', { qos: 1, packetId }));
    await kw.world.clock.advance(3000);
    t.ok((bridge.status.oldestMs ?? 0) > 2500, String(bridge.status.oldestMs));
    const remote = new Remote();
    await remote.open(kw.world, ProtocolVersion.v5);
    await kw.world.clock.advance(3000);
    t.equal(bridge.status.oldestMs, undefined);
    const first = bridge.latencies;
    t.ok(first.endToEnd.count > 0 && first.queueWait.sumMs > 2500);
    device.send(publishOf('up/a', 'y', { qos: 1, packetId: 3 }));
    await kw.world.clock.advance(100);
    t.equal(bridge.latencies.roundTrip.count, first.roundTrip.count + 1);
    bridge.destroy();
  });
}
