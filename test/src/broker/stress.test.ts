// What one device does in excess costs the broker bounded memory and its neighbours nothing: counts, not times.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Socket } from '../../../src/ports/ports.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { publishOf, RawPeer, subscribeOf, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;

/** Two devices that go on talking to each other, whatever a third does. */
class Neighbours {
  readonly #world: World;
  #from: RawPeer | undefined;
  #to: RawPeer | undefined;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async open(): Promise<void> {
    this.#from = await this.#world.dial(v311);
    this.#to = await this.#world.dial(v311);
    await this.#from.connect('neighbour-1');
    await this.#to.connect('neighbour-2');
    this.#to.send(subscribeOf(1, 1, 'neighbour/x'));
    await this.#to.received();
  }

  /** Whether a message arrives and is acknowledged. */
  async talk(): Promise<boolean> {
    this.#count++;
    this.#from?.send(publishOf('neighbour/x', String(this.#count), { qos: 1, packetId: this.#count }));
    const acks = await this.#from?.receivedOf(PacketType.puback);
    const messages = await this.#to?.receivedOf(PacketType.publish);
    for (const { packetId } of messages ?? []) {
      this.#to?.send({ type: PacketType.puback, packetId, reasonCode: 0, properties: {} });
    }
    return acks?.length === 1 && messages?.length === 1;
  }
}

const nobody = { accepted: (): void => undefined };

function retain(world: World, count: number): void {
  const origin = new Origin('application', 'filler');
  for (let index = 0; index < count; index++) {
    const payload = Buffer.from(String(index));
    const message = new Message({ topic: `r/${index % 100}/${index}`, payload, qos: 1, retain: true, origin });
    world.router.publish(message, new Acceptance(nobody, 0));
  }
}

t.test('100,000 retained topics come to a subscriber as fast as it acknowledges, and nothing is queued', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  retain(world, 100_000);
  const neighbours = new Neighbours(world);
  await neighbours.open();
  const device = await world.dial(v5);
  await device.connect('device', { properties: { receiveMaximum: 500 } });
  device.send(subscribeOf(1, 1, '#'), subscribeOf(2, 1, 'none'));
  let got = 0;
  let queuedMax = 0;
  for (let packets = await device.receivedOf(PacketType.publish); packets.length > 0; ) {
    t.ok(packets.length <= 500, 'never more than its receive maximum') || t.bailout();
    got += packets.length;
    queuedMax = Math.max(queuedMax, broker.status.queued);
    device.send(
      ...packets.map(({ packetId }) => ({ type: PacketType.puback, packetId, reasonCode: 0 as const, properties: {} })),
    );
    if (got % 10_000 === 0) t.ok(await neighbours.talk(), 'the neighbours go on');
    packets = await device.receivedOf(PacketType.publish);
  }
  t.ok(got >= 100_000, `${got} came`);
  t.equal(queuedMax < 100, true, `at most ${queuedMax} waited`);
  t.same(broker.status.dropped, {});
});

t.test('a flood of subscriptions ends at the limit of the session, with its reason for each', async (t) => {
  const world = new World();
  const broker = await world.openBroker({ subscriptionsMax: 1000 });
  const neighbours = new Neighbours(world);
  await neighbours.open();
  const device = await world.dial(v5);
  await device.connect('device');
  for (let packet = 0; packet < 20; packet++) {
    device.send(subscribeOf(packet + 1, 0, ...Array.from({ length: 100 }, (_one, index) => `f/${packet}/${index}/#`)));
  }
  const codes = (await device.receivedOf(PacketType.suback)).flatMap(({ reasonCodes }) => reasonCodes);
  t.equal(codes.filter((code) => code === 0).length, 1000);
  t.equal(codes.filter((code) => code === ReasonCode.quotaExceeded).length, 1000);
  t.equal(broker.status.subscriptions, 1001);
  const told = world.log.lines.filter((line) => /subscriptions refused: the session has as many/.test(line));
  t.equal(told.length, 1, 'told once');
  t.ok(await neighbours.talk());
});

t.test(
  'clients that never finish CONNECT are cut in time, and told in the log; others get in beside them',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker({ connectTimeoutMs: 1000 });
    const silent = await Promise.all(Array.from({ length: 500 }, () => world.dial(v311)));
    for (const peer of silent) peer.sendHex('101000044d51');
    const neighbours = new Neighbours(world);
    await neighbours.open();
    t.ok(await neighbours.talk());
    await world.clock.advance(2000);
    t.ok(silent.every(({ isClosed }) => isClosed));
    t.equal(broker.status.connections, 2);
    t.match(world.log.lines.join('\n'), /no CONNECT came in time/);
  },
);

t.test('2,000 connects at once are served; what is above a limit is turned away, counted and told', async (t) => {
  for (const [more, servedMax, reasonCode] of [
    [{}, 2000, 0],
    [{ connectionsMax: 1000 }, 998, ReasonCode.serverUnavailable],
    [{ connectionRate: { perSecond: 500, burst: 500 } }, 498, ReasonCode.connectionRateExceeded],
  ] as const) {
    const world = new World();
    const listeners = [{ name: 'tcp', host: '127.0.0.1', port: 1883, ...more }];
    const broker = await world.openBroker({ listeners });
    const neighbours = new Neighbours(world);
    await neighbours.open();
    const peers = await Promise.all(Array.from({ length: 2000 }, () => world.dial(v311)));
    const answers = await Promise.all(peers.map((peer, index) => peer.connect(`device-${index}`)));
    const codes = answers.map(([first]) => (first !== undefined && 'reasonCode' in first ? first.reasonCode : -1));
    t.equal(codes.filter((code) => code === 0).length, servedMax);
    t.equal(broker.status.connectionsTurnedAway, 2000 - servedMax);
    t.ok(await neighbours.talk(), 'the neighbours go on');
    if (servedMax < 2000) {
      const told = codes.filter((code) => code > 0).length;
      t.ok(told > 0 && told <= 100, `${told} are told why, the rest is closed`);
      const lines = world.log.lines.filter((line) => /turned away/.test(line));
      t.ok(lines.length > 0 && lines.length <= 20, 'in few words');
    }
    for (const peer of peers) peer.cut();
    await world.clock.advance(5000);
    t.equal(broker.status.connections, 2);
    t.equal(broker.status.sessions, 2, 'nothing is left of them');
    if (reasonCode > 0) t.ok(broker.status.readPauses === 0);
  }
});

t.test('half-open connections are noticed by their silence, and cost their neighbours nothing', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const gone = await Promise.all(Array.from({ length: 200 }, () => world.dial(v311)));
  await Promise.all(gone.map((peer, index) => peer.connect(`gone-${index}`, { keepAlive: 10 })));
  const neighbours = new Neighbours(world);
  await neighbours.open();
  await world.clock.advance(16_000);
  t.equal(broker.status.connections, 2);
  t.equal(broker.status.sessions, 2, 'clean sessions end with them');
  t.match(world.log.lines.join('\n'), /device gone: nothing came for 1.5 times the keep-alive/);
  t.ok(await neighbours.talk());
});

t.test('topics of 65,535 bytes and of 200 levels are carried where they are allowed', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const neighbours = new Neighbours(world);
  await neighbours.open();
  const device = await world.dial(v5);
  await device.connect('device');
  const long = 'x'.repeat(65_535);
  const deep = Array.from({ length: 200 }, (_one, index) => index).join('/');
  device.send(subscribeOf(1, 0, long), subscribeOf(2, 0, '0/#'), subscribeOf(3, 0, `${'+/'.repeat(199)}+`));
  await device.received();
  device.send(publishOf(long, 'l', { retain: true }), publishOf(deep, 'd', { retain: true }));
  const topics = (await device.receivedOf(PacketType.publish)).map(({ topic }) => topic.length);
  t.same(topics, [65_535, deep.length]);
  t.equal(world.router.retained.size, 2);
  t.ok(world.router.retained.byteLength < 70_000);
  // 65,536 levels are too many for anybody
  device.send(publishOf('/'.repeat(65_535), 'x', { qos: 1, packetId: 9 }));
  t.match(await device.receivedOf(PacketType.puback), [{ reasonCode: ReasonCode.topicNameInvalid }]);
  device.send(subscribeOf(4, 0, '/'.repeat(65_535)));
  t.match(await device.receivedOf(PacketType.suback), [{ reasonCodes: [ReasonCode.topicFilterInvalid] }]);
  t.match(world.log.lines.join('\n'), /more than 256 levels.*publish denied|publish denied.*more than 256 levels/);
  t.equal(world.router.retained.size, 2);
  t.ok(await neighbours.talk());
  t.equal(broker.status.connections, 3);
});

t.test('devices that stop reading pay for it themselves, at every QoS, and within the budget of all', async (t) => {
  const world = new World();
  world.net.holdsWhatIsPaused = true;
  const options = { queueMemoryMax: 400_000, underwayBytesMax: 50_000, qos0QueueBytesMax: 90_000 };
  const broker = await world.openBroker(options);
  const neighbours = new Neighbours(world);
  await neighbours.open();
  const stalled: Socket[] = [];
  for (const qos of [0, 1, 1] as const) {
    const socket = await world.net.dial({ host: '127.0.0.1', port: 1883, timeoutMs: 1000 });
    const peer = new RawPeer(socket, v5, world.clock);
    await peer.connect(`stalled-${stalled.length}`);
    peer.send(subscribeOf(1, qos, 'flood'));
    await peer.received();
    socket.pause();
    stalled.push(socket);
  }
  const flooder = await world.dial(v5);
  await flooder.connect('flooder');
  let wereHeard = true;
  for (let round = 0; round < 40; round++) {
    for (let index = 1; index <= 30; index++) {
      flooder.send(publishOf('flood', 'x'.repeat(3000), { qos: 1, packetId: round * 30 + index }));
    }
    t.equal((await flooder.receivedOf(PacketType.puback)).length, 30);
    wereHeard &&= await neighbours.talk();
    const { queuedBytes } = broker.status;
    if (queuedBytes > 400_000) t.fail(`${queuedBytes} bytes wait`);
  }
  t.ok(wereHeard, 'the neighbours were heard all the time');
  const { dropped, matched, queued, queuedBytes } = broker.status;
  t.ok(queuedBytes > 100_000 && queuedBytes <= 400_000);
  t.ok((dropped['memory-full'] ?? 0) > 500, 'the queues at QoS 1');
  t.ok((dropped['qos-0-congested'] ?? 0) > 200, `the queue at QoS 0: ${JSON.stringify(dropped)}`);
  t.ok(matched >= queued);
  const told = world.log.lines.filter((line) => /messages for a device are dropped/.test(line));
  t.equal(told.length, 3, 'once for each device');
  t.match(told.join('\n'), /memory-full/);
  const closing = broker.close();
  await world.clock.advance(10_000);
  await closing;
});
