// A bridge whose rules change while it runs, and subscriptions that the remote refuses.
// Connection and queue stay; only what is new is asked for.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const up = { localTopic: 'up/#', remoteTopic: '' };
const old = { localTopic: 'old/#', remoteTopic: 'was/#' };
const down = { remoteTopic: 'down/#', localTopic: '', qos: 1 } as const;

t.test(
  'rules change while messages wait: those go on as they were mapped, and the others are left alone',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    await remote.open(world, v5);
    const bridge = openBridge(world, {
      forwards: [up, old],
      subscriptions: [down, { remoteTopic: 'gone/+', localTopic: '', qos: 1 }],
    });
    await world.clock.settle();
    remote.isAnswering = false;
    publishLocally(world, 'old/x', 'underway');
    publishLocally(world, 'up/x', '1');
    await world.clock.settle();
    const { connects } = bridge.status;
    remote.peer.packets.length = 0;
    const fresh = { remoteTopic: 'fresh/#', localTopic: '', qos: 2 } as const;
    bridge.updateRules({ forwards: [up, { localTopic: 'more/#', remoteTopic: '' }], subscriptions: [down, fresh] });
    publishLocally(world, 'old/x', 'nobody takes it');
    publishLocally(world, 'more/x', '2');
    await world.clock.settle();
    t.match(
      remote.peer.packets.filter(({ type }) => type !== PacketType.publish),
      [
        { type: PacketType.unsubscribe, filters: ['gone/+'] },
        { type: PacketType.subscribe, entries: [{ filter: 'fresh/#', qos: 2 }] },
      ],
      'only what is new, and the end of what is gone',
    );
    t.same(
      remote.published.map(({ topic }) => topic),
      ['was/x', 'up/x', 'more/x'],
    );
    t.match(bridge.status.forwards, [
      { from: 'up/#', received: 1 },
      { from: 'more/#', received: 1 },
    ]);
    t.equal(bridge.status.connects, connects);
    t.equal(bridge.status.queueDepth, 3);

    world.net.isDown = true;
    world.net.cut();
    await world.clock.settle();
    bridge.updateRules({ forwards: [up], subscriptions: [down] });
    t.throws(() => bridge.updateRules({ forwards: [{ localTopic: 'a/#/b', remoteTopic: '' }], subscriptions: [] }), {
      code: 'ERR_USAGE_TOPIC_MAPPING',
    });
    remote.isAnswering = true;
    remote.sessionPresent = true;
    world.net.isDown = false;
    await world.clock.advance(3000);
    t.match(
      remote.peer.packets.filter(({ type }) => type === PacketType.unsubscribe || type === PacketType.subscribe),
      [
        { type: PacketType.unsubscribe, filters: ['gone/+', 'fresh/#'] },
        { type: PacketType.subscribe, entries: [{ filter: 'down/#' }] },
      ],
      'what went while the link was down is ended when it is back, and what nobody has confirmed',
    );
    t.equal(bridge.status.queueDepth, 0);
    bridge.destroy();
  },
);

t.test('a refused subscription stands in the status of its rule, and is asked for again', async (t) => {
  const world = new World();
  let reasonCode: number = ReasonCode.notAuthorized;
  const asked: string[][] = [];
  await world.listen(v5, 9000, (peer) => {
    peer.onPacket = (packet) => {
      if (packet.type === PacketType.connect) {
        peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties: {} });
      }
      if (packet.type === PacketType.pingreq) peer.send({ type: PacketType.pingresp });
      if (packet.type !== PacketType.subscribe) return;
      asked.push(packet.entries.map(({ filter }) => filter));
      const reasonCodes = packet.entries.map(({ filter }) => (filter === 'secret/#' ? reasonCode : 0)) as ReasonCode[];
      peer.send({ type: PacketType.suback, packetId: packet.packetId, reasonCodes, properties: {} });
    };
  });
  const bridge = openBridge(world, { subscriptions: [down, { ...down, remoteTopic: 'secret/#' }] });
  await world.clock.settle();
  t.match(bridge.status.subscriptions, [{ refused: undefined }, { refused: { 'secret/#': 'not authorized' } }]);
  await world.clock.advance(100_000);
  t.same(asked, [['down/#', 'secret/#'], ['secret/#'], ['secret/#']], 'later and later');
  reasonCode = 1;
  await world.clock.advance(130_000);
  t.match(bridge.status.subscriptions, [{ refused: undefined }, { refused: undefined }]);
  await world.clock.advance(3_600_000);
  t.equal(asked.length, 4, 'and not any more');
  bridge.destroy();
});
