// AuditTrail: who did what over the API,
// newest first, as the server remembers
// it.
import type { JSX } from 'preact';
import type { AuditEntry } from '../../http/api-types.ts';
import { useText } from '../app.ts';
import { Ago } from '../parts/ago.tsx';
import { Card } from '../parts/card.tsx';
import { Empty } from '../parts/loaded.tsx';
import { Paged } from '../parts/paged.tsx';

/** The list. */
export function AuditTrail(): JSX.Element {
  const t = useText();
  return (
    <Card isFlush={true} title={t.access.audit}>
      <Paged<AuditEntry>
        path="/audit"
        empty={<Empty icon="log" title={t.access.noAudit} text={t.access.noAuditText} />}
      >
        {(entries) => (
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
                {entries.map(({ id, at, who, tried, address, action, status }) => (
                  <tr key={id}>
                    <th scope="row">
                      <code class="wrap">{action}</code>
                    </th>
                    <td data-label={t.access.who}>
                      {who}
                      {tried === undefined ? null : <span class="muted"> {t.access.asWho(tried)}</span>}
                    </td>
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
        )}
      </Paged>
    </Card>
  );
}
