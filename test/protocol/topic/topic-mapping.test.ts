// Mapping beyond its vectors: pieces against a naive twin that counts levels, rules that undo each other, and rules and
// topics of any kind, for which a mapping may find a fault but never throws and never makes what is no topic.
import fc from 'fast-check';
import t from 'tap';
import { MappingFault } from '../../../protocol/topic/mapping-fault.ts';
import { filterMatches, topicFilterFault } from '../../../protocol/topic/topic-filter.ts';
import { type MappingRule, TopicMapping } from '../../../protocol/topic/topic-mapping.ts';
import { topicNameFault } from '../../../protocol/topic/topic-name.ts';

function compiled(rule: MappingRule): TopicMapping {
  const mapping = TopicMapping.compile(rule);
  if (mapping instanceof MappingFault) throw new Error(mapping.detail);
  return mapping;
}

const level = fc.constantFrom('a', 'b', 'ab', '', 'é', '$1');
const topicOf = fc
  .array(level, { minLength: 1, maxLength: 6 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topicNameFault(topic) === undefined);
const patternOf = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.constantFrom([], ['#']))
  .map(([levels, rest]) => [...levels, ...rest])
  .filter((levels) => levels.join('/') !== '');

/** The levels of the topic that stand where the piece first stands in the pattern. */
function naivePiece(pattern: readonly string[], piece: readonly string[], topic: string): string {
  let skipped = 0;
  while (pattern.slice(skipped, skipped + piece.length).join('/') !== piece.join('/')) skipped++;
  const levels = topic.split('/').slice(skipped);
  const isRest = skipped + piece.length === pattern.length;
  return (isRest ? levels : levels.slice(0, piece.length)).join('/');
}

t.test('a piece of the pattern takes the levels of the topic that stand there', async (t) => {
  let mapped = 0;
  const input = fc.tuple(patternOf, fc.nat(), fc.nat(), topicOf);
  fc.assert(
    fc.property(input, ([pattern, from, count, topic]) => {
      const start = from % pattern.length;
      const piece = pattern.slice(start, start + 1 + (count % (pattern.length - start)));
      if (!/[+#]/.test(piece.join('/')) || !filterMatches(pattern.join('/'), topic)) return;
      mapped++;
      const expected = naivePiece(pattern, piece, topic);
      const result = compiled({ pattern: pattern.join('/'), target: piece.join('/') }).map(topic);
      if (result instanceof MappingFault) {
        if (expected !== '') throw new Error(result.detail);
      } else if (result !== expected) throw new Error(`${result} instead of ${expected}`);
    }),
    { numRuns: 6000 },
  );
  t.ok(mapped > 200, `${mapped} topics were mapped`);
});

t.test(
  'an empty target and the pattern itself change nothing, and what one rule adds another takes away',
  async (t) => {
    fc.assert(
      fc.property(patternOf, topicOf, topicOf, (levels, topic, prefix) => {
        const pattern = levels.join('/');
        if (!filterMatches(pattern, topic)) return;
        if (compiled({ pattern, target: '' }).map(topic) !== topic) throw new Error('an empty target');
        if (/[+#]/.test(pattern) && compiled({ pattern, target: pattern }).map(topic) !== topic)
          throw new Error('itself');
        const added = compiled({ pattern, target: '', prefix: `${prefix}/` }).map(topic);
        if (typeof added !== 'string') throw new Error(added.detail);
        const back = compiled({ pattern: `${prefix}/#`, target: '#' });
        if (!back.matches(added) || back.map(added) !== topic) throw new Error('a prefix and back');
      }),
      { numRuns: 2000 },
    );
    const there = compiled({ pattern: 'site/+/device/+/#', target: 'cloud/$2/$1/$#' });
    const back = compiled({ pattern: 'cloud/+/+/#', target: 'site/$2/device/$1/#' });
    for (const topic of ['site/a/device/b/t', 'site/a/device/b/t/u', 'site//device//', 'site/$1/device/$2/x']) {
      const mapped = there.map(topic);
      t.equal(typeof mapped === 'string' && back.map(mapped), topic, topic);
    }
  },
);

t.test('any rule on any topic gives a topic or a fault, and never throws [MQTT-4.7.3-1] [MQTT-4.7.3-2]', async (t) => {
  const good = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b/', '/', '/+/', '/#', '$1', '$2', '$#', 'é') });
  const bad = fc.string({ maxLength: 6, unit: fc.constantFrom('a', '+', '#', '$', '\0', '\ud800', '/', '$share/') });
  const odd = fc.oneof({ weight: 4, arbitrary: good }, bad);
  const end = fc.oneof({ weight: 6, arbitrary: fc.constantFrom('', 'p/', '/s') }, odd);
  const rule = fc.record(
    { pattern: odd, target: odd, prefix: end, suffix: end },
    { requiredKeys: ['pattern', 'target'] },
  );
  let compiledCount = 0;
  fc.assert(
    fc.property(rule, fc.oneof(odd, topicOf), (given, topic) => {
      const mapping = TopicMapping.compile(given);
      const isPattern = topicFilterFault(given.pattern) === undefined;
      if (mapping instanceof MappingFault) return mapping.detail !== '';
      compiledCount++;
      const mapped = mapping.map(topic);
      return isPattern && (mapped instanceof MappingFault || topicNameFault(mapped) === undefined);
    }),
    { numRuns: 8000 },
  );
  t.ok(compiledCount > 200, `${compiledCount} rules were good ones`);
});

t.test('a topic of 65535 bytes is mapped, and a byte more is a fault [MQTT-4.7.3-3] [MQTT3-4.7.3-3]', async (t) => {
  const slashes = '/'.repeat(65_535);
  t.equal(compiled({ pattern: '#', target: '' }).map(slashes), slashes);
  t.equal(compiled({ pattern: '+/#', target: '#' }).map(slashes), slashes.slice(1));
  t.equal(compiled({ pattern: '#', target: 'a$#' }).map(slashes.slice(1)), `a${slashes.slice(1)}`);
  const tooLong = compiled({ pattern: '#', target: '', prefix: 'a' }).map(slashes);
  t.ok(tooLong instanceof MappingFault && tooLong.detail.includes('65536'));
  t.ok(compiled({ pattern: '#', target: '', suffix: '世' }).map('x'.repeat(65_533)) instanceof MappingFault);
  const deep = compiled({ pattern: `${'+/'.repeat(32_767)}#`, target: `$32767/$#` });
  t.equal(deep.map(slashes), `/${'/'.repeat(65_535 - 32_767)}`);
});
