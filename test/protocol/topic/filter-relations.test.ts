// Relations of filters against their meaning: for filters of a few levels over a small alphabet, every topic that can
// tell them apart is tried.
import fc from 'fast-check';
import t from 'tap';
import { filterCovers, filtersOverlap } from '../../../protocol/topic/filter-relations.ts';
import { filterMatches } from '../../../protocol/topic/topic-filter.ts';

const words = ['a', 'b', '', '$s'];
const longer = (topics: readonly string[]): string[] => topics.flatMap((one) => words.map((word) => `${one}/${word}`));
const [one, two] = [words, longer(words)];
const three = longer(two);
const known = [...one, ...two, ...three, ...longer(three)].filter((topic) => topic !== '');
const level = fc.constantFrom('a', 'b', '', '+', '$s');
const filterOf = fc
  .tuple(fc.array(level, { minLength: 0, maxLength: 3 }), fc.constantFrom([], ['#']))
  .map(([levels, rest]) => [...levels, ...rest].join('/'))
  // an empty first level before `#` would need the empty topic, which is none
  .filter((filter) => filter !== '' && filter !== '/#');

t.test('filters overlap exactly where a topic matches both', async (t) => {
  let overlapping = 0;
  fc.assert(
    fc.property(filterOf, filterOf, (one, other) => {
      const expected = known.some((topic) => filterMatches(one, topic) && filterMatches(other, topic));
      if (expected) overlapping++;
      if (filtersOverlap(one, other) !== expected) throw new Error(`${one} and ${other}: ${!expected}`);
    }),
    { numRuns: 5000 },
  );
  t.ok(overlapping > 500, `${overlapping} pairs overlapped`);
});

t.test('a filter covers another exactly where it matches all its topics', async (t) => {
  let covered = 0;
  fc.assert(
    fc.property(filterOf, filterOf, (wide, narrow) => {
      const covers = filterCovers(wide, narrow);
      const matched = known.filter((topic) => filterMatches(narrow, topic));
      const expected = matched.every((topic) => filterMatches(wide, topic));
      if (covers) covered++;
      if (covers && !expected) throw new Error(`${wide} does not cover ${narrow}`);
      if (!covers && expected && matched.length > 0) {
        // only what the words above cannot tell apart may differ: a literal that no topic here has
        throw new Error(`${wide} covers ${narrow}`);
      }
    }),
    { numRuns: 5000 },
  );
  t.ok(covered > 300, `${covered} pairs were covered`);
});
