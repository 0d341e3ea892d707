// The remote stops while thousands of messages are published, and comes back: nothing is lost, order holds, QoS 2 comes
// exactly once.
import mqtt from 'mqtt';
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { BridgeStatus } from '../../src/bridge/bridge-status.ts';
import { allHomes } from '../kit/homes.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';

t.setTimeout(110_000);

const topicCount = 20;
const qos1Count = 10_000;
const qos2Count = 1000;

const outages = [
  ['killed', (mosquitto: Mosquitto) => mosquitto.kill(), (mosquitto: Mosquitto) => mosquitto.restart()],
  ['frozen', (mosquitto: Mosquitto) => mosquitto.freeze(), (mosquitto: Mosquitto) => mosquitto.thaw()],
] as const;

for (const [home, [name, stop, start]] of allHomes().flatMap((home) => outages.map((one) => [home, one] as const))) {
  for (const version of [ProtocolVersion.v311, ProtocolVersion.v5]) {
    const numbered = name === 'killed' ? 'Appendix B 1' : 'Appendix B 3';
    t.test(
      `${numbered}, ${home.name}: the remote is ${name}; bridge in version ${version}`,
      needs('mosquitto'),
      async (t) => {
        const world = new RealWorld(t);
        const mosquitto = await Mosquitto.start();
        world.closeLater(() => mosquitto.dispose());
        const near = await home.open(world, {
          bridge: {
            port: mosquitto.port,
            version,
            forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
            acknowledgeTimeoutMs: 1500,
          },
        });
        const status = (): BridgeStatus | undefined => near.bridge?.status;
        await until('the bridge', () => near.isLinked());
        const far = await world.connect(mosquitto.port, {
          clientId: 'far',
          version: ProtocolVersion.v311,
          cleanStart: false,
        });
        const arrived = new Map<string, number[]>();
        let count = 0;
        /** Without what came again. */
        const distinct = new Set<string>();
        await far.subscribe('up/#', { qos: 2 }, ({ topic, text }) => {
          const list = arrived.get(topic) ?? [];
          list.push(Number(text));
          arrived.set(topic, list);
          count++;
          distinct.add(`${topic} ${text}`);
        });
        // the remote writes down who subscribed, so that it still knows after it was killed
        const subscribedAt = Date.now();
        await until('its file', () => mosquitto.hasSavedSince(subscribedAt));
        await stop(mosquitto);
        const device = await mqtt.connectAsync(`mqtt://127.0.0.1:${near.port}`, {
          protocolVersion: 4,
          clientId: 'device',
        });
        world.closeLater(() => device.endAsync(true));
        const publishing: Promise<unknown>[] = [];
        for (let index = 0; index < qos1Count; index++) {
          publishing.push(device.publishAsync(`up/one/${index % topicCount}`, `${index}`, { qos: 1 }));
          if (index < qos2Count)
            publishing.push(device.publishAsync(`up/two/${index % topicCount}`, `${index}`, { qos: 2 }));
        }
        await Promise.all(publishing);
        const waiting = status()?.queueDepth ?? qos1Count + qos2Count;
        t.equal(waiting, qos1Count + qos2Count, 'all of it was accepted and waits');
        await until('the bridge has noticed', () => !near.isLinked());
        await start(mosquitto);
        await until(
          'all of it arrived',
          () => (status()?.queueDepth ?? 0) === 0 && distinct.size >= qos1Count + qos2Count,
          60_000,
        );
        for (let topic = 0; topic < topicCount; topic++) {
          const expected = (total: number): number[] =>
            Array.from({ length: total / topicCount }, (_one, index) => topic + index * topicCount);
          t.same(
            [...new Set(arrived.get(`up/one/${topic}`))],
            expected(qos1Count),
            'QoS 1: all, first arrivals in order',
          );
          t.same(arrived.get(`up/two/${topic}`), expected(qos2Count), 'QoS 2: all, in order, exactly once');
        }
        const all = { received: qos1Count + qos2Count, delivered: qos1Count + qos2Count, queued: 0, dropped: {} };
        t.match(status()?.forwards ?? [all], [all]);
        t.ok(count - qos1Count - qos2Count <= 1000, 'QoS 1: no more repeats than one window');
      },
    );
  }
}
