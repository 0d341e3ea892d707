// BridgeLatency: how long messages of a bridge take, of those
// that were measured: what half, 95 and 99 of 100 did not
// exceed.
import type { JSX } from 'preact';
import type { LatencyReply } from '../../http/api-config-types.ts';
import { useFormat, useText } from '../app.ts';

const rows = ['queueWait', 'roundTrip', 'endToEnd'] as const;
const shares = ['p50', 'p95', 'p99'] as const;

/** The table. */
export function BridgeLatency({ latency }: { readonly latency: LatencyReply }): JSX.Element {
  const t = useText();
  const format = useFormat();
  return (
    <div class="table">
      <table>
        <caption class="unseen">{t.latency.title}</caption>
        <thead>
          <tr>
            <th scope="col">{t.latency.span}</th>
            {shares.map((share) => (
              <th key={share} scope="col" class="right">
                {t.latency.shares[share]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              <th scope="row">{t.latency.rows[row]}</th>
              {shares.map((share) => {
                const bound = latency[row][share];
                return (
                  <td key={share} class="right num">
                    {latency[row].count === 0 ? '–' : bound === undefined ? '> 1 d' : `≤ ${format.span(bound)}`}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
