// Rules as a configuration has them, against the vectors of the reference: what goes to the remote and what comes to
// devices, with QoS, retain flag and properties. The remote strips retain flags as it is asked to.
import t from 'tap';
import { messageDeadline } from '../../../protocol/session/expiry.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { encodePublishProperties } from '../../../protocol/wire/property-block.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { bridgeSettingsOf } from '../../../src/app/from-config.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { fixtureJson } from '../../kit/fixtures.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf, type RawPeer, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

interface Published {
  readonly topic: string;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly properties?: Properties;
}

type Seen = readonly [topic: string, qos: number, retain: boolean];

interface Vector {
  readonly id: string;
  readonly forwards?: readonly object[];
  readonly subscription?: readonly object[];
  readonly local?: readonly Published[];
  readonly remote?: readonly Published[];
  readonly sent?: readonly Seen[];
  readonly delivered?: readonly Seen[];
  /** Of the last message that was sent. */
  readonly properties?: Properties;
  /** What is retained here at the end. */
  readonly kept?: readonly string[];
}

async function settingsOf({ forwards = [], subscription = [] }: Vector): Promise<BridgeSettings> {
  const bridge = { server: 'mqtt-tcp://127.0.0.1:9000', clientid: 'b', notifications: false, forwards, subscription };
  const disk = new MemoryDisk({ 'v.conf': JSON.stringify({ bridges: { mqtt: { b: bridge } } }) });
  const { config, pems } = await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' });
  const [loaded] = config.bridges;
  if (loaded === undefined) throw new Error('there is no bridge');
  return bridgeSettingsOf(loaded, pems);
}

async function subscriber(world: World, clientId: string): Promise<RawPeer> {
  const device = await world.dial(v5);
  await device.connect(clientId);
  const entry = { filter: '#', qos: 2, noLocal: false, retainAsPublished: true, retainHandling: 0 } as const;
  device.send({ type: PacketType.subscribe, packetId: 1, entries: [entry], properties: {} });
  return device;
}

async function seenBy(device: RawPeer): Promise<readonly Seen[]> {
  return (await device.receivedOf(PacketType.publish)).map(({ topic, qos, retain }) => [topic, qos, retain] as const);
}

for (const vector of fixtureJson<readonly Vector[]>('mapping/rules.json')) {
  t.test(`${vector.id}: rules do what the reference says`, async (t) => {
    const world = new World();
    const remote = new Remote();
    await remote.open(world, v5);
    const broker = await world.openBroker({});
    const bridge = world.openBridge(await settingsOf(vector));
    const device = await subscriber(world, 'reader');
    await world.clock.settle();
    for (const { topic, qos = 0, retain = false, properties = {} } of vector.local ?? []) {
      const origin = new Origin('device', 'writer');
      const parts = { topic, payload: Buffer.from('x'), qos, retain, origin };
      const { messageExpiryInterval: expiry, ...others } = properties;
      const timed = expiry === undefined ? {} : { expiresAt: messageDeadline(expiry, world.clock.now()) };
      const message = new Message({ ...parts, ...timed, properties: encodePublishProperties(others) });
      world.router.publish(message, new Acceptance({ accepted: () => undefined }, 1));
    }
    await world.clock.settle();
    const sent = remote.published.map(({ topic, qos, retain }) => [topic, qos, retain] as const);
    t.same(sent, vector.sent ?? []);
    if (vector.properties !== undefined) t.match(remote.published.at(-1)?.properties, vector.properties);
    const asked = remote.peer.packets.flatMap((one) => (one.type === PacketType.subscribe ? one.entries : []));
    await device.received();
    for (const [index, { topic, qos = 0, retain = false }] of (vector.remote ?? []).entries()) {
      const isAsPublished = asked.some((entry) => entry.retainAsPublished);
      const packetId = qos === 0 ? 0 : index + 1;
      remote.peer.send(publishOf(topic, 'x', { qos, retain: retain && isAsPublished, packetId }));
    }
    t.same(await seenBy(device), vector.delivered ?? []);
    if (vector.kept !== undefined) {
      const late = await seenBy(await subscriber(world, 'late'));
      t.same(
        late.map(([topic]) => topic),
        vector.kept,
      );
    }
    bridge.destroy();
    broker.destroy();
  });
}
