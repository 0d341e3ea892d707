// Templates beyond the vectors: what comes with a message, topics made flat, and rules the other way round.
import fc from 'fast-check';
import t from 'tap';
import { MappingFault } from '../../../protocol/topic/mapping-fault.ts';
import { PropertyTemplate } from '../../../protocol/topic/property-template.ts';
import { RuleMapping } from '../../../protocol/topic/rule-mapping.ts';
import { filterMatches } from '../../../protocol/topic/topic-filter.ts';
import { type MappingRule, TopicMapping } from '../../../protocol/topic/topic-mapping.ts';
import { topicNameFault } from '../../../protocol/topic/topic-name.ts';
import { TopicPattern } from '../../../protocol/topic/topic-pattern.ts';
import type { MappingContext } from '../../../protocol/topic/topic-template.ts';

function compiled(rule: MappingRule): TopicMapping {
  const mapping = TopicMapping.compile(rule);
  if (mapping instanceof MappingFault) throw new Error(mapping.detail);
  return mapping;
}

function contextOf(clientId: string | undefined, fields: Readonly<Record<string, string>> = {}): MappingContext {
  return { clientId, username: undefined, payloadField: (path) => fields[path] };
}

t.test('a pattern with names subscribes to its filter, and says which capture a name means', async (t) => {
  const pattern = TopicPattern.compile('{site}/+/{device}/{rest#}');
  if (pattern instanceof MappingFault) throw new Error(pattern.detail);
  t.equal(pattern.filter, '+/+/+/#');
  t.same(pattern.names, ['site', 'device', 'rest']);
  t.same(
    ['site', 'device', 'rest', 'other'].map((name) => pattern.placeOf(name)),
    [0, 2, 'hash', undefined],
  );
  t.same(pattern.capture('a/b/c/d/e'), { plus: ['a', 'b', 'c'], hash: 'd/e' });
  t.same(pattern.capture('a/b/c'), { plus: ['a', 'b', 'c'], hash: undefined });
});

t.test('what comes with a message stands in the topic, and never adds a level or a wildcard', async (t) => {
  const byClient = compiled({ pattern: 'up/#', target: 'dev/${clientid}/$#' });
  t.ok(byClient.needsContext);
  t.equal(byClient.map('up/a', contextOf('c1')), 'dev/c1/a');
  for (const clientId of ['a/b', 'a+', '#', '', undefined]) {
    t.ok(byClient.map('up/a', contextOf(clientId)) instanceof MappingFault, String(clientId));
  }
  const byField = compiled({ pattern: 'up', target: 'dev/${payload:dev.id}' });
  t.equal(byField.map('up', contextOf('c', { 'dev.id': '7' })), 'dev/7');
  const missing = byField.map('up', contextOf('c'));
  t.match(missing, { detail: "a message on 'up' has no ${payload:dev.id}" });
  t.notOk(compiled({ pattern: 'up/+', target: '$1' }).needsContext);
});

t.test('a value of a property may hold any character, and is left out where the message lacks it', async (t) => {
  const template = PropertyTemplate.compile('${clientid} on $#');
  if (template instanceof MappingFault) throw new Error(template.detail);
  t.equal(template.fill('a/b', contextOf('x/+#')), 'x/+# on a/b');
  t.equal(template.fill('a/b', contextOf(undefined)), undefined);
  t.match(PropertyTemplate.compile('{name}'), { detail: /the names in its filter are: none/ });
});

t.test('a flat topic has its separator in place of each slash, but not in prefix and suffix', async (t) => {
  const flat = compiled({ pattern: 'raw/#', target: '', flatten: '-', prefix: 'x/', suffix: '/y' });
  t.equal(flat.map('raw/a/b'), 'x/raw-a-b/y');
  t.equal(flat.inverse('x/raw-a-b/y'), undefined, 'which hyphen was a slash cannot be known');
  t.match(TopicMapping.compile({ pattern: 'a', target: '', flatten: '+' }), { detail: /flatten separator '\+'/ });
});

t.test('the inverse of a rule leads back, and says nothing where the rule does not say all', async (t) => {
  for (const [pattern, target, topic] of [
    ['{site}/temp/{sensor}', 'cloud/{sensor}/{site}', 'b/temp/s'],
    ['a/#', 'b/#', 'a/x/y'],
    ['a/#', 'b/#', 'a'],
    ['a/#', '', 'a/x'],
    ['s6/zb/#', 'zb/#', 's6/zb/q'],
    ['x/y', 'z', 'x/y'],
  ] as const) {
    const mapping = compiled({ pattern, target, prefix: 'p/', suffix: 's' });
    const mapped = mapping.map(topic);
    t.equal(typeof mapped === 'string' && mapping.inverse(mapped), topic, `${pattern} -> ${target}`);
    t.equal(mapping.inverse('elsewhere'), undefined);
  }
  t.equal(compiled({ pattern: '+/nanomq/#', target: '#' }).inverse('x'), undefined, 'a level was thrown away');
  t.equal(compiled({ pattern: 'a/+/+', target: '$1-$2' }).inverse('x-y'), undefined, 'two captures in a level');
  t.equal(compiled({ pattern: 'a/+', target: '$1/$1' }).inverse('x/x'), 'a/x');
  t.equal(compiled({ pattern: 'a/+', target: '$1/$1' }).inverse('x/y'), undefined);
});

t.test('whatever has an inverse is mapped back to where it came from', async (t) => {
  const level = fc.constantFrom('a', 'b', '', '{x}', '{y}', '+');
  const pattern = fc.tuple(fc.uniqueArray(level, { maxLength: 4 }), fc.constantFrom('', '#', '{r#}'));
  const target = fc.array(fc.constantFrom('a', 'z', '', '{x}', '{y}', '$1', '$2', '+', '$#', 'q{x}'), { maxLength: 4 });
  const word = fc.constantFrom('a', 'b', 'z', '', 'x{');
  let inverted = 0;
  fc.assert(
    fc.property(pattern, target, fc.array(word, { minLength: 1, maxLength: 5 }), ([levels, rest], out, words) => {
      const rule = { pattern: [...levels, rest].filter((one, i, all) => one !== '' || i < all.length - 1).join('/') };
      const mapping = TopicMapping.compile({ ...rule, target: out.join('/') });
      const topic = words.join('/');
      if (mapping instanceof MappingFault || topicNameFault(topic) !== undefined || !mapping.matches(topic)) return;
      const mapped = mapping.map(topic);
      const back = typeof mapped === 'string' ? mapping.inverse(mapped) : undefined;
      if (back === undefined) return;
      inverted++;
      if (mapping.map(back) !== mapped) throw new Error(`${mapped} leads back to ${back}`);
    }),
    { numRuns: 5000 },
  );
  t.ok(inverted > 50, `${inverted} rules were turned round`);
});

t.test(
  'a rule that is called invertible leads back from whatever comes out, and one that is not loses something',
  async (t) => {
    const pattern = fc.constantFrom('a/+/#', '+/b', '{x}/{y}', 'a/#', '#', 'a/b', '+/+/#');
    const target = fc.constantFrom(
      '',
      'z',
      'z/$1',
      '$1/z',
      '$#',
      'q/$#',
      '+/#',
      '#',
      '{y}/{x}',
      '{x}-{y}',
      '$2/$1/$#',
      '$#/z',
    );
    const end = fc.constantFrom('', 'p', 'p/', '/s');
    let invertible = 0;
    fc.assert(
      fc.property(pattern, target, fc.record({ prefix: end, suffix: end }), (from, to, ends) => {
        const mapping = TopicMapping.compile({ pattern: from, target: to, ...ends });
        if (mapping instanceof MappingFault || !mapping.isInvertible) return;
        for (const topic of ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'x/b', '/b', 'b/a/']) {
          const mapped = mapping.matches(topic) ? mapping.map(topic) : undefined;
          if (typeof mapped !== 'string') continue;
          invertible++;
          const back = mapping.inverse(mapped);
          if (back === undefined || mapping.map(back) !== mapped) throw new Error(`${from} -> ${to}: ${mapped}`);
        }
      }),
      { numRuns: 2000 },
    );
    t.ok(invertible > 500, `${invertible} topics led back`);
    for (const [from, to] of [
      ['a/+', 'z'],
      ['a/+/+', '$1/x'],
      ['a/#', 'z'],
      ['a/+/+', '$1-$2'],
      ['a/#', '$#/z'],
      ['a/+', '$1/${clientid}'],
    ] as const) {
      t.notOk(compiled({ pattern: from, target: to }).isInvertible, `${from} -> ${to}`);
    }
    t.notOk(compiled({ pattern: 'a/#', target: '', flatten: '-' }).isInvertible);
    t.ok(compiled({ pattern: 'x/y', target: 'z' }).isInvertible, 'a topic without wildcards is known');
  },
);

t.test('the filter of results matches whatever comes out', async (t) => {
  const pattern = fc.constantFrom('a/+/#', '+/b', '{x}/{y}', 'a/#', '#', 'a/b');
  const target = fc.constantFrom('', 'z', 'z/$1', '$1/z', 'q$1/$#', '$#', '+/#', '#', '{x}-{y}/k', 'x$#');
  const end = fc.constantFrom('', 'p', 'p/', 'p/q', '/', '/s', 's/');
  const flatten = fc.constantFrom({}, { flatten: '-' });
  let mappedCount = 0;
  fc.assert(
    fc.property(pattern, target, fc.record({ prefix: end, suffix: end }), flatten, (from, to, ends, flat) => {
      const mapping = TopicMapping.compile({ pattern: from, target: to, ...ends, ...flat });
      if (mapping instanceof MappingFault) return;
      for (const topic of ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'x/b', 'x//b', '/b']) {
        const mapped = mapping.matches(topic) ? mapping.map(topic) : undefined;
        if (typeof mapped !== 'string') continue;
        mappedCount++;
        if (!filterMatches(mapping.resultFilter, mapped)) throw new Error(`${mapped}: not ${mapping.resultFilter}`);
      }
    }),
    { numRuns: 3000 },
  );
  t.ok(mappedCount > 500, `${mappedCount} topics`);
});

t.test('a rule with several filters maps by the first that matches, and is not about what it excludes', async (t) => {
  const rule = RuleMapping.compile('{site}/t/{n}', 'c/{n}/{site}', {
    moreFilters: ['$share/g/{site}/h/{n}'],
    excludes: ['secret/#'],
  });
  if (rule instanceof MappingFault) throw new Error(rule.detail);
  t.same(rule.filters, ['+/t/+', '$share/g/+/h/+']);
  t.equal(rule.map('a/t/1'), 'c/1/a');
  t.equal(rule.map('a/h/1'), 'c/1/a');
  t.equal(rule.map('secret/t/1'), undefined);
  t.equal(rule.map('a/x/1'), undefined);
  t.equal(rule.inverse('c/1/a'), 'a/t/1');
  t.equal(rule.inverse('c/1/secret'), undefined);
  t.match(RuleMapping.compile('a/#', '', { excludes: ['b/#/c'] }), { detail: /the excluded filter 'b\/#\/c'/ });
  t.match(RuleMapping.compile('a/+', '$1', { moreFilters: ['b'] }), { detail: /'b' has 0 times/ });
});
