// Repeats that a rule does not let pass: by a user property, or by topic and payload; and that only what was taken
// counts as passed: a publisher that was refused says the same again.
import t from 'tap';
import { encodePublishProperties } from '../../../protocol/wire/property-block.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const origin = new Origin('device', 'device');

function publishWith(world: World, payload: string, ids: readonly string[]): void {
  const userProperties = ids.map((id) => ['id', id] as const);
  const properties = encodePublishProperties({ userProperties });
  const parts = { topic: 'up/a', payload: Buffer.from(payload), qos: 1, retain: false, properties, origin } as const;
  world.router.publish(new Message(parts), new Acceptance({ accepted: () => undefined }, 1));
}

t.test('a repeat is known by a user property for so long, and what has none passes', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const forwards = [{ localTopic: 'up/#', remoteTopic: '', duplicateWindowMs: 10_000, duplicateProperty: 'id' }];
  const bridge = openBridge(world, { forwards });
  await world.clock.settle();
  publishWith(world, '1', ['x']);
  publishWith(world, '2', ['x']);
  publishWith(world, '3', ['y', 'x']);
  publishWith(world, '4', []);
  publishWith(world, '4', []);
  await world.clock.advance(9990);
  publishWith(world, '5', ['x']);
  await world.clock.advance(10);
  publishWith(world, '6', ['x']);
  await world.clock.settle();
  t.same(remote.payloads, ['1', '3', '4', '4', '6'], 'the first value of the property is the key');
  t.match(bridge.status.forwards, [{ received: 7, delivered: 5, dropped: { duplicate: 2 } }]);
  bridge.destroy();
});

for (const [name, gate] of [
  ['duplicates', { duplicateWindowMs: 600_000 }],
  ['what is unchanged', { isChangeOnly: true }],
  ['what comes too soon', { intervalMsMin: 600_000 }],
  ['all but every second', { sampleOf: 2 }],
] as const) {
  t.test(`a rule that holds back ${name} lets pass what the queue refused, when it comes again`, async (t) => {
    const world = new World();
    const forwards = [{ localTopic: 'up/#', remoteTopic: '', ...gate }];
    const backoff = { delayMsMin: 100, delayMsMax: 100, stableMs: 1000 };
    const bridge = openBridge(world, { forwards, backoff, queueCountMax: 1, queueOverflow: 'newest' });
    await world.clock.settle();
    t.same(publishLocally(world, 'up/a', 'first'), [ReasonCode.success]);
    t.same(publishLocally(world, 'up/b', 'second'), [ReasonCode.quotaExceeded]);
    const remote = new Remote();
    await remote.open(world, v5);
    await world.clock.advance(1000);
    t.same(remote.payloads, ['first']);
    t.same(publishLocally(world, 'up/b', 'second'), [ReasonCode.success]);
    await world.clock.settle();
    t.same(remote.payloads, ['first', 'second']);
    bridge.destroy();
  });
}
