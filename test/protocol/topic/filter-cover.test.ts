// The cover of filters against its naive twin, and against what filters mean: whoever asks for the cover gets all that
// the filters match, and the filter that stands for another covers it.
import fc from 'fast-check';
import t from 'tap';
import { coverOf } from '../../../protocol/topic/filter-cover.ts';
import { filterCovers, filterIntersection } from '../../../protocol/topic/filter-relations.ts';
import { filterMatches } from '../../../protocol/topic/topic-filter.ts';
import { naiveCover } from '../../kit/naive-cover.ts';

const level = fc.constantFrom('a', 'b', '', '+', '$s');
const filterOf = fc
  .tuple(fc.array(level, { minLength: 0, maxLength: 3 }), fc.constantFrom([], ['#']))
  .map(([levels, rest]) => [...levels, ...rest].join('/'))
  // an empty first level before `#` would need the empty topic, which is none
  .filter((filter) => filter !== '' && filter !== '/#');
const topicOf = fc
  .array(fc.constantFrom('a', 'b', '', '$s'), { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');

t.test('the filters that stand for all are those that no other covers', async (t) => {
  let reduced = 0;
  fc.assert(
    fc.property(fc.array(filterOf, { maxLength: 12 }), (filters) => {
      const cover = coverOf(filters);
      const found = [...new Set(cover.values())].sort();
      const expected = naiveCover(filters);
      if (found.length < new Set(filters).size) reduced++;
      if (found.join() !== expected.join()) throw new Error(`${filters.join(' ')}: ${found.join(' ')}`);
      for (const [filter, top] of cover) if (!filterCovers(top, filter)) throw new Error(`${top} for ${filter}`);
    }),
    { numRuns: 3000 },
  );
  t.ok(reduced > 500, `${reduced} times there was less to ask for`);
});

t.test('what two filters have in common is matched by the filter between them, and nothing else is', async (t) => {
  let common = 0;
  fc.assert(
    fc.property(filterOf, filterOf, fc.array(topicOf, { minLength: 20, maxLength: 20 }), (one, other, topics) => {
      const both = filterIntersection(one, other);
      if (both !== undefined) common++;
      for (const topic of topics) {
        const expected = filterMatches(one, topic) && filterMatches(other, topic);
        const found = both !== undefined && filterMatches(both, topic);
        if (found !== expected) throw new Error(`${one} and ${other}: ${both} for ${topic}`);
      }
    }),
    { numRuns: 3000 },
  );
  t.ok(common > 300, `${common} pairs had something in common`);
  t.equal(filterIntersection('#', 'cloud/#'), 'cloud/#');
  t.equal(filterIntersection('a/#', 'a'), 'a');
  t.equal(filterIntersection('+/b', 'a/+'), 'a/b');
  t.equal(filterIntersection('a/b', 'a/c'), undefined);
});

t.test('a deep and wide set is covered in one pass', async (t) => {
  const filters = Array.from({ length: 20_000 }, (_, index) => `plant/${index % 200}/device/${index}/cmd`);
  const cover = coverOf([...filters, 'plant/7/#']);
  t.equal(new Set(cover.values()).size, 20_000 - 100 + 1);
});
