// What packet-exact suites of other projects ask of a broker, answered byte for byte: packets that are cut short or
// hold what they must not, `$` topics, acknowledgements in every form, flows that a client begins and does not end.
// Where the standard leaves the answer open, it is the one that most suites expect.
import t from 'tap';
import type { BrokerOptions } from '../../../src/broker/broker-options.ts';
import { type Conversation, converse, wire } from '../../kit/conversation.ts';
import { World } from '../../kit/world.ts';

const helloV311 = '10 (<MQTT> 04 02 000a <one>)';
const helloV5 = '10 (<MQTT> 05 02 000a (21 0014) <one>)';
const helperV311 = '10 (<MQTT> 04 02 000a <two>)';
const helperV5 = '10 (<MQTT> 05 02 000a () <two>)';
const end = 'then closed';

/** A connected device that says one thing, and all that it hears. */
async function answerTo(hello: string, say: string, options: Partial<BrokerOptions> = {}): Promise<string> {
  const world = new World();
  await world.openBroker(options);
  const { peer } = await converse(world, hello);
  const heard = await peer.ask(say);
  return peer.isClosed ? `${heard} ${end}` : heard;
}

/** Two devices on one broker. */
async function pair(version: 3 | 5, hello?: string): Promise<readonly [one: Conversation, two: Conversation]> {
  const world = new World();
  await world.openBroker();
  const one = await converse(world, hello ?? (version === 5 ? helloV5 : helloV311));
  const two = await converse(world, version === 5 ? helperV5 : helperV311);
  return [one.peer, two.peer];
}

t.test('a PUBLISH of 5.0 that must not be is answered with its reason', async (t) => {
  const cases = [
    ['packet identifier 0', '32 (<test/topic> 0000 00)', '82'],
    ['QoS 3', '36 (<test/topic> 0001 00)', '81'],
    ['QoS above what is served', '34 (<test/topic> 0001 00)', '9b'],
    ['retained where nothing is', '31 (<test/topic> 00 "a")', '9a'],
    ['a property of other packets', '32 (<test/topic> 0001 (11 00000000))', '81'],
    ['nothing at all', '30 00', '81'],
    ['an empty topic and no more', '30 (0000)', '81'],
    ['no properties', '30 (<a>)', '81'],
    ['no packet identifier', '32 (<a>)', '81'],
    ['an identifier and no properties', '32 (<a> 0001)', '81'],
    ['a wildcard in the topic', '32 (<#/test/topic> 0001 00)', '82'],
    ['alias 0', '32 (<a> 0001 (23 0000))', '94'],
    ['an alias above the maximum', '32 (<a> 0001 (23 0065))', '94'],
    ['an alias that is not known', '32 (0000 0001 (23 0003))', '82'],
    ['a subscription identifier', '32 (<a> 0001 (0b 01))', '82'],
  ] as const;
  const options = { maximumQos: 1, isRetainAvailable: false } as const;
  for (const [what, say, code] of cases) {
    t.equal(await answerTo(helloV5, say, options), `${wire(`e0 (${code})`)} ${end}`, what);
  }
});

t.test('a SUBSCRIBE or UNSUBSCRIBE of 5.0 that must not be is answered with its reason', async (t) => {
  const cases = [
    ['wrong flags', '80 (0001 00 <a/b> 01)', '81'],
    ['a property of other packets', '82 (0001 (11 00000000) <a/b> 01)', '81'],
    ['bits that are reserved', '82 (0001 00 <a/b> c0)', '81'],
    ['QoS 3', '82 (0001 00 <a/b> 03)', '82'],
    ['retain handling 3', '82 (0001 00 <a/b> 30)', '82'],
    ['nothing at all', '82 00', '81'],
    ['no properties', '82 (0001)', '81'],
    ['no filter', '82 (0001 00)', '82'],
    ['an empty filter and no more', '82 (0001 00 0000)', '81'],
    ['an empty filter', '82 (0001 00 0000 01)', '81'],
    ['no options', '82 (0001 00 <a>)', '81'],
    ['no options of the second', '82 (0001 00 <a> 00 <b>)', '81'],
    ['a filter that is none', '82 (0001 00 <#/a> 01)', '81'],
    ['subscription identifier 0', '82 (0001 (0b 00) <a> 01)', '82'],
    ['no local, shared', '82 (0001 00 <$share/g/a> 04)', '82'],
    ['wrong flags', 'a0 (0001 00 <a/b>)', '81'],
    ['a property of other packets', 'a2 (0001 (11 00000000) <a/b>)', '81'],
    ['nothing at all', 'a2 00', '81'],
    ['no properties', 'a2 (0001)', '81'],
    ['an empty filter and no more', 'a2 (0001 00 0000)', '81'],
    ['packet identifier 0', 'a2 (0000 00 <a/b>)', '82'],
  ] as const;
  for (const [what, say, code] of cases) {
    t.equal(await answerTo(helloV5, say), `${wire(`e0 (${code})`)} ${end}`, what);
  }
});

t.test('topics below $ are ours where nobody could hear of them, or would hear of us', async (t) => {
  const cases = [
    ['$SYS/broker/uptime', '87'],
    ['$SYS/broker/connection/me', '87'],
    ['$SYS/broker/connection/me/state', '10'],
    ['$SYS/broker/connection/me/state/x', '87'],
    ['$share/group/a', '87'],
    ['$other/a', '10'],
  ] as const;
  for (const [topic, code] of cases) {
    t.equal(await answerTo(helloV5, `32 (<${topic}> 0001 00 "x")`), wire(`40 (0001 ${code})`), topic);
    t.equal(await answerTo(helloV311, `32 (<${topic}> 0001 "x")`), wire('40 (0001)'), `${topic} in 3.1.1`);
  }
  t.equal(await answerTo(helloV311, '82 (0001 <$SYS/broker/missing> 00)'), wire('90 (0001 00)'));
  t.equal(await answerTo(helloV5, '82 (0001 00 <$share/share/#> 00)'), wire('90 (0001 00 00)'));
});

t.test('what a bridge of another broker tells of itself is retained, and comes to those who ask', async (t) => {
  const [one, two] = await pair(3);
  await two.ask('33 (<$SYS/broker/connection/far/state> 0001 "1")');
  const heard = await one.ask('82 (0001 <$SYS/broker/connection/+/state> 00)');
  t.equal(heard, wire('90 (0001 00) 31 (<$SYS/broker/connection/far/state> "1")'));
});

t.test('acknowledgements of 5.0 are understood in every form that they can have', async (t) => {
  const property = '(26 <key> <value>)';
  const forms = ['', '00', '00 00', `00 ${property}`];
  for (const form of forms) {
    const [one, two] = await pair(5);
    await one.ask('82 (0001 00 <q/#> 02)');
    t.equal(await two.ask('34 (<q/2> 0005 00 "x")'), wire('50 (0005)'));
    t.equal(await two.ask(`62 (0005 ${form})`), wire('70 (0005)'), `PUBREL ${form}`);
    t.equal(await one.heard(), wire('34 (<q/2> 0001 00 "x")'));
    t.equal(await one.ask(`50 (0001 ${form})`), wire('62 (0001)'), `PUBREC ${form}`);
    t.equal(await one.ask(`70 (0001 ${form})`), '', `PUBCOMP ${form}`);
    await two.ask('32 (<q/1> 0006 00 "y")');
    const [, packetId = ''] = /^32.{14}(....)/.exec(await one.heard()) ?? [];
    t.equal(await one.ask(`40 (${packetId} ${form})`, 'c000'), wire('d000'), `PUBACK ${form}`);
  }
});

t.test('the wrong acknowledgement ends the connection, and the message is sent again to the next one', async (t) => {
  const cases = [
    ['01', '32', '50 (0001)'],
    ['01', '32', '70 (0001)'],
    ['02', '34', '40 (0001)'],
    ['02', '34', '70 (0001)'],
  ] as const;
  for (const version of [3, 5] as const) {
    const empty = version === 5 ? '00' : '';
    const lasting = version === 5 ? '10 (<MQTT> 05 00 000a (11 00000064) <one>)' : '10 (<MQTT> 04 00 000a <one>)';
    for (const [qos, first, ack] of cases) {
      const world = new World();
      await world.openBroker();
      const { peer: one } = await converse(world, lasting);
      const { peer: two } = await converse(world, version === 5 ? helperV5 : helperV311);
      await one.ask(`82 (0001 ${empty} <q> ${qos})`);
      await two.ask(`${first} (<q> 0001 ${empty} "x")`);
      t.equal(await one.heard(), wire(`${first} (<q> 0001 ${empty} "x")`));
      const farewell = version === 5 ? wire('e0 (82)') : '';
      t.equal(await one.ask(ack, 'c000'), farewell, `${ack} for QoS ${qos}, version ${version}`);
      t.ok(one.isClosed);
      const again = await converse(world, lasting);
      const repeat = wire(`${first === '32' ? '3a' : '3c'} (<q> 0001 ${empty} "x")`);
      t.ok(again.answer.endsWith(repeat), `again: ${again.answer}`);
    }
  }
});

t.test('a QoS 2 identifier that is used again before its PUBREL is the same message', async (t) => {
  for (const [version, empty] of [
    [3, ''],
    [5, '00'],
  ] as const) {
    const [one, two] = await pair(version);
    await one.ask(`82 (0001 ${empty} <#> 02)`);
    t.equal(await two.ask(`34 (<a> 0138 ${empty} "1")`), wire('50 (0138)'));
    t.equal(await two.ask(`34 (<b> 0138 ${empty} "2")`), wire('50 (0138)'));
    t.equal(await two.ask('62 (0138)'), wire('70 (0138)'));
    t.equal(await one.heard(), wire(`34 (<a> 0001 ${empty} "1")`), 'delivered once');
  }
});

t.test('aliases of the broker come with the first message of a topic, in the order of the topics', async (t) => {
  const [one, two] = await pair(5, '10 (<MQTT> 05 02 000a (22 000a) <one>)');
  await one.ask('82 (0001 00 <alias/#> 00)');
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const said = numbers.map((number) => `30 (<alias/${number}> 00 "m")`);
  await two.ask(...said);
  t.equal(await one.heard(), wire(numbers.map((one) => `30 (<alias/${one}> (23 000${one}) "m")`).join(' ')));
  await two.ask(...said);
  t.equal(await one.heard(), wire(numbers.map((one) => `30 (0000 (23 000${one}) "m")`).join(' ')));
});

t.test('an UNSUBSCRIBE of several filters is answered for each', async (t) => {
  const [five] = await pair(5);
  await five.ask('82 (0001 00 <u/two> 02)');
  t.equal(await five.ask('a2 (0003 00 <u/one> <u/two> <u/#/x>)'), wire('b0 (0003 00 11 00 8f)'));
  const [three] = await pair(3);
  await three.ask('82 (0001 <u/two> 02)');
  t.equal(await three.ask('a2 (0003 <u/one> <u/two>)'), wire('b0 (0003)'));
});

t.test('a PUBREC that refuses frees the place of its message', async (t) => {
  const [one, two] = await pair(5, '10 (<MQTT> 05 02 000a (21 0001) <one>)');
  await one.ask('82 (0001 00 <r> 02)');
  await two.ask('34 (<r> 0001 00 "1")', '34 (<r> 0002 00 "2")');
  t.equal(await one.heard(), wire('34 (<r> 0001 00 "1")'));
  t.equal(await one.ask('50 (0001 80)'), wire('34 (<r> 0002 00 "2")'));
});

t.test('a client that does not keep to the receive maximum is disconnected with 0x93', async (t) => {
  const world = new World();
  await world.openBroker({ receiveMaximum: 20 });
  const { peer } = await converse(world, helperV5);
  for (let id = 1; id <= 20; id++) {
    const packetId = id.toString(16).padStart(4, '0');
    t.equal(await peer.ask(`34 (<a> ${packetId} 00)`), wire(`50 (${packetId} 10)`));
  }
  t.equal(await peer.ask('34 (<a> 0015 00)'), wire('e0 (93)'));
});

t.test('a first packet that is no CONNECT, and a CONNECT of no version, are not let in', async (t) => {
  const world = new World();
  await world.openBroker();
  for (const [say, want] of [
    ['32 (<pub/qos1/test> 0002 "message")', ''],
    ['c000', ''],
    ['10 (<MQIsdp> 00 02 000a <x>)', wire('20 (00 01)')],
    ['10 (<MQIsdp> 03 02 000a 0000)', wire('20 (00 02)')],
    ['10 (<MQTT> 04 00 000a 0000)', wire('20 (00 02)')],
  ] as const) {
    const { peer, answer } = await converse(world, say);
    t.equal(answer, want, say);
    t.ok(peer.isClosed);
  }
});
