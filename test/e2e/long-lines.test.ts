// A queue that drains over a line of 100 ms there and back: the window is kept full from CONNACK on, so a message waits
// for the line and for nothing else, and lanes have a window each.
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Message } from '../../src/message/message.ts';
import { Origin } from '../../src/message/origin.ts';
import { Acceptance } from '../../src/router/acceptance.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';
import { SlowRoad } from '../kit/slow-road.ts';

t.setTimeout(110_000);

const topicCount = 1000;
/** That of a bridge that is not told another one. */
const window = 1000;
const device = new Origin('device', 'device');

for (const [laneCount, messageCount] of [
  [1, 50_000],
  [5, 25_000],
] as const) {
  const name = `${messageCount} messages of QoS 1 drain over a long line, ${laneCount} connections`;
  t.test(name, needs('mosquitto'), async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start();
    world.closeLater(() => mosquitto.dispose());
    const road = await SlowRoad.open(mosquitto.port, { delayMs: 50, window });
    world.closeLater(() => road.dispose());
    road.isClosed = true;
    const near = await world.openBroker();
    const forwards = [{ localTopic: 'up/#', remoteTopic: '' }];
    const bridge = world.openBridge(near, road.port, { laneCount, forwards });
    const far = await world.connect(mosquitto.port, { version: ProtocolVersion.v311 });
    const last = new Map<string, number>();
    let [count, overtaken] = [0, 0];
    await far.subscribe('up/#', { qos: 1 }, ({ topic, text }) => {
      if (Number(text) !== (last.get(topic) ?? -1) + 1) overtaken++;
      last.set(topic, Number(text));
      count++;
    });
    for (let index = 0; index < messageCount; index++) {
      const payload = Buffer.from(String(Math.floor(index / topicCount)));
      const parts = { topic: `up/${index % topicCount}`, payload, qos: 1, retain: false, origin: device } as const;
      near.router.publish(new Message(parts), new Acceptance({ accepted: () => undefined }, 1));
    }
    t.equal(bridge.status.queueDepth, messageCount, 'all of it waits');
    road.isClosed = false;
    const begin = performance.now();
    await until('all of it', () => count >= messageCount && bridge.status.queueDepth === 0, 90_000);
    t.comment(`${Math.round(performance.now() - begin)} ms, flights: ${road.flights}`);

    t.equal(count, messageCount, 'each came once');
    t.equal(overtaken, 0, 'in the order of its topic');
    const lanes = bridge.status.lanes.map(({ delivered }) => Math.ceil(delivered / window));
    t.equal(road.flights.length, laneCount);
    const [most, fewest] = [Math.max(...road.flights), Math.max(...lanes)];
    t.ok(most <= fewest * 1.05 + (laneCount > 1 ? 1 : 0), `${most} times there and back, ${fewest} would do`);
    t.ok(most * laneCount <= (messageCount / window) * 1.25, `${laneCount} connections use ${laneCount} windows`);
  });
}
