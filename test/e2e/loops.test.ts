// # both ways between brokers of ours and a mosquitto: everybody gets every message, and then it is quiet: around it,
// and in a ring with it, by the path that 5.0 carries.
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';

const { v311, v5 } = ProtocolVersion;
const all = {
  forwards: [{ localTopic: '#', remoteTopic: '' }],
  subscriptions: [{ remoteTopic: '#', localTopic: '', qos: 1 }],
} as const;

for (const [name, version, isRing] of [
  ['two brokers around a mosquitto, 3.1.1', v311, false],
  ['two brokers around a mosquitto, 5.0', v5, false],
  ['two brokers in a ring with a mosquitto, 5.0', v5, true],
] as const) {
  t.test(`# both ways, ${name}`, needs('mosquitto'), async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start();
    world.closeLater(() => mosquitto.dispose());
    const [one, two] = [
      await world.openBroker({ systemTopicsIntervalMs: 0 }),
      await world.openBroker({ systemTopicsIntervalMs: 0 }),
    ];
    const bridges = [
      world.openBridge(one, mosquitto.port, { ...all, version, isNotifying: false }),
      world.openBridge(two, mosquitto.port, { ...all, version, isNotifying: false }),
      ...(isRing ? [world.openBridge(one, two.port, { ...all, version, isNotifying: false })] : []),
    ];
    await until('all bridges', () => bridges.every(({ status }) => status.link.state === 'connected'));
    const ports = [one.port, two.port, mosquitto.port];
    const clients = await Promise.all(ports.map((port) => world.connect(port, { version: v311 })));
    const came: string[][] = [[], [], []];
    for (const [index, client] of clients.entries())
      await client.subscribe('news/+', { qos: 1 }, ({ topic }) => void came[index]?.push(topic));
    const topics = Array.from({ length: 30 }, (_, index) => `news/${index}`);
    await Promise.all(topics.map((topic, index) => clients[index % 3]?.publish(topic, 'x', { qos: 1 })));
    const hasAll = (list: readonly string[]): boolean => topics.every((topic) => list.includes(topic));
    await until('all of it, everywhere', () => came.every(hasAll));
    // a message behind them goes all ways that they could still be on
    for (const [index, client] of clients.entries()) await client.publish(`news/last${index}`, 'x', { qos: 1 });
    const last = ['news/last0', 'news/last1', 'news/last2'];
    await until('the last ones', () => came.every((list) => last.every((topic) => list.includes(topic))));
    const counts = came.map(({ length }) => length);
    const most = (topics.length + last.length) * (isRing ? 4 : 2);
    t.ok(Math.max(...counts) <= most, `no flood: ${counts}`);
    await until('quiet', () => bridges.every(({ status }) => status.queueDepth === 0));
  });
}
