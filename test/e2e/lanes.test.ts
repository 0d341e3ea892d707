// A bridge of several connections to a mosquitto that goes away: order in each topic, nothing lost, QoS 2 once, while
// the lanes become fewer and more under load; and each message from it once, whichever lane brings it.
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';
import { SlowRoad } from '../kit/slow-road.ts';

t.setTimeout(110_000);

const { v311, v5 } = ProtocolVersion;
const topicCount = 24;
const stepCount = 1200;
const forwards = [{ localTopic: 'up/#', remoteTopic: '' }] as const;

/** Topics take turns, and every other one is of QoS 2. */
const topicOf = (index: number): string => `up/${index % topicCount}`;
const qosOf = (index: number): 1 | 2 => (index % 2 === 0 ? 1 : 2);

for (const version of [v311, v5]) {
  const name = version === v5 ? '5.0' : '3.1.1';
  t.test(`lanes change under load and the remote goes away, MQTT ${name}`, needs('mosquitto'), async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start();
    world.closeLater(() => mosquitto.dispose());
    const near = await world.openBroker();
    const road = await SlowRoad.open(mosquitto.port, { delayMs: 5 });
    world.closeLater(() => road.dispose());
    const bridge = world.openBridge(near, road.port, { version, laneCount: 4, forwards, answerTimeoutMs: 1500 });
    const far = await world.connect(mosquitto.port, { clientId: 'far', version: v311, cleanStart: false });
    const arrived = new Map<string, number[]>();
    /** Without what came again, as QoS 1 may. */
    const distinct = new Set<string>();
    await far.subscribe('up/#', { qos: 2 }, ({ topic, text }) => {
      arrived.set(topic, [...(arrived.get(topic) ?? []), Number(text)]);
      distinct.add(text);
    });
    const device = await world.connect(near.port, { clientId: 'device' });
    const publishing: Promise<unknown>[] = [];
    let sent = 0;
    const publish = (): void => {
      for (const end = sent + stepCount; sent < end; sent++)
        publishing.push(device.publish(topicOf(sent), `${sent}`, { qos: qosOf(sent) }));
    };
    const laneCountIs = (laneCount: number) => (): boolean =>
      bridge.status.lanesWanted === undefined && bridge.status.lanes.length === laneCount;
    const resize = (laneCount: number): void => bridge.updateRules({ forwards, subscriptions: [], laneCount });

    await until('all lanes', () => bridge.status.link.state === 'connected');
    publish();
    await until('some of it', () => distinct.size > stepCount / 4);
    resize(2);
    publish();
    await until('two lanes', laneCountIs(2));
    publish();
    await until('more of it', () => distinct.size > 2 * stepCount);
    road.cut();
    publish();
    await until('the rest of it', () => bridge.status.queueDepth === 0 && distinct.size >= sent);
    // what its subscriber has had is written down: after it is killed, mosquitto forgets the second half of QoS 2
    const settledAt = Date.now();
    await until('its file', () => mosquitto.hasSavedSince(settledAt));
    await mosquitto.kill();
    publish();
    resize(6);
    await mosquitto.restart();
    publish();
    await until('six lanes', laneCountIs(6));
    publish();
    await Promise.all(publishing);
    await until('all of it', () => bridge.status.queueDepth === 0 && distinct.size >= sent, 60_000);

    for (let first = 0; first < topicCount; first++) {
      const wanted = Array.from({ length: sent / topicCount }, (_, index) => first + index * topicCount);
      const came = arrived.get(topicOf(first)) ?? [];
      if (qosOf(first) === 2) t.same(came, wanted, `${topicOf(first)} at QoS 2: all, in order, once`);
      else t.same([...new Set(came)], wanted, `${topicOf(first)} at QoS 1: all, in order`);
    }
    t.match(bridge.status.forwards, [{ received: sent, delivered: sent, queued: 0, dropped: {} }]);
    const used = bridge.status.lanes.filter(({ delivered }) => delivered > 0);
    t.equal(used.length, 6, 'all lanes had their part');
  });

  t.test(`# both ways over four lanes, and nothing comes back, MQTT ${name}`, needs('mosquitto'), async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start();
    world.closeLater(() => mosquitto.dispose());
    const near = await world.openBroker({ systemTopicsIntervalMs: 0 });
    const bridge = world.openBridge(near, mosquitto.port, {
      version,
      laneCount: 4,
      forwards: [{ localTopic: '#', remoteTopic: '' }],
      subscriptions: [{ remoteTopic: '#', localTopic: '', qos: 2, retainHandling: 2 }],
    });
    await until('all lanes', () => bridge.status.link.state === 'connected');
    const [here, there] = [await world.connect(near.port), await world.connect(mosquitto.port, { version: v311 })];
    const came: readonly [string[], string[]] = [[], []];
    for (const [index, client] of [here, there].entries())
      await client.subscribe('+/+', { qos: 2 }, ({ topic }) => void came[index]?.push(topic));
    const topics = Array.from({ length: 200 }, (_, index) => `${index % 2 === 0 ? 'up' : 'down'}/${index}`);
    for (const topic of topics) await (topic.startsWith('up') ? here : there).publish(topic, 'x', { qos: 2 });
    await until('all of it', () => came.every(({ length }) => length >= topics.length));
    // what would go round has time to do so: a message of each side once more, there and back
    await here.publish('up/last', 'x', { qos: 2 });
    await there.publish('down/last', 'x', { qos: 2 });
    await until('the last ones', () => came.every((list) => list.includes('up/last') && list.includes('down/last')));
    const wanted = [...topics, 'up/last', 'down/last'].sort();
    t.same([...came[0]].sort(), wanted, 'here each came once');
    t.same([...came[1]].sort(), wanted, 'and so it did there');
    await until('quiet', () => bridge.status.queueDepth === 0);
  });
}
