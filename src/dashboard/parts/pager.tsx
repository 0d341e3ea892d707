// Pager: a long list in pages; it says which
// part is seen, and is not there when one page
// is all.
import type { JSX } from 'preact';
import type { Page } from '../../http/api-types.ts';
import { useFormat, useText } from '../app.ts';

/** Forward and back. */
export function Pager(props: {
  readonly page: Page<unknown>;
  readonly onTurn: (page: number) => void;
}): JSX.Element | null {
  const t = useText();
  const format = useFormat();
  const { page, limit, total, items } = props.page;
  if (total <= limit) return null;
  const first = (page - 1) * limit + 1;
  return (
    <nav class="row apart pager" aria-label={t.common.pages}>
      <span class="muted num small">
        {t.common.partOf(format.exact(first), format.exact(first + items.length - 1), format.exact(total))}
      </span>
      <span class="row tight">
        <button type="button" class="button slim" disabled={page <= 1} onClick={() => props.onTurn(page - 1)}>
          {t.common.previous}
        </button>
        <button
          type="button"
          class="button slim"
          disabled={page * limit >= total}
          onClick={() => props.onTurn(page + 1)}
        >
          {t.common.next}
        </button>
      </span>
    </nav>
  );
}
