// Behaviours in which NanoMQ 0.25 fails, by the numbers under which they were observed (Appendix B of the notes on it),
// as far as they are about queues, outages and several servers. The others bear their numbers where they belong:
// mapping faults (4, 5, 12), transparent bridges (11), real brokers (1, 3, 6, 7), the API (6).
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Client } from '../../../src/client/client.ts';
import { Router } from '../../../src/router/router.ts';
import { bridgeFault, brokerFault } from '../../kit/books.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Arrivals, delayLines, LaneWorld } from '../../kit/lane-world.ts';
import { publishLocally, Remote } from '../../kit/remote.ts';
import type { World } from '../../kit/world.ts';

const { v5, v311 } = ProtocolVersion;
const topicCount = 20;
const qos1Count = 10_000;
const qos2Count = 1000;

/** What a device publishes to the topics of a test: of each the numbers from 1 on. */
class Sender {
  readonly sent = new Map<string, number[]>();
  /** Publishes whose answer has not come. */
  waiting = 0;
  readonly #publish: (topic: string, text: string, qos: 1 | 2) => Promise<unknown>;

  constructor(publish: (topic: string, text: string, qos: 1 | 2) => Promise<unknown>) {
    this.#publish = publish;
  }

  publish(topic: string, qos: 1 | 2): void {
    const sent = this.sent.get(topic) ?? [];
    this.sent.set(topic, sent);
    sent.push(sent.length + 1);
    this.waiting++;
    void this.#publish(topic, String(sent.length), qos).then(() => this.waiting--);
  }

  /** One tenth of them at QoS 2, over all topics. */
  publishMany(count: number): void {
    for (let index = 0; index < count; index++) {
      this.publish(`up/one/${index % topicCount}`, 1);
      if (index % (qos1Count / qos2Count) === 0) this.publish(`up/two/${(index / 10) % topicCount}`, 2);
    }
  }
}

/** A device of ours, which repeats what was not acknowledged when its broker is killed. */
function deviceIn(world: World): Promise<Client> {
  const backoff = { delayMsMin: 20, delayMsMax: 60, stableMs: 10_000 };
  const more = { clientId: 'device', cleanStart: false, sessionExpiryInterval: 3600, backoff, isPatient: true };
  return Client.connect('mqtt://127.0.0.1:1883', more, { ports: world.ports });
}

async function remoteIn(world: World, port: number): Promise<Arrivals> {
  const arrivals = new Arrivals();
  const router = new Router();
  await world.openBroker({}, port, router);
  arrivals.listen(router);
  return arrivals;
}

const isOnce = (topic: string): boolean => topic.startsWith('up/two/');

for (const version of [v311, v5]) {
  t.test(
    `Appendix B 2, version ${version}: an outage with kill -9 of the edge in the midst of it, and of the drain`,
    async (t) => {
      const kw = new KeptWorld();
      const { world } = kw;
      const arrivals = await remoteIn(world, 9000);
      const bridge = { version, durability: 'synced' } as const;
      await kw.start({ bridge });
      const opening = deviceIn(world);
      await world.clock.advance(1000);
      const device = await opening;
      delayLines(world.net, () => 5);
      world.net.takeDown(9000);
      const sender = new Sender((topic, text, qos) => device.publish(topic, text, { qos }));
      sender.publishMany(qos1Count / 2);
      await world.clock.advance(60);
      await kw.start({ crash: 'kill', bridge });
      sender.publishMany(qos1Count / 2);
      await world.clock.advance(60_000);
      t.equal(sender.waiting, 0, 'everything is accepted, while the remote is away');
      t.equal(arrivals.count, 0);
      world.net.portsDown.clear();
      for (let ms = 0; ms < 60_000 && arrivals.count < 3000; ms++) await world.clock.advance(1);
      t.ok(arrivals.count >= 3000, `${arrivals.count} have arrived within a minute`);
      t.ok(arrivals.count < qos1Count, `killed again when ${arrivals.count} have arrived`);
      const last = await kw.start({ crash: 'kill', bridge });
      await world.clock.advance(30_000); // and nothing more is published
      t.equal(arrivals.fault(sender.sent, isOnce), undefined, 'all arrived, in order, QoS 2 once');
      t.match(last.bridge?.status, { queueDepth: 0, underway: 0 });
      device.destroy();
    },
  );
}

t.test('Appendix B 1: an outage of a minute: all arrive by themselves, in order, QoS 2 once', async (t) => {
  const kw = new KeptWorld();
  const { world } = kw;
  const arrivals = await remoteIn(world, 9000);
  const { bridge } = await kw.start({ bridge: {} });
  const opening = deviceIn(world);
  await world.clock.advance(1000);
  const device = await opening;
  const sender = new Sender((topic, text, qos) => device.publish(topic, text, { qos }));
  world.net.takeDown(9000);
  sender.publishMany(qos1Count);
  await world.clock.advance(60_000);
  t.match(bridge?.status, { queueDepth: qos1Count + qos2Count });
  world.net.portsDown.clear();
  await world.clock.advance(5000);
  t.equal(
    arrivals.fault(sender.sent, () => true),
    undefined,
  );
  t.match(bridge?.status.forwards, [{ received: 11_000, delivered: 11_000, dropped: {}, queued: 0 }]);
  device.destroy();
});

t.test(
  'Appendix B 3: a remote that is frozen for 20 s gets nothing twice; for longer than the keep-alive, only with DUP',
  async (t) => {
    const kw = new KeptWorld();
    const { world } = kw;
    const remote = new Remote();
    remote.isAnswering = false;
    await remote.open(world, v5);
    const { bridge, router } = await kw.start({ bridge: { forwards: [{ localTopic: 'up/#', remoteTopic: '' }] } });
    await world.clock.advance(1000);
    remote.sessionPresent = true;
    const publish = (payload: string): void => void publishLocally({ router }, 'up/x', payload);
    world.net.freeze();
    await world.clock.advance(500);
    for (let index = 0; index < 30; index++) publish(`${index}`);
    remote.isAnswering = true;
    await world.clock.advance(19_400);
    world.net.thaw();
    await world.clock.advance(1000);
    t.same(
      remote.payloads,
      Array.from({ length: 30 }, (_, index) => `${index}`),
      'each once',
    );
    t.match(bridge?.status, { connects: 1, queueDepth: 0 });
    remote.isAnswering = false; // what it gets before it freezes is not answered any more
    for (let index = 30; index < 60; index++) publish(`${index}`);
    await world.clock.advance(100);
    world.net.freeze();
    await world.clock.advance(100_000);
    remote.isAnswering = true;
    world.net.thaw();
    await world.clock.advance(70_000);
    t.match(bridge?.status, { queueDepth: 0, forwards: [{ received: 60, delivered: 60, dropped: {} }] });
    const again = remote.published.slice(60);
    t.equal(again.length, 30);
    t.ok(again.every(({ dup }) => dup));
  },
);

t.test('Appendix B 8: fail-over to the second server and back, with messages in flight', async (t) => {
  const kw = new KeptWorld();
  const { world } = kw;
  delayLines(world.net, () => 20);
  const [first, second] = [await remoteIn(world, 9000), await remoteIn(world, 9001)];
  const bridgeTerms = {
    backups: [{ host: '127.0.0.1', port: 9001 }],
    failbackMs: 5000,
    backoff: { delayMsMin: 100, delayMsMax: 200, stableMs: 1000 },
    sendWindowMax: 50,
  };
  const { bridge } = await kw.start({ bridge: bridgeTerms });
  const opening = deviceIn(world);
  await world.clock.advance(1000);
  const device = await opening;
  const sender = new Sender((topic, text, qos) => device.publish(topic, text, { qos }));
  const publishFor = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10) {
      sender.publishMany(5);
      await world.clock.advance(10);
    }
  };
  await publishFor(1000);
  t.ok((bridge?.status.underway ?? 0) > 10, 'messages are in flight');
  world.net.takeDown(9000);
  await publishFor(2000);
  t.equal(bridge?.status.remote, '127.0.0.1:9001');
  t.ok(second.count > 100, 'the second server has them');
  world.net.portsDown.clear();
  const before = first.count;
  await publishFor(15_000);
  t.equal(bridge?.status.remote, '127.0.0.1:9000', 'the bridge is back');
  t.ok(first.count > before, 'and so are the messages');
  await world.clock.advance(10_000);
  t.equal(sender.waiting, 0);
  t.match(bridge?.status, { queueDepth: 0, forwards: [{ dropped: {} }] });
  for (const [topic, numbers] of sender.sent) {
    const [one = [], two = []] = [first.byTopic.get(topic), second.byTopic.get(topic)];
    t.same(
      [...new Set([...one, ...two])].sort((a, b) => a - b),
      numbers,
      `${topic}: nothing is lost`,
    );
    if (!isOnce(topic)) continue;
    t.equal(new Set(one).size, one.length, 'QoS 2: no server has anything twice');
    t.equal(new Set(two).size, two.length);
  }
  device.destroy();
});

t.test('Appendix B 9: two bridges on one disk, one away for ever and one that comes and goes', async (t) => {
  const kw = new KeptWorld();
  const { world } = kw;
  const arrivals = await remoteIn(world, 9000);
  const away = { name: 'away', clientId: 'away', remote: { host: '127.0.0.1', port: 9999 }, queueCountMax: 500 };
  const terms = { bridge: { forwards: [{ localTopic: 'up/#', remoteTopic: '' }] }, others: [away] };
  let process = await kw.start(terms);
  const opening = deviceIn(world);
  await world.clock.advance(1000);
  const device = await opening;
  const sender = new Sender((topic, text, qos) => device.publish(topic, text, { qos }));
  for (let cycle = 0; cycle < 6; cycle++) {
    sender.publishMany(200);
    await world.clock.advance(500);
    world.net.takeDown(9000);
    sender.publishMany(200);
    await world.clock.advance(500);
    if (cycle === 3) process = await kw.start({ crash: 'power', ...terms });
    world.net.portsDown.clear();
    await world.clock.advance(3000);
    const [other] = process.others;
    t.ok((other?.status.queueDepth ?? 0) <= 500, 'the one that is away keeps to its own bounds');
  }
  await world.clock.advance(5000);
  t.equal(sender.waiting, 0);
  t.equal(arrivals.fault(sender.sent, isOnce), undefined, 'the other one loses nothing by it');
  const [other] = process.others;
  t.match(other?.status, { queueDepth: 500, forwards: [{ delivered: 0 }] });
  t.match(process.bridge?.status, { queueDepth: 0, forwards: [{ dropped: {} }] });
  device.destroy();
});

t.test('Appendix B 10: 40,000 messages at once over 50 ms: none is lost, and publishers wait', async (t) => {
  const lanes = new LaneWorld();
  const { world } = lanes;
  await lanes.open();
  const queueCountMax = 5000;
  const bridge = lanes.bridge({ queueCountMax, queueOverflow: 'block', sendWindowMax: 1000 });
  await world.openBroker();
  const opening = deviceIn(world);
  await world.clock.advance(100);
  const device = await opening;
  delayLines(world.net, () => 25);
  world.net.takeDown(9000);
  world.net.portsDown.clear();
  await world.clock.advance(1000);
  const sender = new Sender((topic, text, qos) => device.publish(topic, text, { qos }));
  for (let index = 0; index < 40_000; index++) sender.publish(`up/${index % topicCount}`, 1);
  let [deepest, waited] = [0, 0];
  for (let ms = 0; sender.waiting > 0 && ms < 20_000; ms += 25) {
    await world.clock.advance(25);
    deepest = Math.max(deepest, bridge.status.queueDepth);
    if (arrivedLess(lanes.arrivals.count)) waited = Math.max(waited, sender.waiting);
  }
  await world.clock.advance(2000);
  t.equal(sender.waiting, 0);
  t.equal(
    lanes.arrivals.fault(sender.sent, () => true),
    undefined,
    'all of them, each once, in order',
  );
  t.ok(waited > 20_000, `${waited} publishers were told nothing while there was no room`);
  t.ok(deepest <= queueCountMax + bridge.status.lanes.length * 10_000, `${deepest} waited at once`);
  t.match(bridge.status.forwards, [{ received: 40_000, delivered: 40_000, dropped: {} }]);
  device.destroy();
});

function arrivedLess(count: number): boolean {
  return count > 0 && count < 20_000;
}

t.test('Appendix B 13: books that do not balance are seen, and named', (t) => {
  const broker = { matched: 10, delivered: 5, dropped: { expired: 2 }, held: 3, queued: 3 };
  t.equal(brokerFault(broker), undefined);
  t.match(brokerFault({ ...broker, delivered: 4 }), /1 lost: matched 10, delivered 4, dropped {"expired":2}, held 3/);
  t.match(brokerFault({ ...broker, held: 4 }), /1 invented/);
  const rule = { from: 'up/#', received: 10, delivered: 5, dropped: { 'queue-full': 2 }, queued: 3 };
  const link = { state: 'connected' };
  const bridge = { name: 'b', link, queueDepth: 3, underway: 1, forwards: [rule], subscriptions: [] };
  t.equal(bridgeFault(bridge), undefined);
  t.match(bridgeFault({ ...bridge, forwards: [{ ...rule, received: 11 }] }), /up\/# of bridge b do not balance/);
  t.match(bridgeFault({ ...bridge, queueDepth: 2 }), /say 3 \(up\/# 3\), its queue 2/);
  t.match(bridgeFault({ ...bridge, underway: 4 }), /has 4 underway and holds 3/);
  t.end();
});
