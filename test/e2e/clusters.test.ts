// The brokers that users grow into, as remotes of a bridge with several connections: what has one topic stays in order,
// each message comes in once, and what they do not speak (5.0, QoS 2, shared subscriptions) is done without.
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { ClusterBroker } from '../kit/cluster-brokers.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';

t.setTimeout(230_000);

const topicCount = 20;
const stepCount = 1000;
const rules = {
  forwards: [{ localTopic: 'up/#', remoteTopic: '', qosMax: 1 }],
  subscriptions: [{ remoteTopic: 'down/#', localTopic: '', qos: 1, retainHandling: 2 }],
} as const;

const kinds = [
  { name: 'NATS', parts: ['nats-server'], start: () => ClusterBroker.startNats(), isKilled: true },
  // it takes a quarter of a minute to start
  { name: 'RabbitMQ', parts: ['rabbitmq-server', 'epmd'], start: () => ClusterBroker.startRabbit(), isKilled: false },
] as const;

for (const { name, parts, start, isKilled } of kinds) {
  t.test(`${name}: four lanes, then two${isKilled ? ', killed in between' : ''}`, needs(...parts), async (t) => {
    const world = new RealWorld(t);
    const remote = await start();
    world.closeLater(() => remote.dispose());
    const near = await world.openBroker();
    const bridge = world.openBridge(near, remote.port, { ...rules, laneCount: 4, acknowledgeTimeoutMs: 5000 });
    const isUp = (): boolean => bridge.status.link.state === 'connected';
    await until('all lanes', isUp, 60_000);
    const version = ProtocolVersion.v311;
    const far = await world.connect(remote.port, { clientId: 'far', version, cleanStart: false });
    const arrived = new Map<string, number[]>();
    /** Without what came again, which QoS 1 may over a kill. */
    const distinct = new Set<string>();
    await far.subscribe('up/#', { qos: 1 }, ({ topic, text }) => {
      arrived.set(topic, [...(arrived.get(topic) ?? []), Number(text)]);
      distinct.add(text);
    });
    const device = await world.connect(near.port, { clientId: 'device' });
    const came: string[] = [];
    await device.subscribe('down/#', { qos: 1 }, ({ topic }) => void came.push(topic));

    const publishing: Promise<unknown>[] = [];
    let sent = 0;
    const publish = (): void => {
      for (const end = sent + stepCount; sent < end; sent++)
        publishing.push(device.publish(`up/${sent % topicCount}`, `${sent}`, { qos: sent % 2 === 0 ? 1 : 2 }));
    };
    publish();
    await until('all of it', () => distinct.size >= sent);
    const commands = Array.from({ length: 100 }, (_, index) => `down/${index}`);
    await Promise.all(commands.map((topic) => far.publish(topic, 'x', { qos: 1 })));
    await until('what is for here', () => came.length >= commands.length);
    bridge.updateRules({ ...rules, laneCount: 2 });
    publish();
    if (isKilled) {
      await until('all of it', () => distinct.size >= sent);
      await remote.kill();
      publish();
      await remote.start();
    }
    await until(
      'two lanes',
      () => isUp() && bridge.status.lanesWanted === undefined && bridge.status.lanes.length === 2,
      60_000,
    );
    publish();
    await Promise.all(publishing);
    await until('the rest', () => distinct.size >= sent && bridge.status.queueDepth === 0, 60_000);

    for (let first = 0; first < topicCount; first++) {
      const wanted = Array.from({ length: sent / topicCount }, (_, index) => first + index * topicCount);
      t.same([...new Set(arrived.get(`up/${first}`))], wanted, `up/${first}: all, in order`);
    }
    // a server that is killed may forget that these were acknowledged
    const commandsCame = isKilled ? [...new Set(came)] : came;
    t.same([...commandsCame].sort(), [...commands].sort(), 'each message from there came in');
    t.match(bridge.status.forwards, [{ received: sent, delivered: sent, queued: 0, dropped: {} }]);
    t.match(bridge.status.degradations, [/./], 'what it does not speak is told');
    t.comment(bridge.status.degradations.join('; '));
  });
}
