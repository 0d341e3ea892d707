// The bench in what can be tested without measuring: its statistics, its charts, and that its scenarios can be played.
import t from 'tap';
import { barChart } from '../../bench/lib/chart.ts';
import { families, scenarios } from '../../bench/lib/scenario.ts';
import { medianOf, ratioOf, shown } from '../../bench/lib/statistics.ts';

t.test('medians are not moved by single values, and ratios are those within a round', async (t) => {
  t.equal(medianOf([5, 1, 900]), 5);
  t.equal(medianOf([4, 2]), 3);
  t.ok(Number.isNaN(medianOf([])));
  t.equal(ratioOf([10, 200, 30], [1, 10, 10]), 10);
  t.equal(ratioOf([10, 200], [5]), 2, 'a round that is missing on one side does not count');
  t.same([0.056_12, 4.363, 123.4, 1000, Number.NaN].map(shown), ['0.0561', '4.36', '123', '1000', '–']);
});

t.test('scenarios have names of their own, belong to a family, and fit into their payloads and topics', async (t) => {
  t.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
  for (const one of scenarios) {
    t.ok(families.includes(one.family), one.name);
    t.ok(one.size >= 16 && one.topics >= 1 && one.topics <= 10_000, one.name);
    t.ok(one.window >= 1 && one.publishers >= 1 && one.subscribers >= 1, one.name);
    t.ok(one.pattern === 'all' || one.publishers === one.subscribers, one.name);
    t.ok(one.subscriberQos <= one.qos, one.name);
    t.notOk(one.hasProperties && one.publisherVersion !== 5, one.name);
  }
});

t.test('a chart has a bar for each number, longer for more, and none for what is missing', async (t) => {
  const chart = barChart(
    'a < b',
    ['one', 'two'],
    [
      { label: 'first', values: { one: 1, two: 100 } },
      { label: 'second', values: { one: 10, two: Number.NaN } },
    ],
  );
  const widths = [...chart.matchAll(/width="([\d.]+)" height="11"/g)].map((match) => Number(match[1]));
  t.equal(widths.length, 3);
  const [least = 0, most = 0, middle = 0] = widths;
  t.ok(least < middle && middle < most, widths.join());
  t.match(chart, /a &lt; b/);
});
