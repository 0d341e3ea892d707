// BridgeLanes: the connections of a bridge that has several, each
// with its state and what waits for it. A topic always goes by the
// same one.
import type { JSX } from 'preact';
import { useFormat, useSpeech, useText } from '../app.ts';
import type { BridgeStatus } from '../bridge-words.ts';
import { Card } from '../parts/card.tsx';

const tones = { connected: 'good', connecting: 'info', waiting: 'bad', closed: '' } as const;

/** The lanes. */
export function BridgeLanes({ status }: { readonly status: BridgeStatus }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const say = useSpeech();
  const { lanes, lanesWanted } = status;
  const about = lanesWanted === undefined ? undefined : t.lanes.becoming(lanesWanted);
  return (
    <Card
      title={t.lanes.title}
      isFlush={true}
      tools={about === undefined ? undefined : <span class="tag">{about}</span>}
    >
      <div class="table cards">
        <table>
          <caption class="unseen">{t.lanes.title}</caption>
          <thead>
            <tr>
              <th scope="col">{t.lanes.lane}</th>
              <th scope="col">{t.bridges.state}</th>
              <th scope="col" class="right">
                {t.ledger.outcomes.delivered}
              </th>
              <th scope="col" class="right">
                {t.lanes.sent}
              </th>
              <th scope="col" class="right">
                {t.lanes.received}
              </th>
              <th scope="col" class="right">
                {t.bridges.queue}
              </th>
              <th scope="col" class="right">
                {t.bridge.underway}
              </th>
            </tr>
          </thead>
          <tbody>
            {lanes.map(({ lane, clientId, link, ...own }) => (
              <tr key={lane}>
                <th scope="row">
                  {lane} <code class="muted small wrap">{clientId}</code>
                </th>
                <td data-label={t.bridges.state}>
                  <span class={`state ${tones[link.state]}`}>{t.states[link.state]}</span>
                  {link.state === 'waiting' ? <div class="muted small wrap">{say(link.error)}</div> : null}
                </td>
                <td data-label={t.ledger.outcomes.delivered} class="right num">
                  {format.count(own.delivered)}
                </td>
                <td data-label={t.lanes.sent} class="right num">
                  {format.bytes(own.bytesSent)}
                </td>
                <td data-label={t.lanes.received} class="right num">
                  {format.bytes(own.bytesReceived)}
                </td>
                <td data-label={t.bridges.queue} class="right num">
                  {format.count(own.queueDepth)} <span class="muted small">{format.bytes(own.queueBytes)}</span>
                </td>
                <td data-label={t.bridge.underway} class="right num">
                  {format.count(own.underway)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
