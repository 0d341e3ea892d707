// What becomes of messages that mosquitto does not take from a bridge, with an access list of its own: it says so in
// PUBACK or PUBREC, 5.0 only.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { refusalDefaults } from '../../src/bridge/reason-table.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';

/** A mosquitto at which nobody may publish but below `allowed`, and what came there. */
async function strictRemote(t: Test, world: RealWorld): Promise<{ mosquitto: Mosquitto; came: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-acl-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const list = join(folder, 'acl');
  writeFileSync(list, 'topic read #\ntopic write allowed/#\n', { mode: 0o600 });
  // without a bound it hangs up on whom it refuses
  const mosquitto = await Mosquitto.start([`acl_file ${list}`, 'max_queued_messages 100000']);
  world.closeLater(() => mosquitto.dispose());
  const there = await world.connect(mosquitto.port);
  const came: string[] = [];
  await there.subscribe('#', { qos: 2 }, ({ topic, text }) => void came.push(`${topic} ${text}`));
  return { mosquitto, came };
}

t.test(
  'what mosquitto does not authorize is a dead letter, and arrives when its topic is mended and it is queued again',
  needs('mosquitto'),
  async (t) => {
    const world = new RealWorld(t);
    const { mosquitto, came } = await strictRemote(t, world);
    const near = await world.openBroker();
    const forwards = [
      { localTopic: 'up/#', remoteTopic: '' },
      { localTopic: 'allowed/#', remoteTopic: '' },
    ];
    const bridge = world.openBridge(near, mosquitto.port, { forwards });
    await until('the bridge', () => bridge.status.link.state === 'connected');
    const here = await world.connect(near.port);
    for (const qos of [1, 2] as const) {
      await here.publish('up/a', `at ${qos}`, { qos });
      await here.publish('allowed/a', `at ${qos}`, { qos });
    }
    const { deadLetters } = bridge.delivery;
    await until('two letters', () => deadLetters.status.count === 2 && bridge.status.queueDepth === 0);
    t.match(
      [...deadLetters.list()],
      [1, 2].map(() => ({ reason: 'not_authorized', rule: 'up/#', originalTopic: 'up/a' })),
    );
    t.match(bridge.status, { refusals: { codes: { not_authorized: 2 } }, connects: 1 });
    for (const { id } of [...deadLetters.list()]) {
      const letter = deadLetters.changeTopic(id, 'allowed/mended');
      t.equal(letter && bridge.delivery.requeue(letter), undefined);
    }
    await until('all four', () => came.length === 4);
    t.same(came, ['allowed/a at 1', 'allowed/a at 2', 'allowed/mended at 1', 'allowed/mended at 2']);
    t.match(bridge.status, { deadLetters: { count: 0 }, queueDepth: 0 });
  },
);

t.test('a rule that mosquitto does not authorize is parked on all lanes', needs('mosquitto'), async (t) => {
  const world = new RealWorld(t);
  const { mosquitto, came } = await strictRemote(t, world);
  const near = await world.openBroker();
  const forwards = [
    { localTopic: 'up/#', remoteTopic: '' },
    { localTopic: 'allowed/#', remoteTopic: '' },
  ];
  const refusals = { ...refusalDefaults, actions: { not_authorized: 'park' } } as const;
  const bridge = world.openBridge(near, mosquitto.port, { forwards, refusals, laneCount: 3 });
  await until('the lanes', () => bridge.status.lanes.every(({ link }) => link.state === 'connected'));
  const here = await world.connect(near.port);
  await here.publish('up/first', 'x', { qos: 1 });
  await until('the refusal', () => bridge.status.refusals.parked.length === 1);
  for (let number = 0; number < 30; number++) {
    t.equal(await here.publish(`up/${number}`, 'x', { qos: 1 }), ReasonCode.success);
    await here.publish(`allowed/${number}`, 'x', { qos: 1 });
  }
  await until('the others, and their acknowledgements', () => came.length === 30 && bridge.status.queueDepth === 31);
  t.match(bridge.status, { refusals: { codes: { not_authorized: 1 }, waiting: 31, parked: ['up/#'] } });
});

t.test(
  'a message on which mosquitto hangs up each time in 3.1.1 is set aside by default, and the others arrive in order',
  needs('mosquitto'),
  async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start(['max_packet_size 1000']);
    world.closeLater(() => mosquitto.dispose());
    const there = await world.connect(mosquitto.port);
    const came: string[] = [];
    await there.subscribe('up/#', { qos: 2 }, ({ text }) => void came.push(text));
    const near = await world.openBroker();
    const forwards = [{ localTopic: 'up/#', remoteTopic: '' }];
    const bridge = world.openBridge(near, mosquitto.port, { forwards, version: ProtocolVersion.v311 });
    await until('the bridge', () => bridge.status.link.state === 'connected');
    const here = await world.connect(near.port);
    await here.publish('up/large', 'x'.repeat(2000), { qos: 1 });
    for (let number = 0; number < 10; number++) await here.publish('up/small', String(number), { qos: 1 });
    await until('the letter', () => bridge.delivery.deadLetters.status.count === 1);
    t.match([...bridge.delivery.deadLetters.list()], [{ reason: 'poison', message: { topic: 'up/large' } }]);
    await until('the others', () => bridge.status.queueDepth === 0 && new Set(came).size === 10);
    t.same(
      [...new Set(came)],
      Array.from({ length: 10 }, (_, number) => String(number)),
    );
    t.match(bridge.status.forwards, [{ received: 11, delivered: 10, dropped: { 'dead-letter': 1 } }]);
  },
);
