// Bridges with a name here: the access rules of the broker decide what they take out and bring in, message by message
// and as they are at the moment; a bridge without a name is bound by none.
// A message that is denied is counted, and acknowledged to whoever sent it.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { bridgeSettingsOf } from '../../../src/app/from-config.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

/** A bridge of a configuration, beside a broker with its rules. */
async function opened(keys: string, rules: string) {
  const bridge = `bridges.mqtt.b { server = "mqtt-tcp://127.0.0.1:9000", clientid = gw, notifications = false, ${keys}
    forwards = [ { local_topic = "#", remote_topic = "" } ]
    subscription = [ { remote_topic = "in/#", local_topic = "", qos = 1, nolocal = true } ] }`;
  const disk = new MemoryDisk({ 'v.conf': `auth { acl.rules = [ ${rules} ] }\n${bridge}` });
  const { config, pems } = await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' });
  const [first] = config.bridges;
  if (first === undefined) throw new Error('there is no bridge');
  const settings: BridgeSettings = bridgeSettingsOf(first, pems);
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const access = { users: [], isAnonymousAllowed: true, isAllowedWithoutMatch: true, isDenialDisconnecting: false };
  const broker = await world.openBroker({ access: { ...access, rules: config.auth.rules } });
  const running = world.openBridge(settings, { rightsOf: (principal) => broker.rightsOf(principal) });
  await world.clock.settle();
  const device = await world.dial(v5);
  await device.connect('reader');
  device.send(subscribeOf(1, 1, 'in/#'));
  await device.received();
  return { world, remote, broker, bridge: running, device, access };
}

const deny = (action: string, topic: string, who: string): string =>
  `{ permit = deny, action = ${action}, topics = ["${topic}"], ${who} }`;

t.test(
  'what the rules deny to the name of a bridge is neither taken out nor brought in, until they change',
  async (t) => {
    for (const [keys, who] of [
      ['local_username = plant', 'username = plant'],
      ['local_clientid = "b7"', 'clientid = b7'],
      ['local_username = other', 'clientid = "local.gw"'],
    ] as const) {
      const rules = `${deny('subscribe', 'secret/#', who)}, ${deny('publish', 'in/danger', who)}`;
      const { world, remote, broker, bridge, device, access } = await opened(keys, rules);
      for (const topic of ['secret/a', 'open/a']) publishLocally(world, topic, topic, 1);
      for (const [index, topic] of ['in/danger', 'in/fine'].entries()) {
        remote.peer.send(publishOf(topic, topic, { qos: 1, packetId: index + 1 }));
      }
      await world.clock.settle();
      t.same(remote.payloads, ['open/a'], keys);
      t.same(
        (await device.receivedOf(PacketType.publish)).map(({ topic }) => topic),
        ['in/fine'],
      );
      t.match(bridge.status, {
        forwards: [{ received: 2, dropped: { denied: 1 } }],
        subscriptions: [{ received: 2, delivered: 1, dropped: { denied: 1 } }],
      });
      const acknowledged = remote.peer.packets.flatMap((one) => (one.type === PacketType.puback ? [one.packetId] : []));
      t.same(acknowledged, [1, 2], 'nothing stays with the remote');
      broker.updateAccess({ ...access, rules: [] });
      publishLocally(world, 'secret/a', 'now', 1);
      await world.clock.settle();
      t.same(remote.payloads, ['open/a', 'now'], 'rules hold as they are');
      bridge.destroy();
      broker.destroy();
    }
  },
);

t.test('a bridge without a name is bound by no rule', async (t) => {
  const { world, remote, broker, bridge } = await opened('', '{ permit = deny, action = pubsub, topics = ["#"] }');
  publishLocally(world, 'secret/a', 'x', 1);
  await world.clock.settle();
  t.same(remote.payloads, ['x']);
  bridge.destroy();
  broker.destroy();
});
