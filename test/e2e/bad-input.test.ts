// Malformed input against a live broker on real sockets, thousands of times over: every connection ends, nobody else
// notices, and memory stays flat.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { fixtureJson } from '../kit/fixtures.ts';
import { RealWorld, until } from '../kit/real-world.ts';

interface MalformedCase {
  readonly name: string;
  readonly to: string;
  readonly version: ProtocolVersion;
  readonly hex: string;
}

const cases = fixtureJson<readonly MalformedCase[]>('frames/malformed.json').filter(({ to }) => to === 'server');

/** What is garbage counts for nothing. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** Sends one malformed input, after a good CONNECT where it is none itself, and waits for the end of the connection. */
async function attack(port: number, { version, hex, name }: MalformedCase, index: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  const ended = once(socket, 'close');
  if (!hex.startsWith('1') || name === 'a second CONNECT') {
    const clientId = `victim-${index}`;
    const connectPacket = {
      type: PacketType.connect,
      version,
      isBridge: false,
      clientId,
      cleanStart: true,
      keepAlive: 0,
      properties: {},
    } as const;
    socket.write(encodePacket(connectPacket, version));
  }
  socket.write(Buffer.from(hex, 'hex'));
  await ended;
}

t.test('a live broker survives all malformed input, and forgets it', async (t) => {
  const world = new RealWorld(t);
  const { broker, port } = await world.openBroker();
  const bystander = await world.connect(port);
  const heard: string[] = [];
  await bystander.subscribe('still/here', { qos: 1 }, ({ text }) => void heard.push(text));
  const round = async (): Promise<void> => {
    for (let start = 0; start < cases.length; start += 20) {
      await Promise.all(cases.slice(start, start + 20).map((one, index) => attack(port, one, start + index)));
    }
    await until('all of them are gone', () => broker.status.connections === 1);
  };
  await round();
  collectGarbage();
  const before = process.memoryUsage();
  const rounds = 10;
  for (let index = 0; index < rounds; index++) await round();
  collectGarbage();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  t.ok(grown < 5_000_000, `${rounds * cases.length} attacks, ${Math.round(grown / 1000)} kB more memory`);
  t.equal(broker.status.sessions, 1);
  await bystander.publish('still/here', 'yes', { qos: 1 });
  await until('the bystander', () => heard.length === 1);
  t.match(bystander.status, { state: 'connected' });
});

t.test('a packet announced too large is refused by its header, and no memory is taken for it', async (t) => {
  const world = new RealWorld(t);
  const { broker, port } = await world.openBroker({ maximumPacketSize: 1000 });
  const connectPacket = {
    type: PacketType.connect,
    version: ProtocolVersion.v5,
    isBridge: false,
    clientId: 'big',
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  } as const;
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const ended = once(socket, 'close');
  socket.write(encodePacket(connectPacket, ProtocolVersion.v5));
  socket.write(Buffer.from('30ffffff7f', 'hex'));
  await ended;
  t.match(Buffer.concat(chunks).toString('hex'), /e0..95/, 'DISCONNECT with packet too large');
  await until('it is gone', () => broker.status.connections === 0);
});
