// PUBLISH of 3.1.1 at the broker: the three QoS in both directions, retained messages, order.
import t from 'tap';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Destination } from '../../../src/router/destination.ts';
import { wire } from '../../kit/conversation.ts';
import { listener, welcome } from '../../kit/frames3.ts';
import { World } from '../../kit/world.ts';

async function opened(options: Parameters<World['openBroker']>[0] = {}): Promise<World> {
  const world = new World();
  await world.openBroker(options);
  return world;
}

t.test(
  'each QoS is answered by what it calls for, under the id of its PUBLISH [MQTT3-3.3.4-1] [MQTT3-2.3.1-6] [MQTT3-4.3.2-2] [MQTT3-4.3.3-2] [MQTT3-2.3.1-1]',
  async (t) => {
    const world = await opened();
    const peer = await welcome(world, 'c');
    t.equal(await peer.ask('30 (<a> "0")'), '', 'QoS 0: nothing');
    for (const id of ['0001', '00ff', '8000', 'ffff']) {
      t.equal(await peer.ask(`32 (<a> ${id} "1")`), wire(`40 (${id})`), `QoS 1: PUBACK ${id}`);
      t.equal(await peer.ask(`34 (<a> ${id} "2")`), wire(`50 (${id})`), `QoS 2: PUBREC ${id}`);
      t.equal(await peer.ask(`62 (${id})`), wire(`70 (${id})`), `PUBREL: PUBCOMP ${id}`);
    }
    t.equal(await peer.ask('62 (1234)'), wire('70 (1234)'), 'a PUBREL of nothing is answered all the same');
    t.equal(await peer.ask('40 (1234) 50 (1235) 70 (1236)'), wire('62 (1235)'), 'and so is a PUBREC of nothing');
    t.notOk(peer.isClosed);
  },
);

t.test(
  'after PUBACK the same id is another message; a repeat of QoS 2 before PUBREL is not [MQTT3-4.3.2-2] [MQTT3-4.3.3-2]',
  async (t) => {
    const world = await opened();
    const watch = await welcome(world, 'watch');
    await watch.ask('82 (0001 <a> 00)');
    const peer = await welcome(world, 'c');
    await peer.ask('32 (<a> 0001 "1") 3a (<a> 0001 "1")');
    t.equal(await watch.heard(), wire('30 (<a> "1") 30 (<a> "1")'), 'each of QoS 1 is new, DUP or not');
    t.equal(
      await peer.ask('34 (<a> 0002 "2") 3c (<a> 0002 "2") 34 (<a> 0002 "2")'),
      wire('50 (0002) 50 (0002) 50 (0002)'),
    );
    t.equal(await watch.heard(), wire('30 (<a> "2")'), 'of QoS 2 only the first');
    t.equal(await peer.ask('62 (0002) 62 (0002)'), wire('70 (0002) 70 (0002)'));
    await peer.ask('34 (<a> 0002 "3")');
    t.equal(await watch.heard(), wire('30 (<a> "3")'));
  },
);

t.test(
  'what goes out has an id that is free, DUP 0, and an end: PUBACK, or PUBREC and PUBCOMP [MQTT3-2.3.1-4] [MQTT3-4.3.2-1] [MQTT3-4.3.3-1] [MQTT3-4.3.1-1] [MQTT3-2.3.1-5] [MQTT3-3.3.1-2]',
  async (t) => {
    const world = await opened({ sendWindowMax: 3 });
    const watch = await listener(world, 'watch', 'a');
    const peer = await welcome(world, 'c');
    await peer.ask('30 (<a> "0")');
    t.equal(await watch.heard(), wire('30 (<a> "0")'), 'QoS 0: no id, DUP 0');
    await peer.ask('32 (<a> 0005 "1") 34 (<a> 0006 "2") 62 (0006) 32 (<a> 0007 "3") 32 (<a> 0008 "4")');
    t.equal(await watch.heard(), wire('32 (<a> 0001 "1") 34 (<a> 0002 "2") 32 (<a> 0003 "3")'), 'three are underway');
    t.equal(await watch.ask('50 (0002)'), wire('62 (0002)'), 'PUBREC: PUBREL, and the id is still in use');
    t.equal(await watch.ask('50 (0002)'), wire('62 (0002)'), 'PUBREC again: PUBREL, never PUBLISH');
    t.equal(await watch.ask('40 (0001)'), wire('32 (<a> 0004 "4")'), 'PUBACK makes room for the next');
    t.equal(await watch.ask('70 (0002)'), '', 'PUBCOMP ends it');
    t.equal(await watch.ask('40 (0003) 40 (0004)'), '');
  },
);

t.test('an id comes round again only when it is free [MQTT3-2.3.1-4] [MQTT3-4.3.2-1]', async (t) => {
  const world = await opened({ sendWindowMax: 2 });
  const watch = await listener(world, 'watch', 'a');
  const peer = await welcome(world, 'c');
  await peer.ask('32 (<a> 0001 "held")');
  t.equal(await watch.heard(), wire('32 (<a> 0001 "held")'));
  const seen = new Set<string>();
  for (let index = 0; index < 65_600; index++) {
    peer.say('32 (<a> 0002 "x")');
    const heard = await watch.heard();
    const id = heard.slice(10, 14);
    if (id === '0001' || id === '0000') t.fail(`id ${id} was given`);
    seen.add(id);
    watch.say(`40 (${id})`);
  }
  t.ok(seen.size > 60_000, `${seen.size} ids were used`);
});

t.test('DUP on the way out has nothing to do with DUP on the way in [MQTT3-3.3.1-3]', async (t) => {
  const world = await opened();
  const watch = await listener(world, 'watch', 'a');
  const peer = await welcome(world, 'c');
  await peer.ask('3a (<a> 0001 "1") 3c (<a> 0002 "2") 62 (0002)');
  t.equal(await watch.heard(), wire('32 (<a> 0001 "1") 34 (<a> 0002 "2")'));
});

t.test('a message goes out at the lower of its QoS and the granted one [MQTT3-3.8.4-6]', async (t) => {
  const world = await opened();
  const watch = await welcome(world, 'watch');
  t.equal(await watch.ask('82 (0001 <t/0> 00 <t/1> 01 <t/2> 02)'), wire('90 (0001 00 01 02)'));
  const peer = await welcome(world, 'c');
  for (const granted of [0, 1, 2]) {
    const types: string[] = [];
    for (const publish of [`30 (<t/${granted}>)`, `32 (<t/${granted}> 0001)`, `34 (<t/${granted}> 0002) 62 (0002)`]) {
      await peer.ask(publish);
      types.push((await watch.heard()).slice(0, 2));
    }
    const expected = [0, 1, 2].map((qos) => ['30', '32', '34'][Math.min(qos, granted)]);
    t.strictSame(types, expected, `granted ${granted}`);
  }
});

t.test(
  'a retained message is kept with its QoS for later subscribers, and RETAIN says that it is one [MQTT3-3.3.1-5] [MQTT3-3.3.1-6] [MQTT3-3.3.1-7] [MQTT3-3.3.1-8] [MQTT3-3.3.1-9]',
  async (t) => {
    const world = await opened();
    const watch = await listener(world, 'watch', 'r/#');
    const peer = await welcome(world, 'c');
    await peer.ask('31 (<r/0> "0") 33 (<r/1> 0001 "1") 35 (<r/2> 0002 "2") 62 (0002)');
    const live = '30 (<r/0> "0") 32 (<r/1> 0001 "1") 34 (<r/2> 0002 "2")';
    t.equal(await watch.heard(), wire(live), 'RETAIN 0 for a subscription that stood already');
    const later = await welcome(world, 'later');
    const stored = '90 (0001 02 02 02) 31 (<r/0> "0") 33 (<r/1> 0001 "1") 35 (<r/2> 0002 "2")';
    t.equal(await later.ask('82 (0001 <r/0> 02 <r/1> 02 <r/2> 02)'), wire(stored), 'RETAIN 1 for a new one');
    const all = await welcome(world, 'all');
    t.equal((await all.ask('82 (0001 <r/+> 02)')).length, wire(stored).length - 4, 'a wildcard finds all of them');
    const lower = await welcome(world, 'lower');
    t.equal(await lower.ask('82 (0001 <r/2> 00)'), wire('90 (0001 00) 31 (<r/2> "2")'), 'at the granted QoS');
    await peer.ask('31 (<r/2> "new")');
    const last = await welcome(world, 'last');
    t.equal(await last.ask('82 (0001 <r/2> 02)'), wire('90 (0001 02) 31 (<r/2> "new")'), 'QoS 0 displaces QoS 2');
  },
);

t.test(
  'an empty payload removes the retained message, and is delivered [MQTT3-3.3.1-10] [MQTT3-3.3.1-11] [MQTT3-3.3.1-12]',
  async (t) => {
    const world = await opened();
    const watch = await listener(world, 'watch', 'r');
    const peer = await welcome(world, 'c');
    const retained = async (clientId: string): Promise<string> =>
      (await (await welcome(world, clientId)).ask('82 (0001 <r> 00)')).slice(wire('90 (0001 00)').length);
    await peer.ask('31 (<r> "kept")');
    await peer.ask('30 (<r> "passing") 30 (<r>)');
    t.equal(await retained('one'), wire('31 (<r> "kept")'), 'RETAIN 0 leaves it as it is, an empty payload too');
    await watch.heard();
    await peer.ask('31 (<r>)');
    t.equal(await watch.heard(), wire('30 (<r>)'), 'delivered as usual');
    t.equal(await retained('two'), '', 'and nothing is retained');
    await peer.ask('31 (<none>) 33 (<r> 0001)');
    t.equal(await retained('three'), '', 'nor is an empty one of its own');
  },
);

t.test('overlapping subscriptions: one message, at the highest QoS [MQTT3-3.3.5-1]', async (t) => {
  const world = await opened();
  const watch = await welcome(world, 'watch');
  await watch.ask('82 (0001 <a/b> 00 <a/+> 02 <a/#> 01)');
  const peer = await welcome(world, 'c');
  await peer.ask('34 (<a/b> 0001 "x") 62 (0001)');
  t.equal(await watch.heard(), wire('34 (<a/b> 0001 "x")'));
  await peer.ask('34 (<a/b/c> 0001 "x") 62 (0001)');
  t.equal(await watch.heard(), wire('32 (<a/b/c> 0002 "x")'), 'of those that match');
});

t.test('a publish that is not allowed is acknowledged as usual, or ends the connection [MQTT3-3.3.5-2]', async (t) => {
  for (const isDenialDisconnecting of [false, true]) {
    const world = await opened({
      access: {
        isAnonymousAllowed: true,
        users: [],
        rules: [{ isAllowed: false, action: 'publish', topics: ['secret/#'], subject: { kind: 'everybody' } }],
        isAllowedWithoutMatch: true,
        isDenialDisconnecting,
      },
    });
    const watch = await listener(world, 'watch', '#');
    const peer = await welcome(world, 'c');
    const answer = await peer.ask('32 (<secret/a> 0001 "x")');
    t.equal(answer, isDenialDisconnecting ? '' : wire('40 (0001)'));
    if (!isDenialDisconnecting)
      t.equal(await peer.ask('34 (<secret/a> 0002 "x") 62 (0002)'), wire('50 (0002) 70 (0002)'));
    t.equal(peer.isClosed, isDenialDisconnecting);
    t.equal(await watch.heard(), '', 'and is not delivered');
  }
});

t.test(
  'messages of one publisher keep their order, and so do the answers to them [MQTT3-4.6.0-5] [MQTT3-4.6.0-6] [MQTT3-4.5.0-1]',
  async (t) => {
    const world = await opened({ sendWindowMax: 4 });
    const watch = await listener(world, 'watch', 'a');
    const peer = await welcome(world, 'c');
    const ids = Array.from({ length: 50 }, (_one, index) => (index + 1).toString(16).padStart(4, '0'));
    const answers = await peer.ask(...ids.map((id) => `32 (<a> ${id} "${id}")`));
    t.equal(answers, wire(ids.map((id) => `40 (${id})`).join(' ')));
    const order: string[] = [];
    for (let heard = await watch.heard(); heard !== ''; ) {
      const acks: string[] = [];
      for (const [, id = '', text = ''] of heard.matchAll(/3209000161(....)(.{8})/g)) {
        order.push(Buffer.from(text, 'hex').toString());
        acks.push(`40 (${id})`);
      }
      heard = await watch.ask(...acks);
    }
    t.strictSame(order, ids);
  },
);

t.test('a subscriber hears the topic as it was published, and no other [MQTT3-3.3.2-3] [MQTT3-4.7.3-4]', async (t) => {
  const world = await opened();
  const watch = await listener(world, 'watch', 'Caf\u00e9/+', '/a', 'x//y');
  const peer = await welcome(world, 'c');
  const composed = 'Caf\u00e9/A';
  const decomposed = 'Cafe\u0301/A';
  await peer.ask(
    `30 (<${decomposed}> "no") 30 (<caf\u00e9/A> "no") 30 (<${composed}> "yes") 30 (<a> "no") 30 (</a> "yes")`,
  );
  await peer.ask('30 (<x/y> "no") 30 (<x//y> "yes") 30 (<x/ /y> "no") 30 (<Caf\u00e9> "no") 30 (<Caf\u00e9/> "yes")');
  t.equal(
    await watch.heard(),
    wire(`30 (<${composed}> "yes") 30 (</a> "yes") 30 (<x//y> "yes") 30 (<Caf\u00e9/> "yes")`),
  );
});

t.test(
  'what cannot be taken now is not acknowledged: the connection ends, and the message stays its publisher’s [MQTT3-4.8.0-2]',
  async (t) => {
    const world = await opened();
    let reason: ReasonCode = ReasonCode.quotaExceeded;
    let isForNow = true;
    const full: Destination = {
      origin: new Origin('application', 'full'),
      isReady: true,
      deliver: (_message, _grant, acceptance) => acceptance.refuse(reason, isForNow),
    };
    world.router.subscribe(full, '#', { qos: 2, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
    for (const [publish, repeat, ack] of [
      ['32 (<a> 0001 "x")', '3a (<a> 0001 "x")', '40 (0001)'],
      ['34 (<a> 0002 "x")', '3c (<a> 0002 "x")', '50 (0002)'],
    ] as const) {
      reason = ReasonCode.quotaExceeded;
      isForNow = true;
      const peer = await welcome(world, 'c', { flags: '00' });
      t.equal(await peer.ask(`30 (<a> "0") ${publish} c000`), '');
      t.ok(peer.isClosed);
      reason = ReasonCode.success;
      isForNow = false;
      const again = await welcome(world, 'c', { flags: '00' });
      t.equal(await again.ask(repeat), wire(ack), 'taken when there is room');
      await again.ask('62 (0002)');
    }
    // a queue whose policy lets the newest go: others have the message, and it must not come to them again
    reason = ReasonCode.quotaExceeded;
    const told = await welcome(world, 'd', { flags: '00' });
    t.equal(await told.ask('32 (<a> 0001 "x") 34 (<a> 0002 "x")'), wire('40 (0001) 50 (0002)'));
    t.notOk(told.isClosed);
  },
);
