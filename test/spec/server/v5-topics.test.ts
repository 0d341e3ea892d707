// MQTT 5.0, sections 4.7 and 4.8: topics, wildcards and shared subscriptions.
import t from 'tap';
import { ackWith, disconnectOf, Five, kept, payloads, published, subscribeWith } from '../../kit/five.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

async function matched(filter: string, ...topics: readonly string[]): Promise<readonly string[]> {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, filter);
  const device = await five.device('device');
  device.send(...topics.map((topic) => publishOf(topic, topic)));
  return payloads(await listener.received());
}

t.test('# takes all levels from its place on, its parent too [MQTT-4.7.1-1]', async (t) => {
  t.same(await matched('a/#', 'a', 'a/', 'a/b', 'a/b/c', 'ab', 'b/a'), ['a', 'a/', 'a/b', 'a/b/c']);
  t.same(await matched('#', 'a', '/', '//b'), ['a', '/', '//b']);
});

t.test('+ takes one whole level, an empty one too [MQTT-4.7.1-2]', async (t) => {
  t.same(await matched('a/+', 'a', 'a/', 'a/b', 'a/b/c'), ['a/', 'a/b']);
  t.same(await matched('+', 'a', '/a', 'a/b'), ['a']);
  t.same(await matched('+/+', '/', '/a', 'a/', 'a'), ['/', '/a', 'a/']);
  t.same(await matched('/+', '/a', 'a', 'b/a'), ['/a']);
});

t.test('a filter that begins with a wildcard passes over $ topics, retained ones too [MQTT-4.7.2-1]', async (t) => {
  t.same(await matched('#', '$a/b', 'a/b'), ['a/b']);
  t.same(await matched('+/b', '$a/b', 'a/b'), ['a/b']);
  t.same(await matched('$a/#', '$a/b', 'a/b'), ['$a/b']);
  t.same(await matched('$a/+', '$a/b'), ['$a/b']);
  const five = await Five.open();
  const device = await five.device('device');
  device.send(publishOf('$a/b', 'system', { retain: true }), publishOf('a/b', 'plain', { retain: true }));
  await device.received();
  for (const filter of ['#', '+/b', '+/#', '$share/g/#']) {
    const late = await five.device('late');
    late.send(subscribeOf(1, 0, filter));
    t.same(payloads(await late.received()), filter.startsWith('$') ? [] : ['plain'], filter);
  }
  const late = await five.listener('late', 0, '$share/g/#');
  device.send(publishOf('$a/b', 'live'));
  t.same(payloads(await late.received()), [], 'nor does a shared one match');
});

t.test(
  'topics are compared as they are: case, slashes and forms of a letter count [MQTT-4.7.3-4] [MQTT-4.7.3-1]',
  async (t) => {
    t.same(await matched('a/B', 'a/b', 'A/B', 'a/B', 'a/B/', '/a/B'), ['a/B']);
    t.same(await matched('\u00e9', 'e\u0301', '\u00e9'), ['\u00e9']);
    t.same(await matched('a b', 'a  b', 'a b', 'a%20b'), ['a b']);
  },
);

t.test('a topic has at most 65535 bytes, and so many are taken [MQTT-4.7.3-3]', async (t) => {
  const long = 'é'.repeat(32_767);
  t.same(await matched('#', long), [long]);
});

async function group(five: Five, qos: readonly (0 | 1 | 2)[], filter = '$share/g/a'): Promise<RawPeer[]> {
  const members: RawPeer[] = [];
  for (const [index, one] of qos.entries()) {
    const member = await five.device(`m${index}`, kept);
    member.send(subscribeOf(1, one, filter));
    await member.received();
    members.push(member);
  }
  return members;
}

t.test(
  'each message goes to one member, at the QoS that this one was granted [MQTT-4.8.2-3] [MQTT-4.8.2-1]',
  async (t) => {
    const five = await Five.open();
    const members = await group(five, [0, 1, 2]);
    const plain = await five.listener('plain', 2, 'a');
    const device = await five.device('device');
    for (let id = 1; id < 10; id++) {
      device.send(publishOf('a', String(id), { qos: 2, packetId: id }));
      await device.received();
      device.send(ackOf(6, id));
    }
    const all: string[] = [];
    for (const [index, member] of members.entries()) {
      const got = published(await member.received());
      t.equal(got.length, 3, `member ${index} had its share`);
      for (const { qos } of got) t.equal(qos, index);
      all.push(...payloads(got));
    }
    t.same(all.sort(), ['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    t.equal(published(await plain.received()).length, 9, 'who subscribes alone gets all');
  },
);

t.test('groups of other names and other filters are other groups [MQTT-4.8.2-1] [MQTT-4.8.2-2]', async (t) => {
  const five = await Five.open();
  const members = await Promise.all(
    ['$share/g/a', '$share/h/a', '$share/g/+'].map((filter, index) => five.listener(`m${index}`, 0, filter)),
  );
  const device = await five.device('device');
  device.send(publishOf('a', 'x'));
  for (const member of members) t.same(payloads(await member.received()), ['x']);
});

t.test('retained messages do not come with a shared subscription', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.send(publishOf('a', 'x', { retain: true }));
  const member = await five.device('member');
  member.send(subscribeWith(1, '$share/g/a', { qos: 1 }));
  t.same(await member.receivedHex(), ['900400010001']);
});

t.test('a QoS 2 delivery that has begun is finished with its member, when it is back [MQTT-4.8.2-4]', async (t) => {
  const five = await Five.open();
  const [one, other] = await group(five, [2, 2]);
  const device = await five.device('device');
  device.send(publishOf('a', 'x', { qos: 2, packetId: 1 }));
  t.same(payloads((await one?.received()) ?? []), ['x']);
  one?.cut();
  await five.world.clock.advance(60_000);
  t.same(await other?.received(), [], 'nobody else gets it meanwhile');
  const back = await five.dial();
  t.match(await back.connect('m0', kept), [{ type: 2 }, { type: 3, dup: true, qos: 2 }]);
});

t.test('if its session ends before that, the message goes to no other member [MQTT-4.8.2-5]', async (t) => {
  const five = await Five.open();
  const [one, other] = await group(five, [2, 2]);
  const device = await five.device('device');
  device.send(publishOf('a', 'x', { qos: 2, packetId: 1 }));
  t.same(payloads((await one?.received()) ?? []), ['x']);
  one?.send(disconnectOf(0, { sessionExpiryInterval: 0 }));
  await five.world.clock.advance(60_000);
  t.equal(five.broker.status.sessions, 2);
  t.same(await other?.received(), []);
});

t.test('a member that refuses a message ends it: no other gets it [MQTT-4.8.2-6] [MQTT-4.4.0-2]', async (t) => {
  const five = await Five.open();
  const [one, other] = await group(five, [2, 2]);
  const device = await five.device('device');
  for (const [qos, type] of [
    [1, 4],
    [2, 5],
  ] as const) {
    device.send(publishOf('a', 'x', { qos, packetId: qos }));
    const first = published((await one?.received()) ?? []);
    const second = published((await other?.received()) ?? []);
    t.equal(first.length + second.length, 1);
    const [taker, packet] = first[0] ? [one, first[0]] : [other, second[0]];
    taker?.send(ackWith(type, packet?.packetId ?? 0, 0x97));
    await five.world.clock.advance(60_000);
    t.same(await one?.received(), []);
    t.same(await other?.received(), []);
  }
});

t.test('members that are away get nothing while one is there, and all where none is', async (t) => {
  const five = await Five.open();
  const [one, other] = await group(five, [1, 1]);
  one?.cut();
  await five.world.clock.settle();
  const device = await five.device('device');
  device.send(...[1, 2, 3, 4].map((id) => publishOf('a', String(id), { qos: 1, packetId: id })));
  t.same(payloads((await other?.received()) ?? []), ['1', '2', '3', '4']);
  other?.cut();
  await five.world.clock.settle();
  device.send(...[5, 6].map((id) => publishOf('a', String(id), { qos: 1, packetId: id })));
  await device.received();
  const heard: string[] = [];
  for (const name of ['m0', 'm1']) heard.push(...payloads(await (await five.dial()).connect(name, kept)));
  t.same(heard.filter((one) => one > '4').sort(), ['5', '6']);
});
