// DiffView: changed lines as signs and colours;
// the signs are text, so nobody needs the
// colours.
import type { JSX } from 'preact';
import type { DiffEntry } from '../../http/api-config-types.ts';
import { linesOf } from '../config-object.ts';
import type { DiffLine } from '../diff.ts';

const signs = { same: ' ', add: '+', cut: '−', gap: ' ' } as const;

/** The lines. */
export function DiffView({ lines }: { readonly lines: readonly DiffLine[] }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="diff" tabIndex={0} aria-label="diff">
      {lines.map(({ kind, text }, at) => (
        <div class={kind} key={`${at} ${text}`}>
          <span>{signs[kind]}</span>
          <span>{text}</span>
        </div>
      ))}
    </section>
  );
}

/** Keys that change, as lines: `path = before` out, `path = after` in. */
export function entryLines(diff: readonly DiffEntry[]): readonly DiffLine[] {
  return diff.flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : linesOf({ [path]: before }).map((text) => ({ kind: 'cut' as const, text }))),
    ...(after === undefined ? [] : linesOf({ [path]: after }).map((text) => ({ kind: 'add' as const, text }))),
  ]);
}
