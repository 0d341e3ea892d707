// The doctor: what it finds at a remote that is well, at one that refuses each step, and where nobody is; and that it
// takes nothing from anybody. Remedies are data and have no words of their own here.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { LinkError } from '../../../src/base/errors.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { examine } from '../../../src/bridge/doctor.ts';
import type { DoctorStep } from '../../../src/bridge/doctor-step.ts';
import { remedyOfError, remedyOfReason } from '../../../src/bridge/remedies.ts';
import { Router } from '../../../src/router/router.ts';
import { type RawPeer, World } from '../../kit/world.ts';

const { v5, v311 } = ProtocolVersion;

const settings: BridgeSettings = {
  name: 'cloud',
  clientId: 'gw-7',
  remote: { host: '127.0.0.1', port: 9000 },
  forwards: [{ localTopic: 'a', remoteTopic: '', qos: 2 }],
  subscriptions: [
    { remoteTopic: 'cmd/{x}/#', localTopic: '', qos: 1 },
    { remoteTopic: '$share/g/cfg/+', localTopic: '', qos: 2 },
  ],
};

/** Lets the doctor work while virtual time passes. */
async function examined(world: World, more: Partial<BridgeSettings> = {}, timeoutMs = 1000) {
  const told: DoctorStep[] = [];
  const steps = examine(world.ports, { ...settings, ...more }, { timeoutMs, onStep: (step) => told.push(step) });
  for (let index = 0; index < 20; index++) await world.clock.advance(200);
  t.same(await steps, told, 'each step is told when it is done');
  t.match(told[0], { name: 'clock', state: 'warning', detail: /^2023-.* lies in the past/ }, 'before its writing');
  return told
    .slice(1)
    .map(({ name, state, detail, remedy }) => `${name} ${state}: ${detail}${remedy === '' ? '' : ` -> ${remedy}`}`);
}

/** A remote that answers as it is told, and all is well otherwise. */
async function scripted(version: ProtocolVersion, answer: (packet: Packet, peer: RawPeer) => boolean) {
  const world = new World();
  const seen: Packet[] = [];
  await world.listen(version, 9000, (peer) => {
    peer.onPacket = (packet) => {
      seen.push(packet);
      if (answer(packet, peer)) return;
      if (packet.type === PacketType.connect) {
        peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties: {} });
      }
      if (packet.type !== PacketType.subscribe) return;
      const reasonCodes = packet.entries.map(({ qos }) => qos);
      peer.send({ type: PacketType.suback, packetId: packet.packetId, reasonCodes, properties: {} });
    };
  });
  return { world, seen };
}

t.test('a remote that is well is found well, in each version, and a session of the bridge is left alone', async (t) => {
  for (const version of [v5, v311]) {
    const world = new World();
    const broker = await world.openBroker({}, 9000, new Router());
    const running = await world.dial(version, 9000);
    await running.connect('gw-7', { cleanStart: false });
    const steps = await examined(world, { version });
    t.match(steps.at(-1), /^echo ok: a message went there and back in \d+ ms$/);
    t.match(
      steps.join('\n'),
      /tcp ok[\s\S]*connect ok: accepted as gw-7-doctor[\s\S]*subscribe ok: cmd\/\+\/# at QoS 1/,
    );
    t.equal(steps.length, version === v5 ? 7 : 6);
    t.notOk(running.isClosed);
    t.equal(broker.status.sessions, 1);
    t.equal(broker.status.connections, 1);
    broker.destroy();
  }
});

t.test('where nobody listens, or nobody answers, the first step says so', async (t) => {
  t.match(await examined(new World()), [/^tcp failed: .*127\.0\.0\.1:9000/]);
  const { world } = await scripted(v5, () => true);
  t.match(await examined(world), [/^tcp ok/, /^connect failed: no answer came within 1000 ms -> a firewall/]);
});

t.test('a refusal is told with its reason, and what to do', async (t) => {
  const { world } = await scripted(v5, (packet, peer) => {
    if (packet.type !== PacketType.connect) return false;
    const properties = { reasonString: 'no such user' };
    peer.send({
      type: PacketType.connack,
      sessionPresent: false,
      reasonCode: ReasonCode.badUserNameOrPassword,
      properties,
    });
    return true;
  });
  t.match(await examined(world), [
    /^tcp ok/,
    /^connect failed: the remote refuses: bad user name or password \(no such user\) -> check username and password$/,
  ]);
});

t.test('each subscription is asked for, and what the remote cannot do is compared with the rules', async (t) => {
  const { world, seen } = await scripted(v5, (packet, peer) => {
    if (packet.type === PacketType.connect) {
      const properties = { maximumQos: 1, sharedSubscriptionAvailable: false, receiveMaximum: 10 } as const;
      peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties });
      return true;
    }
    if (packet.type !== PacketType.subscribe) return false;
    const [entry] = packet.entries;
    const isMine = entry?.filter.startsWith('viaduct/') ?? false;
    const code = isMine || entry?.filter.startsWith('$share') ? ReasonCode.notAuthorized : 0;
    peer.send({ type: PacketType.suback, packetId: packet.packetId, reasonCodes: [code], properties: {} });
    return true;
  });
  t.match(await examined(world), [
    /^tcp ok/,
    /^connect ok/,
    /^limits warning: receive maximum 10, .* QoS up to 1, .*; but rules want QoS 2, it has no shared subscriptions -> /,
    /^subscribe warning: cmd\/\+\/# at QoS 0 instead of 1 -> lower qos/,
    /^subscribe failed: \$share\/g\/cfg\/\+ is refused: not authorized -> the remote has to allow/,
    /^publish ok: a is not tried: a message there would reach whoever listens$/,
    /^echo warning: to subscribe to viaduct\/doctor\/\.\.\. is refused: not authorized/,
  ]);
  const published = seen.filter(({ type }) => type === PacketType.publish);
  t.same(published, [], 'nothing is published where nobody would hear it');
  t.equal(seen.at(-1)?.type, PacketType.disconnect);
});

t.test('a name that nobody knows fails at its own step, and a known one is told with its addresses', async (t) => {
  const world = new World();
  world.net.unknownNames.add('nowhere.example');
  const named = (host: string) => ({ remote: { host, port: 9000 } });
  t.match(await examined(world, named('nowhere.example')), [
    /^dns failed: the name nowhere\.example cannot be resolved/,
  ]);
  t.match(await examined(world, named('cloud.example')), [/^dns ok: cloud\.example is 127\.0\.0\.1$/, /^tcp failed/]);
});

const rules = { forwards: [{ localTopic: 'm/{x}/#', remoteTopic: 'up/{x}/$#' }], subscriptions: [] };

t.test(
  'what a rule may publish is tried below its wildcards, once for each topic, and a refusal is told',
  async (t) => {
    const { world, seen } = await scripted(v5, (packet, peer) => {
      if (packet.type !== PacketType.publish || packet.topic.startsWith('viaduct/')) return false;
      const reasonCode = ReasonCode.notAuthorized;
      peer.send({ type: PacketType.puback, packetId: packet.packetId, reasonCode, properties: {} });
      return true;
    });
    const steps = await examined(world, rules);
    t.match(
      steps[3],
      /^publish failed: publishing to up\/viaduct-doctor\/viaduct-doctor is refused: not authorized -> /,
    );
    const [tried, ...more] = seen.flatMap((one) => (one.type === PacketType.publish ? [one] : []));
    t.match(tried, { qos: 1, retain: false, properties: { messageExpiryInterval: 1 } });
    t.equal(String(tried?.payload), '');
    t.same(
      more.map(({ topic }) => /^viaduct\/doctor\//.test(topic)),
      [true],
    );
  },
);

t.test('where no word refuses a message, one that does not come back is told as unknown', async (t) => {
  const world = new World();
  const broker = await world.openBroker({}, 9000, new Router());
  t.match((await examined(world, { ...rules, version: v311 }))[2], /^publish ok: up\/viaduct-doctor\/.* comes back$/);
  broker.destroy();
  const deaf = await scripted(v311, () => false);
  const steps = await examined(deaf.world, { ...rules, version: v311 }, 1000);
  t.match(steps[2], /^publish warning: up\/.* was published, and does not come back: MQTT before 5\.0 has no word/);
});

t.test('a remote that hangs up over a message says why, and nothing more is asked', async (t) => {
  const { world } = await scripted(v5, (packet, peer) => {
    if (packet.type !== PacketType.publish) return false;
    peer.send({ type: PacketType.disconnect, reasonCode: ReasonCode.notAuthorized, properties: {} });
    peer.cut();
    return true;
  });
  const steps = await examined(world, rules);
  t.match(steps.at(-1), /^publish failed: the remote hung up: not authorized -> the remote has to allow this/);
});

t.test('the password is that of the bridge, wherever it comes from, and an own id is told about', async (t) => {
  const { world, seen } = await scripted(v5, (packet, peer) => {
    if (packet.type !== PacketType.connect) return false;
    const reasonCode = ReasonCode.notAuthorized;
    peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode, properties: {} });
    return true;
  });
  await world.ports.disk.replaceText('secret', 'from the file\n');
  const [, refused] = await examined(world, { username: 'u', passwordFile: 'secret' });
  t.match(seen[0], { username: 'u', password: Buffer.from('from the file') });
  t.match(refused, /it was asked as gw-7-doctor, .*: --id gw-7 asks as the bridge itself$/);
});

t.test('a remedy is found by what caused an error, however deep', async (t) => {
  const cause = Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' });
  t.match(remedyOfError(new LinkError('tls', 'no', { cause })), /out of date/);
  t.equal(remedyOfError(new Error('who knows')), '');
  t.match(remedyOfReason(ReasonCode.unsupportedProtocolVersion), /proto_ver = 4/);
  t.equal(remedyOfReason(0x12), '');
});
