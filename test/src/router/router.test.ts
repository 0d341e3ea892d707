// Router, acceptance, retained messages and shared groups, with destinations that the test plays.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { Qos } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import type { Destination, Grant, SubscriptionOptions } from '../../../src/router/destination.ts';
import { RetainedStore } from '../../../src/router/retained.ts';
import { Router } from '../../../src/router/router.ts';

interface Taken {
  readonly who: string;
  readonly topic: string;
  readonly qos: Qos;
  readonly identifiers: readonly number[];
}

class Recorder implements Destination {
  readonly origin: Origin;
  isReady = true;
  holds = false;
  readonly held: Acceptance[] = [];
  readonly #log: Taken[];

  constructor(name: string, log: Taken[]) {
    this.origin = new Origin('device', name);
    this.#log = log;
  }

  deliver(message: Message, grant: Grant, acceptance: Acceptance): void {
    this.#log.push({
      who: this.origin.name,
      topic: message.topic,
      qos: grant.qos,
      identifiers: [...(grant.identifiers ?? [])],
    });
    if (!this.holds) return;
    acceptance.hold();
    this.held.push(acceptance);
  }
}

class Publisher {
  readonly origin = new Origin('device', 'publisher');
  readonly accepted: [number, ReasonCode][] = [];
  #ticket = 0;

  publish(router: Router, topic: string, more: { payload?: string; retain?: boolean; origin?: Origin } = {}): void {
    const message = new Message({
      topic,
      payload: bytesOfText(more.payload ?? 'x'),
      qos: 1,
      retain: more.retain ?? false,
      origin: more.origin ?? this.origin,
    });
    const owner = { accepted: (ticket: number, code: ReasonCode) => this.accepted.push([ticket, code]) };
    router.publish(message, new Acceptance(owner, ++this.#ticket));
  }
}

const plain: SubscriptionOptions = { qos: 1, isNoLocal: false, isRetainAsPublished: false, identifier: 0 };

function world(): { router: Router; log: Taken[]; publisher: Publisher; device: (name: string) => Recorder } {
  const log: Taken[] = [];
  return { router: new Router(), log, publisher: new Publisher(), device: (name) => new Recorder(name, log) };
}

/** What a replay hands out, and does away with what has expired at `now`. */
function handedOut(store: RetainedStore, filter: string, now: number): readonly Message[] {
  const messages: Message[] = [];
  const replay = store.replay(filter);
  for (let message = replay.peek(); message; message = replay.peek()) {
    const hasExpired = message.expiresAt !== 0 && message.expiresAt <= now;
    if (!hasExpired) messages.push(message);
    replay.taken(hasExpired);
  }
  return messages;
}

t.test(
  'a message goes once to each destination, with the highest QoS and all identifiers of its subscriptions [MQTT-3.3.4-2] [MQTT-3.3.4-4] [MQTT3-3.3.5-1]',
  async (t) => {
    const { router, log, publisher, device } = world();
    const one = device('one');
    router.subscribe(one, 'a/#', { ...plain, qos: 0, identifier: 7 });
    router.subscribe(one, 'a/+', { ...plain, qos: 2, identifier: 9 });
    router.subscribe(device('two'), 'a/b', plain);
    publisher.publish(router, 'a/b');
    t.same(log, [
      { who: 'one', topic: 'a/b', qos: 2, identifiers: [7, 9] },
      { who: 'two', topic: 'a/b', qos: 1, identifiers: [] },
    ]);
  },
);

t.test('destinations are served in the order in which they subscribed, whatever their filters', async (t) => {
  const { router, log, publisher, device } = world();
  for (const [name, filter] of [
    ['first', 'm/#'],
    ['second', 'm/a'],
    ['third', '+/a'],
    ['fourth', 'm/a'],
  ] as const) {
    router.subscribe(device(name), filter, plain);
  }
  publisher.publish(router, 'm/a');
  t.same(
    log.map((one) => one.who),
    ['first', 'second', 'third', 'fourth'],
  );
});

t.test('a changed subscription changes the route of a topic that was routed before', async (t) => {
  const { router, log, publisher, device } = world();
  const one = device('one');
  publisher.publish(router, 'a');
  t.equal(router.subscribe(one, 'a', plain), true);
  publisher.publish(router, 'a');
  t.equal(router.subscribe(one, 'a', { ...plain, qos: 2 }), false, 'replaced, not new [MQTT-3.8.4-3]');
  publisher.publish(router, 'a');
  t.equal(router.unsubscribe(one, 'a'), true);
  t.equal(router.unsubscribe(one, 'a'), false);
  publisher.publish(router, 'a');
  t.same(
    log.map((entry) => entry.qos),
    [1, 2],
  );
  t.equal(router.subscriptionCount, 0);
});

t.test('nobody matching is told to the publisher as no matching subscribers', async (t) => {
  const { router, publisher } = world();
  publisher.publish(router, 'nowhere');
  t.same(publisher.accepted, [[1, ReasonCode.noMatchingSubscribers]]);
});

t.test('no acknowledgement is released before every destination that took a hold has settled it', async (t) => {
  const { router, publisher, device } = world();
  const slow = device('slow');
  const slower = device('slower');
  slow.holds = true;
  slower.holds = true;
  for (const one of [slow, device('quick'), slower]) router.subscribe(one, '#', plain);
  publisher.publish(router, 'a');
  t.same(publisher.accepted, []);
  slower.held[0]?.settle(ReasonCode.quotaExceeded);
  t.same(publisher.accepted, []);
  slow.held[0]?.settle();
  t.same(publisher.accepted, [[1, ReasonCode.quotaExceeded]], 'the worst reason is the one released');
  t.throws(() => slow.held[0]?.settle(), 'each hold is settled once');
});

t.test(
  'no-local keeps a message from the destination that published it, unless another subscription wants it [MQTT-3.8.3-3]',
  async (t) => {
    const { router, log, publisher, device } = world();
    const one = device('one');
    router.subscribe(one, 'a/#', { ...plain, isNoLocal: true, qos: 2 });
    publisher.publish(router, 'a/b', { origin: one.origin });
    t.same(log, []);
    publisher.publish(router, 'a/b');
    router.subscribe(one, 'a/b', { ...plain, identifier: 3 });
    publisher.publish(router, 'a/b', { origin: one.origin });
    t.same(
      log.map(({ qos, identifiers }) => ({ qos, identifiers })),
      [
        { qos: 2, identifiers: [] },
        { qos: 1, identifiers: [3] },
      ],
    );
  },
);

t.test(
  'members of a shared group take turns, and one that is away is passed over while another is ready',
  async (t) => {
    const { router, log, publisher, device } = world();
    const members = [device('a'), device('b'), device('c')];
    for (const one of members) router.subscribe(one, '$share/g/t/#', plain);
    router.subscribe(device('own'), 't/1', plain);
    for (let count = 0; count < 4; count++) publisher.publish(router, 't/1');
    t.same(
      log.filter((one) => one.who !== 'own').map((one) => one.who),
      ['a', 'b', 'c', 'a'],
    );
    t.equal(log.filter((one) => one.who === 'own').length, 4);
    const [, b] = members;
    if (b) b.isReady = false;
    log.length = 0;
    for (let count = 0; count < 3; count++) publisher.publish(router, 't/2');
    t.same(
      log.map((one) => one.who),
      ['c', 'a', 'c'],
    );
    for (const one of members) one.isReady = false;
    log.length = 0;
    publisher.publish(router, 't/2');
    t.equal(log.length, 1, 'with nobody ready it still goes to one of them');
    for (const one of members) t.equal(router.unsubscribe(one, '$share/g/t/#'), true);
    log.length = 0;
    publisher.publish(router, 't/2');
    t.same(log, []);
  },
);

t.test(
  'a retained message is kept, replaced and removed by topic [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT-3.3.1-8] [MQTT3-3.3.1-5] [MQTT3-3.3.1-10] [MQTT3-3.3.1-12]',
  async (t) => {
    const { router, publisher } = world();
    const seen = (): string[] => {
      return handedOut(router.retained, '#', 0)
        .map((message) => `${message.topic}=${message.payload}`)
        .sort();
    };
    publisher.publish(router, 'a', { retain: true, payload: '1' });
    publisher.publish(router, 'a/b', { retain: true, payload: '2' });
    publisher.publish(router, 'a', { payload: 'not retained' });
    t.same(seen(), ['a/b=2', 'a=1']);
    publisher.publish(router, 'a', { retain: true, payload: '3' });
    publisher.publish(router, 'a/b', { retain: true, payload: '' });
    t.same(seen(), ['a=3']);
    t.equal(router.retained.size, 1);
    t.equal(router.retained.byteLength, 2);
  },
);

t.test('a replay hands out what was retained when it began, as far as it still is', async (t) => {
  const { router, publisher } = world();
  for (const topic of ['a', 'b', 'c', 'd']) publisher.publish(router, topic, { retain: true, payload: 'old' });
  const replay = router.retained.replay('#');
  t.equal(replay.peek()?.topic, 'a');
  t.equal(replay.peek()?.topic, 'a', 'until it was taken');
  replay.taken(false);
  t.equal(replay.peek()?.topic, 'b');
  publisher.publish(router, 'b', { retain: true, payload: 'new' });
  publisher.publish(router, 'c', { retain: true, payload: '' });
  publisher.publish(router, 'e', { retain: true, payload: 'new' });
  t.equal(replay.peek()?.topic, 'd', 'what came since came by itself');
  replay.taken(false);
  t.equal(replay.peek(), undefined);
});

t.test('the retained store refuses a new topic when full, keeps what it has, and drops what has expired', async (t) => {
  const store = new RetainedStore({ countMax: 2, bytesMax: 100 });
  const origin = new Origin('device', 'd');
  const put = (topic: string, size: number, expiresAt = 0): boolean =>
    store.keep(new Message({ topic, payload: bytesOfText('x'.repeat(size)), qos: 0, retain: true, origin, expiresAt }));
  t.equal(put('a', 10), true);
  t.equal(put('b', 10, 500), true);
  t.equal(put('c', 10), false);
  t.equal(put('a', 95), false, 'more bytes than the limit');
  t.equal(store.refusedCount, 2);
  t.equal(put('a', 20), true, 'a topic that is kept is replaced');
  const topics = handedOut(store, '+', 500).map(({ topic }) => topic);
  t.same(topics, ['a']);
  t.equal(store.size, 1);
  t.equal(store.byteLength, 21);
});

t.test('a message owns its bytes once, however many ask, and rewriting its topic copies nothing', async (t) => {
  const chunk = bytesOfText('payload');
  const borrowed = new Message({
    topic: 'a',
    payload: chunk,
    qos: 1,
    retain: false,
    origin: new Origin('device', 'd'),
    isOwned: false,
  });
  const owned = borrowed.own();
  t.equal(borrowed.own(), owned);
  chunk.fill(0);
  t.equal(owned.payload.toString(), 'payload');
  const moved = owned.withTopic('b', 0);
  t.equal(moved.payload, owned.payload);
  t.same([moved.topic, moved.qos, moved.retain], ['b', 0, false]);
  t.equal(owned.withTopic('a'), owned);
});
