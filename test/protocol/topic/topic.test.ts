// Topics: matching against its naive twin, trees against lists, mapping against the vectors of the reference.
import fc from 'fast-check';
import t from 'tap';
import { FilterTree } from '../../../protocol/topic/filter-tree.ts';
import { MappingFault } from '../../../protocol/topic/mapping-fault.ts';
import { SmallMap } from '../../../protocol/topic/small-map.ts';
import { filterMatches, topicFilterFault } from '../../../protocol/topic/topic-filter.ts';
import { TopicMapping } from '../../../protocol/topic/topic-mapping.ts';
import { topicNameFault } from '../../../protocol/topic/topic-name.ts';
import { TopicTree } from '../../../protocol/topic/topic-tree.ts';
import { fixtureJson } from '../../kit/fixtures.ts';

const levels = fc.constantFrom('a', 'b', '', '$SYS', 'é');
const topicOf = fc
  .array(levels, { minLength: 1, maxLength: 5 })
  .map((all) => all.join('/'))
  .filter((one) => one !== '');
const filterOf = fc
  .tuple(fc.array(fc.oneof(levels, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([all, hasRest]) => [...all, ...(hasRest || all.length === 0 ? ['#'] : [])].join('/'))
  .filter((one) => one !== '');

/** The standard's rules, written down once more as a regular expression. */
function twinMatches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const escaped = filter.split('/').map((level) => {
    if (level === '+') return '[^/]*';
    return level === '#' ? '#' : level.replaceAll(/[$]/g, '\\$');
  });
  let pattern = escaped.join('/');
  if (pattern === '#') pattern = '.*';
  else if (pattern.endsWith('/#')) pattern = `${pattern.slice(0, -2)}(/.*)?`;
  return new RegExp(`^${pattern}$`, 's').test(topic);
}

t.test(
  'filters match as the standard says [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1] [MQTT-4.7.3-4] [MQTT3-4.7.2-1]',
  async (t) => {
    fc.assert(
      fc.property(filterOf, topicOf, (filter, topic) => filterMatches(filter, topic) === twinMatches(filter, topic)),
      { numRuns: 3000 },
    );
    t.ok(filterMatches('sport/#', 'sport'));
    t.notOk(filterMatches('#', '$SYS/x'));
    t.ok(filterMatches('$SYS/#', '$SYS/x'));
    t.notOk(filterMatches('+', '/a'));
  },
);

t.test('the filter tree finds what a list would find, whatever was added and removed', async (t) => {
  const steps = fc.array(fc.tuple(fc.boolean(), filterOf, fc.nat(3)), { maxLength: 30 });
  fc.assert(
    fc.property(steps, topicOf, (all, topic) => {
      const tree = new FilterTree<number>();
      const list: [string, number][] = [];
      for (const [isAdd, filter, value] of all) {
        const index = list.findIndex(([one, other]) => one === filter && other === value);
        if (isAdd && index < 0) {
          tree.add(filter, value);
          list.push([filter, value]);
        } else if (!isAdd) {
          if (tree.remove(filter, value) !== index >= 0) return false;
          if (index >= 0) list.splice(index, 1);
        }
      }
      const found: number[] = [];
      tree.match(topic, found);
      const expected = list.filter(([filter]) => twinMatches(filter, topic)).map(([, value]) => value);
      return tree.size === list.length && found.sort().join() === expected.sort().join();
    }),
    { numRuns: 1000 },
  );
  t.pass('1000 trees');
});

t.test('the topic tree finds what a list would find', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(topicOf, fc.boolean()), { maxLength: 20 }), filterOf, (all, filter) => {
      const tree = new TopicTree<string>();
      const map = new Map<string, string>();
      for (const [topic, isSet] of all) {
        if (isSet) {
          tree.set(topic, topic);
          map.set(topic, topic);
        } else if (tree.delete(topic) !== map.get(topic)) return false;
        else map.delete(topic);
      }
      const found = [...tree.matches(filter)];
      const expected = [...map.keys()].filter((topic) => twinMatches(filter, topic));
      return tree.size === map.size && found.sort().join('|') === expected.sort().join('|');
    }),
    { numRuns: 1000 },
  );
  t.pass('1000 trees');
});

t.test('a filter gives its values in the order in which they came, as often as they came', async (t) => {
  const tree = new FilterTree<string>();
  for (const value of ['c', 'a', 'b', 'a']) tree.add('x/+', value);
  const matched = (topic: string): string[] => {
    const found: string[] = [];
    tree.match(topic, found);
    return found;
  };
  t.same(matched('x/y'), ['c', 'a', 'b', 'a']);
  t.equal(tree.remove('x/+', 'a'), true);
  t.same(matched('x/y'), ['c', 'b', 'a'], 'one of two equal values is taken');
  t.equal(tree.remove('x/#', 'a'), false);
  t.equal(tree.remove('x', 'a'), false);
  t.equal(tree.remove('x/+/z', 'a'), false);
  t.equal(tree.size, 3);
  for (const value of ['c', 'b', 'a']) t.equal(tree.remove('x/+', value), true);
  t.same([tree.size, matched('x/y')], [0, []]);
  tree.add('x/#', 'd');
  t.same([matched('x'), matched('x/y/z'), matched('xx')], [['d'], ['d'], []]);
});

t.test('65535 levels exhaust nothing', async (t) => {
  const deep = '/'.repeat(65_535);
  const tree = new FilterTree<number>();
  tree.add(deep, 1);
  tree.add('#', 2);
  tree.add(`${'+/'.repeat(32_767)}#`, 3);
  const found: number[] = [];
  tree.match(deep, found);
  t.same(found.sort(), [1, 2, 3]);
  t.equal(tree.remove(deep, 1), true);
  t.equal(tree.remove(`${'+/'.repeat(32_767)}#`, 3), true);
  t.equal(tree.size, 1);
  const topics = new TopicTree<number>();
  topics.set(deep, 1);
  t.same([...topics.matches('#')], [1]);
  t.same([...topics.matches(`${'+/'.repeat(65_535)}+`)], [1]);
  t.equal(topics.delete(deep), 1);
  t.equal(topics.size, 0);
  t.equal(topicFilterFault(deep), undefined);
  t.equal(topicNameFault(deep), undefined);
  t.ok(filterMatches('#', deep));
});

t.test(
  'filters and topics that are none are told apart [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] [MQTT-4.8.2-1] [MQTT-4.8.2-2]',
  async (t) => {
    for (const filter of [
      '',
      'a#',
      'a/#/b',
      'a+',
      '+a',
      '#/',
      'a\0',
      '$share//a',
      '$share/g',
      '$share/g/',
      '$share/g+/a',
      'x'.repeat(65_536),
    ]) {
      t.type(topicFilterFault(filter), 'string', filter.slice(0, 20));
    }
    for (const filter of ['#', '+', 'a/+/#', '/', '$share/g/#', '$share/g//', '$SYS/#'])
      t.equal(topicFilterFault(filter), undefined, filter);
    for (const topic of ['', 'a/+', '#', 'a\0b', 'x'.repeat(65_536)])
      t.type(topicNameFault(topic), 'string', topic.slice(0, 20));
  },
);

interface Vector {
  readonly id: string;
  readonly pattern: string;
  readonly target: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly topic: string;
  readonly result: string | { readonly unmatched?: true; readonly fault?: true; readonly refused?: true };
}

t.test('mappings rewrite topics as the incumbent does, and never crash or make an invalid topic', async (t) => {
  for (const { id, pattern, target, prefix, suffix, topic, result } of fixtureJson<readonly Vector[]>(
    'mapping/vectors.json',
  )) {
    const name = `${id}: ${pattern} -> ${target} on ${topic}`;
    const mapping = TopicMapping.compile({ pattern, target, prefix, suffix });
    if (mapping instanceof MappingFault) {
      t.ok(typeof result === 'object' && result.refused, `${name}: ${mapping.detail}`);
      continue;
    }
    if (!mapping.matches(topic)) {
      t.ok(typeof result === 'object' && result.unmatched, name);
      continue;
    }
    const mapped = mapping.map(topic);
    if (mapped instanceof MappingFault) t.ok(typeof result === 'object' && result.fault, `${name}: ${mapped.detail}`);
    else t.equal(mapped, result, name);
  }
});

t.test('whatever rule compiles, what it makes of a topic is a topic or a fault', async (t) => {
  const target = fc.oneof(
    filterOf,
    fc.array(fc.constantFrom('$1', '$2', '$#', '+', '#', 'x', ''), { maxLength: 4 }).map((all) => all.join('/')),
  );
  const rule = fc.record({
    pattern: filterOf,
    target,
    prefix: fc.constantFrom('', 'p/', '/'),
    suffix: fc.constantFrom('', '/s'),
  });
  fc.assert(
    fc.property(rule, topicOf, (parts, topic) => {
      const mapping = TopicMapping.compile(parts);
      if (mapping instanceof MappingFault || !mapping.matches(topic)) return true;
      const mapped = mapping.map(topic);
      return mapped instanceof MappingFault || topicNameFault(mapped) === undefined;
    }),
    { numRuns: 3000 },
  );
  t.pass('3000 rules');
});

t.test('a small map is a map, however many entries it has', async (t) => {
  const key = fc.constantFrom(...Array.from({ length: 12 }, (_one, index) => `k${index}`));
  const operation = fc.tuple(fc.constantFrom('set', 'set', 'set', 'delete', 'look', 'clear'), key, fc.nat(9));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (all) => {
      const [small, map] = [new SmallMap<number>(), new Map<string, number>()];
      return all.every(([name, one, value]) => {
        if (name === 'set') {
          small.set(one, value);
          map.set(one, value);
        }
        if (name === 'delete' && small.delete(one) !== map.delete(one)) return false;
        if (name === 'clear' && value === 0) {
          small.clear();
          map.clear();
        }
        const isSame = small.get(one) === map.get(one) && small.has(one) === map.has(one) && small.size === map.size;
        return (
          isSame &&
          [...small.keys()].join() === [...map.keys()].join() &&
          small.values().join() === [...map.values()].join()
        );
      });
    }),
    { numRuns: 500 },
  );
  t.pass('500 histories');
});
