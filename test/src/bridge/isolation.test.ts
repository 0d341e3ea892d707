// A dead bridge never slows what goes on between devices: with ten of them, dead in every way that there is, a message
// is delivered and acknowledged in the same turns as with none, in no time, and in the same bytes.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { openBridge } from '../../kit/remote.ts';
import { publishOf, type RawPeer, subscribeOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const turnsMax = 20;

/** What a remote does with a CONNECT, by its port; nobody listens on others. */
const remotes: ReadonlyMap<number, (peer: RawPeer, packet: Packet) => void> = new Map([
  [9001, () => undefined],
  [9002, (peer: RawPeer) => peer.cut()],
  [9003, (peer: RawPeer, packet: Packet) => answer(peer, packet, 0x87)],
  // takes everything and acknowledges nothing
  [9004, (peer: RawPeer, packet: Packet) => answer(peer, packet, 0)],
]);
const ports = [9000, 9001, 9002, 9003, 9004];

function answer(peer: RawPeer, { type }: Packet | ConnectPacket, reasonCode: 0 | 0x87): void {
  if (type !== PacketType.connect) return;
  peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode, properties: {} });
}

/** The turn of every delivery and acknowledgement of half a minute, and the bytes, with so many dead bridges. */
async function halfMinute(bridgeCount: number): Promise<readonly string[]> {
  const world = new World();
  const { clock } = world;
  await world.openBroker();
  for (const [port, act] of remotes) {
    await world.listen(v5, port, (peer) => {
      peer.onPacket = (packet) => act(peer, packet);
    });
  }
  const bridges = Array.from({ length: bridgeCount }, (_, index) => {
    const own = {
      name: `b${index}`,
      clientId: `b${index}`,
      remote: { host: '127.0.0.1', port: ports[index % 5] ?? 0 },
    };
    return openBridge(world, { ...own, queueCountMax: 30, sendWindowMax: 4, laneCount: 1 + (index % 3) });
  });
  const [publisher, subscriber] = [await world.dial(v5), await world.dial(v5)];
  await publisher.connect('publisher');
  await subscriber.connect('subscriber');
  subscriber.send(subscribeOf(1, 1, 'up/#'));
  await subscriber.received();
  const seen: string[] = [];
  for (let round = 0; round < 60; round++) {
    let turns = 0;
    const tick = (): void => {
      turns++;
      if (turns < turnsMax) clock.defer(tick);
    };
    const note = (who: string) => (packet: Packet) => seen.push(`${round} ${who} ${packet.type} turn ${turns}`);
    [publisher.onPacket, subscriber.onPacket] = [note('publisher'), note('subscriber')];
    const qos = round % 3 === 0 ? 0 : 1;
    clock.defer(tick);
    publisher.send(publishOf(`up/${round % 7}`, `${round}`, { qos, packetId: qos * (round + 1) }));
    await clock.settle();
    for (const frame of await subscriber.receivedHex()) seen.push(frame);
    await clock.advance(500);
  }
  const waits = bridges.map(({ status }) => status.queueDepth);
  if (waits.some((depth) => depth < 28)) throw new Error(`the bridges have had their part: ${waits}`);
  for (const bridge of bridges) bridge.destroy();
  return seen;
}

t.test('ten dead bridges cost a local delivery no turn and no wait', async (t) => {
  const alone = await halfMinute(0);
  t.equal(alone.length, 60 + 40 + 60, 'each message was delivered, and acknowledged where it is to be');
  t.same(await halfMinute(10), alone);
});
