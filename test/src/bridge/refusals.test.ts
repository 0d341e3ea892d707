// Messages that the remote refuses: tried again, waited for, set aside or dropped, as the table says; and repeats that
// a rule does not let pass.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { PublishPacket } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { refusalDefaults } from '../../../src/bridge/reason-table.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

interface Refusing {
  readonly world: World;
  readonly remote: Remote;
  readonly bridge: Bridge;
  /** Payloads that came, in their order, with every refused one as often as it came. */
  readonly came: string[];
}

/** A remote that answers each message with what `codeOf` says, and a bridge to it. */
async function refusing(
  codeOf: (publish: PublishPacket, nth: number) => ReasonCode,
  more: Partial<BridgeSettings> = {},
): Promise<Refusing> {
  const world = new World();
  const remote = new Remote();
  remote.isAnswering = false;
  await remote.open(world, v5);
  const bridge = openBridge(world, { keepAlive: 0, ...more });
  await world.clock.settle();
  const came: string[] = [];
  const { peer } = remote;
  const answer = peer.onPacket;
  peer.onPacket = (packet) => {
    answer?.(packet);
    if (packet.type !== PacketType.publish) return;
    came.push(packet.payload.toString());
    const reasonCode = codeOf(packet, came.length);
    const type = packet.qos === 2 ? PacketType.pubrec : PacketType.puback;
    peer.send({ type, packetId: packet.packetId, reasonCode, properties: {} });
  };
  return { world, remote, bridge, came };
}

const is = (publish: PublishPacket, payload: string): boolean => publish.payload.toString() === payload;

t.test(
  'a message that fails for a moment is sent again as a new one, and set aside after its tries [MQTT-4.4.0-2]',
  async (t) => {
    const { world, bridge, came } = await refusing((publish, nth) =>
      is(publish, 'bad') || nth === 1 ? ReasonCode.implementationSpecificError : ReasonCode.success,
    );
    publishLocally(world, 'up/a', 'one');
    publishLocally(world, 'up/a', 'two');
    await world.clock.advance(900);
    t.same(came, ['one', 'two'], 'not before its time');
    t.match(bridge.status, { refusals: { codes: { implementation_specific_error: 1 }, waiting: 1 }, queueDepth: 1 });
    await world.clock.advance(200);
    t.same(came, ['one', 'two', 'one']);
    t.match(bridge.status.forwards, [{ received: 2, delivered: 2, queued: 0 }]);
    publishLocally(world, 'up/a', 'bad');
    await world.clock.advance(60_000);
    t.equal(came.filter((one) => one === 'bad').length, 5, 'five tries');
    const [letter] = bridge.delivery.deadLetters.list();
    t.match(letter, { reason: 'implementation_specific_error', rule: 'up/#', originalTopic: 'up/a' });
    t.match(bridge.status.forwards, [{ received: 3, delivered: 2, queued: 0, dropped: { 'dead-letter': 1 } }]);
    bridge.destroy();
  },
);

t.test('a quota that is used up pauses the bridge, twice as long each time, and nothing is lost', async (t) => {
  let isOver = false;
  const { world, bridge, came } = await refusing(() => (isOver ? ReasonCode.success : ReasonCode.quotaExceeded));
  publishLocally(world, 'up/a', 'one');
  await world.clock.settle();
  publishLocally(world, 'up/a', 'two');
  await world.clock.advance(9000);
  t.same(came, ['one'], 'nothing is sent in the pause');
  t.ok((bridge.status.refusals.pausedUntil ?? 0) > world.clock.now());
  await world.clock.advance(1500);
  t.same(came.slice(0, 2), ['one', 'one'], 'after 10 s the same again');
  const count = came.length;
  await world.clock.advance(19_000);
  t.equal(came.length, count, 'the second pause lasts 20 s');
  isOver = true;
  await world.clock.advance(2000);
  t.same(new Set(came), new Set(['one', 'two']));
  t.match(bridge.status, { queueDepth: 0, refusals: { waiting: 0 } });
  t.match(bridge.status.forwards, [{ received: 2, delivered: 2 }]);
  bridge.destroy();
});

t.test('a parked rule waits in its order while others go on', async (t) => {
  let isOver = false;
  const { world, bridge, came } = await refusing(
    (publish) => (isOver || !publish.topic.startsWith('up/') ? ReasonCode.success : ReasonCode.notAuthorized),
    {
      forwards: [
        { localTopic: 'up/#', remoteTopic: '' },
        { localTopic: 'other/#', remoteTopic: '' },
      ],
      refusals: { ...refusalDefaults, actions: { not_authorized: 'park' }, parkMs: 60_000 },
    },
  );
  publishLocally(world, 'up/a', '1');
  await world.clock.settle();
  for (const payload of ['2', '3']) publishLocally(world, 'up/a', payload);
  publishLocally(world, 'other/a', 'x');
  await world.clock.settle();
  t.same(came, ['1', 'x']);
  t.match(bridge.status.refusals, { parked: ['up/#'], waiting: 3 });
  isOver = true;
  await world.clock.advance(60_100);
  publishLocally(world, 'up/a', '4');
  await world.clock.settle();
  t.same(came, ['1', 'x', '1', '2', '3', '4']);
  t.match(bridge.status, { queueDepth: 0, refusals: { parked: [], waiting: 0 } });
  bridge.destroy();
});

t.test('what waits to be sent again comes from the queue, in its place, when the session is lost', async (t) => {
  const { world, remote, bridge, came } = await refusing(
    (_, nth) => (nth === 1 ? ReasonCode.unspecifiedError : ReasonCode.success),
    {
      refusals: { ...refusalDefaults, retryMs: 600_000 },
      forwards: [{ localTopic: 'up/#', remoteTopic: '', qos: 2 }],
    },
  );
  publishLocally(world, 'up/a', 'one', 2);
  await world.clock.settle();
  t.match(bridge.status, { queueDepth: 1, underway: 0 });
  t.same(await bridge.delivery.browse(1, 5).then(({ entries }) => entries.map(({ isUnderway }) => isUnderway)), [true]);
  remote.isAnswering = true;
  remote.peer.cut();
  await world.clock.advance(2000);
  t.same(came, ['one']);
  t.same(remote.payloads, ['one', 'one'], 'on the new connection');
  t.match(bridge.status, { queueDepth: 0, refusals: { waiting: 0 }, forwards: [{ delivered: 1, queued: 0 }] });
  bridge.destroy();
});

t.test(
  'what waited here when a session was lost is sent from the queue alone, and not once more when it is due',
  async (t) => {
    const { world, remote, bridge, came } = await refusing(() => ReasonCode.unspecifiedError);
    publishLocally(world, 'up/a', 'one');
    await world.clock.advance(100);
    t.same(came, ['one']);
    remote.peer.cut(); // the next connection answers nothing
    await world.clock.advance(5000);
    t.same(remote.payloads, ['one', 'one'], 'underway');
    t.match(bridge.status, { underway: 1, queueDepth: 1, refusals: { waiting: 0 } });
    bridge.destroy();
  },
);

for (const durability of ['memory', 'synced'] as const) {
  t.test(
    `${durability}: what waits to be sent again is dropped when it is too old, or expired, and counted`,
    async (t) => {
      const kw = new KeptWorld();
      const remote = new Remote();
      remote.isAnswering = false;
      await remote.open(kw.world, v5);
      const park = { ...refusalDefaults, actions: { not_authorized: 'park' }, parkMs: 3_600_000 } as const;
      const { bridge } = await kw.start({
        bridge: {
          durability,
          refusals: park,
          keepAlive: 0,
          forwards: [
            { localTopic: 'old', remoteTopic: '', queueAgeMsMax: 60_000 },
            { localTopic: 'timed', remoteTopic: '' },
          ],
        },
      });
      await kw.world.clock.advance(100);
      const { peer } = remote;
      peer.onPacket = (packet) => {
        if (packet.type !== PacketType.publish) return;
        const { packetId } = packet;
        peer.send({ type: PacketType.puback, packetId, reasonCode: ReasonCode.notAuthorized, properties: {} });
      };
      const device = await kw.world.dial(v5);
      await device.connect('device');
      const properties = { messageExpiryInterval: 120 };
      for (const [index, topic] of ['old', 'old', 'timed', 'timed'].entries()) {
        const more = topic === 'timed' ? { properties } : {};
        device.send(publishOf(topic, `${index}`, { qos: 1, packetId: index + 1, ...more }));
      }
      await kw.world.clock.advance(50_000);
      t.match(bridge?.status, { queueDepth: 4, refusals: { waiting: 4, parked: ['old', 'timed'] } });
      await kw.world.clock.advance(15_000);
      t.match(bridge?.status.forwards, [{ received: 2, queued: 0, dropped: { 'too-old': 2 } }, { queued: 2 }]);
      await kw.world.clock.advance(60_000);
      t.match(bridge?.status.forwards, [{}, { received: 2, queued: 0, dropped: { expired: 2 } }]);
      t.match(bridge?.status, { queueDepth: 0, refusals: { waiting: 0 } });
      bridge?.destroy();
    },
  );
}

t.test('what a configuration says of a code counts: dropped, where nobody wants to see it', async (t) => {
  const { world, bridge, came } = await refusing(() => ReasonCode.payloadFormatInvalid, {
    refusals: { ...refusalDefaults, actions: { payload_format_invalid: 'drop' } },
  });
  publishLocally(world, 'up/a', 'one');
  await world.clock.advance(60_000);
  t.same(came, ['one']);
  t.match(bridge.status, { deadLetters: { added: 0 }, forwards: [{ dropped: { refused: 1 } }] });
  bridge.destroy();
});

t.test('a repeat of topic and payload does not pass within the window', async (t) => {
  const { world, bridge, came } = await refusing(() => ReasonCode.success, {
    forwards: [{ localTopic: 'up/#', remoteTopic: '', duplicateWindowMs: 10_000 }],
  });
  for (const payload of ['a', 'a', 'b', 'a']) publishLocally(world, 'up/x', payload);
  publishLocally(world, 'up/y', 'a');
  await world.clock.advance(10_000);
  publishLocally(world, 'up/x', 'a');
  await world.clock.settle();
  t.same(came, ['a', 'b', 'a', 'a']);
  t.match(bridge.status.forwards, [{ received: 6, delivered: 4, dropped: { duplicate: 2 } }]);
  bridge.destroy();
});
