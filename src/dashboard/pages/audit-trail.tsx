// AuditTrail: who did what over the API,
// newest first, as the server remembers
// it.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { AuditEntry, Page } from '../../http/api-types.ts';
import { useApp, useText } from '../app.ts';
import { Ago } from '../parts/ago.tsx';
import { Card } from '../parts/card.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Pager } from '../parts/pager.tsx';

const limit = 50;

/** The list. */
export function AuditTrail(): JSX.Element {
  const app = useApp();
  const t = useText();
  const page = useSignal(1);
  const load = useLoad(() => app.api.get<Page<AuditEntry>>('/audit', { page: page.value, limit }), String(page.value));
  return (
    <Card isFlush={true} title={t.access.audit}>
      <Loaded
        of={load}
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty icon="log" title={t.access.noAudit} text={t.access.noAuditText} />}
      >
        {(reply) => (
          <>
            <div class="table cards">
              <table>
                <caption class="unseen">{t.access.audit}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t.access.action}</th>
                    <th scope="col">{t.access.who}</th>
                    <th scope="col">{t.clients.address}</th>
                    <th scope="col">{t.access.status}</th>
                    <th scope="col">{t.common.time}</th>
                  </tr>
                </thead>
                <tbody>
                  {reply.items.map(({ id, at, who, address, action, status }) => (
                    <tr key={id}>
                      <th scope="row">
                        <code class="wrap">{action}</code>
                      </th>
                      <td data-label={t.access.who}>{who}</td>
                      <td data-label={t.clients.address}>
                        <code>{address}</code>
                      </td>
                      <td data-label={t.access.status}>
                        <span class={`tag ${status < 400 ? 'good' : 'bad'}`}>{status}</span>
                      </td>
                      <td data-label={t.common.time}>
                        <Ago at={at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <Pager
              page={reply}
              onTurn={(next) => {
                page.value = next;
              }}
            />
          </>
        )}
      </Loaded>
    </Card>
  );
}
