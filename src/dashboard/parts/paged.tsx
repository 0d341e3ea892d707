// Paged: a list of the server, one page at a time, with what stands for it while it is read, when
// that fails and when it is empty. Another question begins at its first page. `again` is for whoever
// changed something.
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Page } from '../../http/api-types.ts';
import { useApp } from '../app.ts';
import { Loaded, useLoad } from './loaded.tsx';
import { Pager } from './pager.tsx';

const limit = 50;

/** The list, as its children show a page of it. */
export function Paged<Item>(props: {
  /** Below the base of the API. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Whatever else makes an answer stale. */
  readonly revision?: string;
  readonly empty: ComponentChildren;
  readonly children: (items: readonly Item[], again: () => void) => ComponentChildren;
}): JSX.Element {
  const app = useApp();
  const { path, query = {}, revision = '' } = props;
  const page = useSignal(1);
  const question = JSON.stringify([path, query]);
  useEffect(() => {
    page.value = 1;
  }, [page, question]);
  const load = useLoad(
    () => app.api.get<Page<Item>>(path, { ...query, page: page.value, limit }),
    `${question} ${page.value} ${revision}`,
  );
  return (
    <Loaded of={load} isEmpty={({ items }) => items.length === 0} empty={props.empty}>
      {(reply) => (
        <>
          {props.children(reply.items, load.again)}
          <Pager
            page={reply}
            onTurn={(next) => {
              page.value = next;
            }}
          />
        </>
      )}
    </Loaded>
  );
}
