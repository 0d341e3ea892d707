// Spark: a line of few values without axes, for cells and
// cards. Decoration: the number stands beside it. At most 120
// points are drawn.
import type { JSX } from 'preact';

const pointsMax = 120;

/** A small line. */
export function Spark(props: { readonly values: readonly number[]; readonly class?: string }): JSX.Element {
  const values = props.values.slice(-pointsMax);
  const max = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length - 1);
  const points = values.map((value, at) => `${(at * step).toFixed(1)} ${(30 - (value / max) * 27).toFixed(1)}`);
  const line = points.length < 2 ? 'M0 30L100 30' : `M${points.join('L')}`;
  return (
    <svg class={`spark ${props.class ?? ''}`} viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={`${line}L100 32L0 32Z`} />
      <path d={line} />
    </svg>
  );
}

/** How full something is, 0 to 1; the number stands beside it. Without a `tone` it warns by itself. */
export function Meter(props: {
  readonly share: number;
  readonly tone?: 'good' | 'info' | 'warn' | 'bad';
}): JSX.Element {
  const { share, tone = share > 0.9 ? 'bad' : share > 0.6 ? 'warn' : 'info' } = props;
  return (
    <span class={`meter ${tone}`} aria-hidden="true">
      <i style={{ width: `${Math.round(Math.min(1, share) * 100)}%` }} />
    </span>
  );
}
