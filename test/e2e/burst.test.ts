// A burst of devices on real sockets: 2,000 connects at once, slow readers among them. Everybody gets in, others go on
// talking meanwhile, what waits for those who do not read stays within its bounds, and nothing is left in the end.
// Counts and bytes, not times.
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { RealWorld, until } from '../kit/real-world.ts';

const { v311 } = ProtocolVersion;
const count = 2000;
const slowCount = 50;

function connectOf(clientId: string): Buffer {
  const more = { isBridge: false, cleanStart: true, keepAlive: 0, properties: {} } as const;
  return Buffer.from(encodePacket({ type: PacketType.connect, version: v311, clientId, ...more }, v311));
}

const subscribe = Buffer.from('820a00010005666c6f6f6400', 'hex'); // `flood` at QoS 0

/** Dials, connects and counts the CONNACKs of success. */
function storm(port: number, accepted: () => void): Socket[] {
  return Array.from({ length: count }, (_one, index) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.once('data', (answer) => {
      if (answer.toString('hex').startsWith('20020000')) accepted();
    });
    socket.write(connectOf(`device-${index}`));
    return socket;
  });
}

t.test('2,000 devices come at once, some of them read nothing, and others do not notice', async (t) => {
  const world = new RealWorld(t);
  const { broker, port } = await world.openBroker({ queueMemoryMax: 20_000_000, qos0QueueBytesMax: 1_000_000 });
  const speaker = await world.connect(port);
  const listener = await world.connect(port);
  const heard: string[] = [];
  await listener.subscribe('still/here', { qos: 1 }, ({ text }) => void heard.push(text));
  let accepted = 0;
  const sockets = storm(port, () => accepted++);
  for (let round = 0; accepted < count; round++) {
    await speaker.publish('still/here', String(round), { qos: 1 });
    if (round > 100_000) throw new Error(`${accepted} were let in`);
  }
  await until('everybody', () => broker.status.connected === count + 2);
  t.ok(heard.length > 0);
  t.equal(broker.status.connectionsTurnedAway, 0);
  for (const socket of sockets.slice(0, slowCount)) {
    socket.write(subscribe);
    socket.pause();
  }
  await until('the slow ones', () => broker.status.subscriptions === slowCount + 1);
  let queuedMax = 0;
  for (let round = 0; round < 200; round++) {
    await speaker.publish('flood', 'x'.repeat(100_000), { qos: 0 });
    await speaker.publish('still/here', 'more', { qos: 1 });
    queuedMax = Math.max(queuedMax, broker.status.queuedBytes);
  }
  await until('what others say', () => heard.at(-1) === 'more');
  t.ok(queuedMax <= 20_000_000, `${queuedMax} bytes waited`);
  t.ok((broker.status.dropped['memory-full'] ?? 0) > 0, JSON.stringify(broker.status.dropped));
  const told = world.log.lines.filter((line) => line.includes('messages for a device are dropped'));
  t.ok(told.length > 0 && told.length <= slowCount, `told ${told.length} times`);
  for (const socket of sockets) socket.destroy();
  await until('their end', () => broker.status.connections === 2);
  t.equal(broker.status.sessions, 2);
  t.equal(broker.status.queuedBytes, 0);
});
