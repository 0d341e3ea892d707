// Histograms: which bucket a span falls into, and what they say of shares.
import t from 'tap';
import { Exposition } from '../../../src/metrics/exposition.ts';
import { bucketBoundsMs, Histogram, quantileOf } from '../../../src/metrics/histogram.ts';

t.test('a span belongs to the first bucket whose bound it does not exceed', async (t) => {
  const spans = new Histogram();
  for (const ms of [-1, 0.5, 0.6, 1, 86_400_001]) spans.add(ms);
  const { counts, count, sumMs } = spans.view;
  t.strictSame([counts[0], counts[1], counts[2], counts.at(-1)], [2, 2, 0, 1]);
  t.strictSame([counts.length, count, sumMs], [bucketBoundsMs.length + 1, 5, 86_400_003.1]);
});

t.test('a share of all values is told as the bound of its bucket', async (t) => {
  const spans = new Histogram();
  t.equal(quantileOf(spans.view, 0.5), undefined);
  for (let ms = 1; ms <= 100; ms++) spans.add(ms);
  t.equal(quantileOf(spans.view, 0.5), 50);
  t.equal(quantileOf(spans.view, 0.99), 100);
  spans.add(1e9);
  t.equal(quantileOf(spans.view, 1), Number.POSITIVE_INFINITY);
});

t.test('buckets are told in seconds, each with those below it', async (t) => {
  const spans = new Histogram();
  for (const ms of [1, 999, 1000, 1e9]) spans.add(ms);
  const text = new Exposition();
  text.histogram('x_seconds', 'X.', [[{ a: 'b' }, spans.view]]);
  const lines = text.end().split('\n');
  t.equal(lines[0], '# TYPE x_seconds histogram');
  t.ok(lines.includes('x_seconds_bucket{a="b",le="0.001"} 1'));
  t.ok(lines.includes('x_seconds_bucket{a="b",le="1.0"} 3'));
  t.ok(lines.includes('x_seconds_bucket{a="b",le="+Inf"} 4'));
  t.ok(lines.includes('x_seconds_count{a="b"} 4'));
  t.ok(lines.includes('x_seconds_sum{a="b"} 1000002'));
});
