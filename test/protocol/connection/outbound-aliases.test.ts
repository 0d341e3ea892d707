// Topic aliases that we use: who gets a number, and who keeps it.
import t from 'tap';
import { OutboundAliases } from '../../../protocol/connection/outbound-aliases.ts';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';

/** Sends messages of topics. Returns for each the alias used, negative where the topic was left out. */
function send(aliases: OutboundAliases, ...topics: readonly string[]): readonly number[] {
  return topics.map((topic) => {
    const bytes = bytesOfText(topic);
    const use = aliases.useFor(bytes);
    aliases.used(bytes, use);
    return use.isTopicOmitted ? -use.alias : use.alias;
  });
}

t.test('while there are numbers every topic gets one, and is left out from then on [MQTT-3.2.2-18]', (t) => {
  const aliases = new OutboundAliases(2);
  t.same(send(aliases, 'first', 'second', 'first', 'second'), [1, 2, -1, -2]);
  t.same(send(aliases, 'third'), [0], 'no number above the maximum [MQTT-3.2.2-17]');
  t.same(send(aliases, 'ab'), [0], 'an alias is longer than this topic');
  t.same(send(new OutboundAliases(0), 'first'), [0]);
  t.end();
});

t.test('a topic that would have saved more takes over the number of the one that saved least', (t) => {
  const aliases = new OutboundAliases(2);
  send(aliases, 'seldom', ...Array.from({ length: 50 }, () => 'often'));
  const once = 'a/long/topic/that/comes/all/the/time';
  t.same(send(aliases, once), [0], 'nothing is known of it yet');
  t.same(send(aliases, once), [1], 'it takes the number of `seldom`, and says so');
  t.same(send(aliases, once, 'often', 'seldom'), [-1, -2, 0]);
  t.end();
});

t.test('topics that come as often as each other do not fight over a number', (t) => {
  const aliases = new OutboundAliases(2);
  const topics = ['topic/1', 'topic/2', 'topic/3', 'topic/4'];
  let announced = 0;
  for (let round = 0; round < 1000; round++) announced += send(aliases, ...topics).filter((alias) => alias > 0).length;
  t.ok(announced < 700, `${announced} of 4000 carried topic and alias`);
  t.end();
});

t.test('more topics than can be counted cost bounded memory, and the frequent one still gets its number', (t) => {
  const aliases = new OutboundAliases(1);
  send(aliases, 'early');
  for (let index = 0; index < 5000; index++) send(aliases, `stream/${index}`, 'frequent');
  t.same(send(aliases, 'frequent'), [-1]);
  t.end();
});
