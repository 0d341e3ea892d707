// Ago: a moment as the reader thinks of it, with the
// exact one as its title. It ages with the app's
// clock.
import type { JSX } from 'preact';
import { useApp, useFormat } from '../app.ts';

/** `5 seconds ago`, or `in 3 minutes`. */
export function Ago({ at }: { readonly at: number }): JSX.Element {
  const app = useApp();
  const format = useFormat();
  const now = app.clock.value;
  return (
    <time dateTime={new Date(at).toISOString()} title={format.moment(at)} class="nowrap">
      {format.relative(Math.abs(at - now) < 1000 ? now : at, now)}
    </time>
  );
}
