// BridgeCharts: what a bridge carries and what waits, over the last ten
// minutes: the server's memory before the page was opened, and the feed
// since.
import type { JSX } from 'preact';
import { useApp, useFormat, useText } from '../app.ts';
import { Card } from '../parts/card.tsx';
import { Chart } from '../parts/chart.tsx';

/** Two charts. */
export function BridgeCharts({ name }: { readonly name: string }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const samples = app.live.samples.value.get(name) ?? [];
  const at = samples.map((sample) => sample.at);
  return (
    <div class="grid">
      <Card class="half" title={t.bridge.rates}>
        <Chart
          title={t.bridge.rates}
          at={at}
          unit={format.rate}
          lines={[
            { name: t.bridges.out, color: '--flow-out', values: samples.map(({ sent }) => sent) },
            { name: t.bridges.in, color: '--flow-in', values: samples.map(({ received }) => received) },
          ]}
        />
      </Card>
      <Card class="half" title={t.bridge.depth}>
        <Chart
          title={t.bridge.depth}
          at={at}
          unit={format.count}
          lines={[{ name: t.bridges.queue, color: '--flow-held', values: samples.map(({ depth }) => depth) }]}
        />
      </Card>
    </div>
  );
}
