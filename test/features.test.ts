// The table of features: what is wrong with one is found. That the real one is right is a rule of the tidy test.
import t from 'tap';
import { type Feature, featureFaults, withFeatures } from './kit/feature-table.ts';

const one: Feature = {
  number: 1,
  area: 'A',
  feature: 'flies',
  has: 'yes',
  test: { file: 'a.test.ts', name: 'a bird flies' },
};
const text = "t.test('a bird flies over the sea', async (t) => {";

t.test('a feature that no test proves is found, and one whose test has another name now', async (t) => {
  t.strictSame(
    featureFaults([one], () => text),
    [],
  );
  t.match(
    featureFaults([one], () => undefined),
    [/there is no a\.test\.ts/],
  );
  t.match(
    featureFaults([one], () => text.replace('flies', 'sings')),
    [/no test of a\.test\.ts begins with/],
  );
  t.match(
    featureFaults([{ ...one, test: { file: 'a.test.ts', name: 'a bird' } }], () => text),
    [/begins with/],
  );
  t.match(featureFaults([{ number: 2, area: 'A', feature: 'x', has: 'yes' }]), [/number 1/, /no test proves/]);
  t.match(featureFaults([{ number: 1, area: 'A', feature: 'x', has: 'partly' }]), [/what is missing is not said/]);
});

t.test('the table goes between its two marks, and nowhere else', async (t) => {
  const made = withFeatures('# A\n<!-- features -->\nold\n<!-- end of features -->\nrest', [one]);
  t.match(made, /^# A\n<!-- features -->\n\n1 features: 1 yes, 0 partly, 0 no\./);
  t.match(made, /\| 1 \| flies \| yes \| `a` \|/);
  t.ok(made.endsWith('<!-- end of features -->\nrest'));
  t.notMatch(made, /old/);
  t.throws(() => withFeatures('no place', []), /has no place/);
});
