// Delivered messages that are kept, and delivered again: to the same remote or through another bridge, in their order,
// over restarts, and never more of them than the bounds say.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeContext, BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { Bridges } from '../../../src/bridge/bridges.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { auditBridge } from '../../kit/audit.ts';
import { type KeptProcess, KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';

const { v5 } = ProtocolVersion;
const device = new Origin('device', 'device');
const hour = 3_600_000;
const keeping = { replay: { ageMsMax: 24 * hour, bytesMax: 1_000_000 } };

function publish(
  { router }: KeptProcess,
  topic: string,
  payload: string,
  more: { qos?: 0 | 1 | 2; expiresAt?: number } = {},
): void {
  const parts = { topic, payload: Buffer.from(payload), qos: 1, retain: false, origin: device, ...more } as const;
  router.publish(new Message(parts), new Acceptance({ accepted: () => undefined }, 1));
}

interface Home {
  readonly kept: KeptWorld;
  readonly remote: Remote;
  start(more?: Partial<BridgeSettings>, crash?: 'kill' | 'power'): Promise<KeptProcess & { readonly bridge: Bridge }>;
}

async function home(): Promise<Home> {
  const kept = new KeptWorld();
  const remote = new Remote();
  remote.sessionPresent = true;
  await remote.open(kept.world, v5);
  return {
    kept,
    remote,
    async start(more = {}, crash = 'kill') {
      const process = await kept.start({ crash, bridge: { keepAlive: 0, ...keeping, ...more } });
      const { bridge } = process;
      if (bridge === undefined) throw new Error('there is no bridge');
      await kept.world.clock.advance(300);
      return { ...process, bridge };
    },
  };
}

t.test(
  'what was delivered is delivered again, in the order in which it was settled, at its QoS, and is not kept twice',
  async (t) => {
    const { kept, remote, start } = await home();
    const process = await start();
    const { bridge } = process;
    for (const [topic, payload, qos] of [
      ['up/a', '1', 1],
      ['up/b', '2', 0],
      ['up/a', '3', 2],
    ] as const)
      publish(process, topic, payload, { qos });
    await kept.world.clock.advance(100);
    t.match(bridge.status.replay, { kept: { count: 3, forgotten: 0, unkept: 0 } });
    t.same(await bridge.replays.count({}), { messages: 3, bytes: 3, damaged: 0 });
    const before = remote.published.length;
    t.match(bridge.replays.start({ target: 'cloud' }), { id: 1, state: 'running' });
    await kept.world.clock.advance(100);
    const again = remote.published.slice(before).map(({ topic, payload, qos }) => [topic, payload.toString(), qos]);
    t.same(again, [
      ['up/b', '2', 0],
      ['up/a', '1', 1],
      ['up/a', '3', 2],
    ]);
    t.match(bridge.status.replay, { kept: { count: 3 }, run: { state: 'done', share: 1, counts: { queued: 3 } } });
    t.match(bridge.status.forwards, [{ received: 6, delivered: 6, queued: 0 }]);
  },
);

t.test('a replay is of a time, of topics here or at the remote, and at a rate', async (t) => {
  const { kept, remote, start } = await home();
  const rule = { localTopic: 'up/+', remoteTopic: 'far/$1' };
  const process = await start({ forwards: [rule] });
  const { bridge } = process;
  const { clock } = kept.world;
  publish(process, 'up/a', 'early');
  await clock.advance(10_000);
  const from = clock.wallMs();
  await clock.advance(2000);
  for (const payload of ['1', '2', '3', '4']) publish(process, 'up/a', payload);
  publish(process, 'up/b', 'other');
  await clock.advance(2000);
  const until = clock.wallMs();
  await clock.advance(10_000);
  publish(process, 'up/a', 'late');
  await clock.advance(100);
  t.match(await bridge.replays.count({ from, until }), { messages: 5 });
  t.match(await bridge.replays.count({ topic: 'up/b' }), { messages: 1 }, 'as it was here');
  t.match(await bridge.replays.count({ topic: 'far/+' }), { messages: 7 }, 'as it is there');
  const before = remote.published.length;
  bridge.replays.start({ target: 'cloud', from, until, topic: 'far/a', rate: 10 });
  await clock.advance(150);
  t.equal(remote.published.length - before, 2, 'one at once, and one each 100 ms');
  await clock.advance(1000);
  t.same(remote.payloads.slice(before), ['1', '2', '3', '4']);
});

t.test('a replay goes on after a restart where it was, and what is not queued yet is not lost', async (t) => {
  const { kept, remote, start } = await home();
  const first = await start();
  const payloads = Array.from({ length: 20 }, (_, index) => String(index));
  for (const payload of payloads) publish(first, 'up/a', payload);
  await kept.world.clock.advance(100);
  const before = remote.published.length;
  first.bridge.replays.start({ target: 'cloud', rate: 10 });
  await kept.world.clock.advance(650);
  const got = remote.published.length - before;
  t.ok(got > 3 && got < 10, `${got}`);
  const second = await start({}, 'kill');
  t.match(second.bridge.status.replay?.run, { id: 1, state: 'running' });
  await kept.world.clock.advance(3000);
  const again = remote.published.slice(before).filter(({ dup }) => !dup);
  t.same([...new Set(again.map(({ payload }) => payload.toString()))], payloads);
  t.ok(again.length <= 21, `${again.length}: at most the last one twice`);
  t.match(second.bridge.status.replay?.run, { state: 'done', counts: { queued: 20 } });
  const third = await start({}, 'kill');
  t.match(third.bridge.status.replay, { run: { state: 'done' }, kept: { count: 20 } });
  await kept.world.clock.advance(1000);
  t.match(third.bridge.replays.start({ target: 'cloud' }), { id: 2 });
});

t.test(
  'before it is known what an earlier process left, no replay begins in its place, and it can be cancelled',
  async (t) => {
    const { kept, remote, start } = await home();
    const process = await start();
    for (const payload of ['1', '2', '3', '4', '5']) publish(process, 'up/a', payload);
    await kept.world.clock.advance(100);
    process.bridge.replays.start({ target: 'cloud', rate: 1 });
    await kept.world.clock.advance(1500);
    const { world } = kept;
    const { router, storage } = process;
    const ports = { ...world.context.ports, clock: world.clock };
    const settings = { name: 'cloud', clientId: 'edge', remote: { host: '127.0.0.1', port: 9000 }, ...keeping };
    const open = (): Bridge => {
      const rules = { forwards: [{ localTopic: 'up/#', remoteTopic: '' }] };
      return auditBridge(Bridge.open({ ...world.context, router, storage, ports }, { ...settings, ...rules }));
    };
    process.bridge.destroy();
    const again = open();
    t.throws(() => again.replays.start({ target: 'cloud' }), { code: 'ERR_USAGE_REPLAY_UNDERWAY' });
    await world.clock.advance(400);
    t.match(again.status.replay?.run, { id: 1, state: 'running' }, 'it goes on');
    again.destroy();
    const third = open();
    t.ok(third.replays.cancel());
    const before = remote.published.length;
    await world.clock.advance(5000);
    t.match(third.status.replay?.run, { id: 1, state: 'cancelled' });
    t.equal(remote.published.length, before);
    third.destroy();
  },
);

t.test('the oldest go when they are too old or too many bytes, and their place on the disk with them', async (t) => {
  const { kept, start } = await home();
  const process = await start({ replay: { ageMsMax: hour, bytesMax: 20_000 } });
  const { bridge } = process;
  const payload = 'x'.repeat(1000);
  for (let round = 0; round < 40; round++) {
    publish(process, 'up/a', payload);
    await kept.world.clock.advance(10);
  }
  const { count = 0, bytes = 0, forgotten } = bridge.status.replay?.kept ?? {};
  t.ok(count >= 10 && count < 20, `${count}`);
  t.ok(bytes <= 20_000, `${bytes}`);
  t.equal(forgotten, 40 - count);
  await kept.world.clock.advance(hour + 10_000);
  t.match(bridge.status.replay?.kept, { count: 0, bytes: 0, forgotten: 40 });
  publish(process, 'up/a', 'y'.repeat(30_000));
  await kept.world.clock.advance(100);
  t.match(bridge.status.replay?.kept, { count: 0, unkept: 1 }, 'larger than all that may be kept');
});

t.test('what expired meanwhile is not delivered again [MQTT-3.3.2-5]', async (t) => {
  const { kept, remote, start } = await home();
  const process = await start();
  publish(process, 'up/a', 'short', { expiresAt: kept.world.clock.now() + 5000 });
  publish(process, 'up/a', 'long', { expiresAt: kept.world.clock.now() + 50_000 });
  await kept.world.clock.advance(6000);
  const second = await start({}, 'power');
  const before = remote.published.length;
  second.bridge.replays.start({ target: 'cloud' });
  await kept.world.clock.advance(100);
  t.same(remote.payloads.slice(before), ['long']);
  t.ok((remote.published.at(-1)?.properties.messageExpiryInterval ?? 0) <= 45, 'the rest of its time');
  t.match(second.bridge.status.replay?.run, { counts: { queued: 1, expired: 1 } });
});

t.test('a replay is marked where that is configured, and cancelled by hand; only one is underway', async (t) => {
  const { kept, remote, start } = await home();
  const process = await start({ replay: { ...keeping.replay, property: 'viaduct-replay' } });
  const { bridge } = process;
  for (const payload of ['1', '2', '3']) publish(process, 'up/a', payload);
  await kept.world.clock.advance(100);
  const before = remote.published.length;
  t.notOk(bridge.replays.cancel(), 'there is none');
  const news: string[] = [];
  bridge.news.listen((kind, text) => news.push(`${kind}: ${text}`));
  bridge.replays.start({ target: 'cloud', rate: 1 });
  await kept.world.clock.advance(50);
  t.throws(() => bridge.replays.start({ target: 'cloud' }), { code: 'ERR_USAGE_REPLAY_UNDERWAY' });
  t.ok(bridge.replays.cancel());
  await kept.world.clock.advance(5000);
  t.same(remote.payloads.slice(before), ['1']);
  const [[name, value] = []] = remote.published.at(-1)?.properties.userProperties ?? [];
  t.match([name, value], ['viaduct-replay', /^2023-11-14T22:13:2\d\.000Z$/]);
  t.match(bridge.status.replay?.run, { state: 'cancelled' });
  t.match(news, [
    'replay: a replay to cloud begins',
    /replay: the replay to cloud is cancelled: 1 messages again, 0 not/,
  ]);
});

t.test('what cannot be replayed says why', async (t) => {
  const { start } = await home();
  const { bridge } = await start();
  t.throws(() => bridge.replays.start({ target: 'nobody' }), { code: 'ERR_USAGE_REPLAY_TARGET' });
  t.throws(() => bridge.replays.start({ target: 'cloud', topic: 'a/#/b' }), { code: 'ERR_USAGE_TOPIC_FILTER' });
  t.throws(() => bridge.replays.start({ target: 'cloud', from: 2, until: 1 }), { code: 'ERR_USAGE_REPLAY_TIME' });
  const { bridge: plain } = await new KeptWorld().start({ bridge: {} });
  t.equal(plain?.status.replay, undefined);
  await t.rejects(async () => void (await plain?.replays.count({})), { code: 'ERR_USAGE_REPLAY_OFF' });
});

t.test('another bridge delivers it by its own rules, once it is there', async (t) => {
  const { kept, remote, start } = await home();
  const process = await start({ forwards: [{ localTopic: 'up/+', remoteTopic: 'far/$1' }] });
  for (const payload of ['1', '2']) publish(process, 'up/a', payload);
  publish(process, 'up/b', '3');
  await kept.world.clock.advance(100);
  process.bridge.destroy();
  const { world } = kept;
  const context: BridgeContext = {
    ...world.context,
    router: process.router,
    storage: process.storage,
    ports: { ...world.context.ports, clock: world.clock },
  };
  const bridges = new Bridges(context, Bridge.open);
  const second = new Remote();
  await second.open(world, v5, 9001);
  const forwards = [
    { localTopic: 'up/a', remoteTopic: 'new/a' },
    { localTopic: 'up/a', remoteTopic: 'copy/a' },
  ];
  const cloud = bridges.add({
    name: 'cloud',
    clientId: 'edge',
    remote: { host: '127.0.0.1', port: 9000 },
    forwards: [{ localTopic: 'up/+', remoteTopic: 'far/$1' }],
    ...keeping,
  });
  const settings = { name: 'next', clientId: 'next', remote: { host: '127.0.0.1', port: 9001 }, forwards };
  bridges.add(settings);
  await world.clock.advance(300);
  const before = remote.published.length;
  cloud.replays.start({ target: 'next' });
  await world.clock.advance(100);
  t.same(
    second.published.map(({ topic, payload }) => `${topic} ${payload.toString()}`),
    ['new/a 1', 'copy/a 1', 'new/a 2', 'copy/a 2'],
  );
  t.match(cloud.status.replay?.run, { state: 'done', counts: { queued: 2, unmatched: 1 } });
  t.equal(remote.published.length, before, 'nothing goes to the first');
  cloud.replays.start({ target: 'next', rate: 1 });
  const removed = bridges.remove('next');
  await world.clock.advance(6000);
  await removed;
  t.match(cloud.status.replay?.run, { state: 'waiting', detail: 'there is no bridge next' });
  bridges.add(settings);
  await world.clock.advance(5000);
  t.match(cloud.status.replay?.run, { state: 'done' });
});

t.test('a queue that is full makes a replay wait, and no live message is lost for it', async (t) => {
  const { kept, remote, start } = await home();
  const process = await start({ queueCountMax: 50 });
  const payloads = Array.from({ length: 200 }, (_, index) => `old ${index}`);
  for (const payload of payloads) {
    publish(process, 'up/a', payload);
    await kept.world.clock.settle();
  }
  await kept.world.clock.advance(100);
  t.match(process.bridge.status.replay, { kept: { count: 200 } });
  const before = remote.published.length;
  remote.isAnswering = false;
  process.bridge.replays.start({ target: 'cloud' });
  await kept.world.clock.advance(1000);
  t.match(process.bridge.status.replay?.run, { state: 'waiting', detail: 'the target has no room' });
  t.match(process.bridge.status.forwards, [{ dropped: {} }]);
  remote.isAnswering = true;
  remote.peer.cut();
  await kept.world.clock.advance(5000);
  const again = remote.published.slice(before).filter(({ dup }) => !dup);
  t.same([...new Set(again.map(({ payload }) => payload.toString()))], payloads);
  t.match(process.bridge.status.forwards, [{ received: 400, delivered: 400, queued: 0 }]);
});

t.test('a journal that is half full of what is needed costs what is kept, before anything else', async (t) => {
  const kept = new KeptWorld();
  const remote = new Remote();
  await remote.open(kept.world, v5);
  const journal = { bytesMax: 200_000, segmentBytes: 20_000 };
  const process = await kept.start({ journal, bridge: { keepAlive: 0, ...keeping } });
  await kept.world.clock.advance(300);
  for (let round = 0; round < 140; round++) {
    publish(process, 'up/a', 'x'.repeat(1000));
    await kept.world.clock.advance(1);
  }
  await kept.world.clock.advance(20_000);
  const { count = 0, forgotten = 0 } = process.bridge?.status.replay?.kept ?? {};
  t.ok(count > 0 && count < 100, `${count}`);
  t.equal(count + forgotten, 140);
  t.equal(remote.published.length, 140);
  t.ok(process.journal.isAccepting);
});
