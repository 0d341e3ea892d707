// What comes in by several connections of one bridge: each message by one of them, and nothing of what any of them
// sent; the remote keeps back what came on one connection only there, or, before 5.0, not at all.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import type { Router } from '../../../src/router/router.ts';
import { LaneWorld } from '../../kit/lane-world.ts';
import { publishLocally } from '../../kit/remote.ts';

const { v311, v5 } = ProtocolVersion;
const inbound = { remoteTopic: 'down/#', localTopic: '', qos: 1, retainHandling: 2 } as const;

/** Everything that a router passes on, as text. */
function listen(router: Router, name: string): string[] {
  const came: string[] = [];
  const deliver = ({ topic, payload }: Message): void => void came.push(`${topic} ${payload.toString()}`);
  const listener = { origin: new Origin('application', name), isReady: true, deliver };
  router.subscribe(listener, '#', { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 });
  return came;
}

/** How many messages came in by each connection. */
function shares({ status }: Bridge, lanes: LaneWorld): readonly number[] {
  const ids = status.lanes.map(({ clientId }) => clientId);
  return ids.map((id) => lanes.lineOf(id)?.peer?.written.reduce((sum, bytes) => sum + countOf(bytes, 'down/'), 0) ?? 0);
}

function countOf(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes).toString('latin1').split(text).length - 1;
}

for (const [version, name] of [
  [v311, '3.1.1'],
  [v5, '5.0'],
] as const) {
  t.test(`each message from the remote comes in once, whichever lane brings it, MQTT ${name}`, async (t) => {
    const lanes = new LaneWorld();
    const { world } = lanes;
    await lanes.open();
    const here = listen(world.router, 'here');
    const bridge = lanes.bridge({ version, laneCount: 4, subscriptions: [inbound] });
    await world.clock.advance(200);
    const device = new Origin('device', 'far');
    const accepted = (): void => undefined;
    const topics = Array.from({ length: 40 }, (_, index) => `down/${index}`);
    for (const topic of topics) {
      const message = { topic, payload: Buffer.from('x'), qos: 1, retain: false, origin: device } as const;
      lanes.remoteRouter.publish(new Message(message), new Acceptance({ accepted }, 1));
    }
    await world.clock.advance(1000);
    t.same([...here].sort(), topics.map((topic) => `${topic} x`).sort());
    const own = shares(bridge, lanes);
    if (version === v5)
      t.ok(
        own.every((count) => count >= 5),
        `the work is shared out: ${own}`,
      );
    else t.same(own, [40, 0, 0, 0], 'without shared subscriptions the first lane has them');
    bridge.destroy();
    lanes.remote?.destroy();
  });

  t.test(`# both ways over four lanes: nothing comes back, MQTT ${name}`, async (t) => {
    for (const laneSubscriptions of ['all', 'auto', 'none'] as const) {
      const lanes = new LaneWorld();
      const { world } = lanes;
      await lanes.open();
      const here = listen(world.router, 'here');
      const there = listen(lanes.remoteRouter, 'there');
      const bridge = lanes.bridge({
        version,
        laneCount: 4,
        laneSubscriptions,
        forwards: [{ localTopic: '#', remoteTopic: '' }],
        subscriptions: [{ remoteTopic: '#', localTopic: '', qos: 2, retainHandling: 2 }],
      });
      await world.clock.advance(200);
      const sent = Array.from({ length: 30 }, (_, index) => `up/${index} ${index}`);
      for (const one of sent) publishLocally(world, one.split(' ')[0] ?? '', one.split(' ')[1] ?? '', 2);
      await world.clock.advance(5000);
      t.same([...here].sort(), [...sent].sort(), `${laneSubscriptions}: here each was seen once`);
      t.same([...there].sort(), [...sent].sort(), `${laneSubscriptions}: and so it was there`);
      t.match(bridge.status, { queueDepth: 0 });
      bridge.destroy();
      lanes.remote?.destroy();
    }
  });
}

t.test('bridges that share a subscription at the remote get each message once, together', async (t) => {
  const lanes = new LaneWorld();
  const { world } = lanes;
  await lanes.open();
  const here = listen(world.router, 'here');
  const subscriptions = [{ remoteTopic: '$share/plants/down/#', localTopic: '', qos: 1 } as const];
  const bridges = ['one', 'two'].map((name) => lanes.bridge({ name, clientId: name, subscriptions }));
  await world.clock.advance(200);
  const device = new Origin('device', 'far');
  const accepted = (): void => undefined;
  const payloads = Array.from({ length: 30 }, (_, index) => String(index));
  for (const payload of payloads) {
    const message = { topic: 'down/a', payload: Buffer.from(payload), qos: 1, retain: false, origin: device } as const;
    lanes.remoteRouter.publish(new Message(message), new Acceptance({ accepted }, 1));
  }
  await world.clock.advance(1000);
  t.equal(here.length, payloads.length);
  t.same(new Set(here.map((one) => one.split(' ')[1])), new Set(payloads));
  const received = bridges.map(({ status }) => status.subscriptions[0]?.received ?? 0);
  t.ok(
    received.every((count) => count > 0),
    `both of them work: ${received}`,
  );
  for (const bridge of bridges) bridge.destroy();
  lanes.remote?.destroy();
});
