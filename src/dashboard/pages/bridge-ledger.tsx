// BridgeLedger: what became of single messages of a bridge,
// newest first, found by topic and outcome. Where the bridge
// keeps no ledger the page says how to have one.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { LedgerEntryView } from '../../http/api-ledger-types.ts';
import { useFormat, useText } from '../app.ts';
import { reasonText } from '../bridge-words.ts';
import { Ago } from '../parts/ago.tsx';
import { Card } from '../parts/card.tsx';
import { Search } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty } from '../parts/loaded.tsx';
import { Paged } from '../parts/paged.tsx';
import { Choice } from '../parts/tabs.tsx';

const outcomes = ['all', 'queued', 'sent', 'delivered', 'dropped'] as const;
const tones = { queued: 'info', sent: 'info', delivered: 'good', dropped: 'bad' } as const;

/** The ledger of one bridge. */
export function BridgeLedger(props: { readonly name: string; readonly isKept: boolean }): JSX.Element {
  const t = useText();
  const topic = useSignal('');
  const outcome = useSignal<(typeof outcomes)[number]>('all');
  const turn = useSignal(0);
  if (!props.isKept) {
    return (
      <Card title={t.ledger.title}>
        <Empty icon="log" title={t.ledger.off} text={t.ledger.offText}>
          <pre class="code">{'ledger { size = 1000, sample = 1 }'}</pre>
        </Empty>
      </Card>
    );
  }
  const query = {
    topic: topic.value === '' ? undefined : topic.value,
    outcome: outcome.value === 'all' ? undefined : outcome.value,
  };
  const isNarrow = query.topic !== undefined || query.outcome !== undefined;
  return (
    <Card
      isFlush={true}
      title={
        <Choice
          label={t.ledger.outcome}
          chosen={outcome.value}
          choices={outcomes.map((one) => [one, t.ledger.outcomes[one]] as const)}
          onChoose={(one) => {
            outcome.value = one;
          }}
        />
      }
      tools={
        <div class="row tight">
          <button
            type="button"
            class="button plain icon"
            aria-label={t.ledger.again}
            title={t.ledger.again}
            onClick={() => {
              turn.value++;
            }}
          >
            <Icon name="again" />
          </button>
          <Search
            label={t.ledger.search}
            value={topic.value}
            onInput={(value) => {
              topic.value = value;
            }}
          />
        </div>
      }
    >
      <Paged<LedgerEntryView>
        path={`/bridges/${encodeURIComponent(props.name)}/ledger`}
        query={query}
        revision={String(turn.value)}
        empty={
          <Empty
            icon={isNarrow ? 'search' : 'log'}
            title={isNarrow ? t.common.nothingFound : t.ledger.none}
            text={isNarrow ? t.retained.filterHint : t.ledger.noneText}
          />
        }
      >
        {(entries) => <Entries entries={entries} />}
      </Paged>
    </Card>
  );
}

function Entries({ entries }: { readonly entries: readonly LedgerEntryView[] }): JSX.Element {
  const t = useText();
  const format = useFormat();
  return (
    <div class="table cards">
      <table>
        <caption class="unseen">{t.ledger.title}</caption>
        <thead>
          <tr>
            <th scope="col">{t.ledger.topic}</th>
            <th scope="col">{t.ledger.outcome}</th>
            <th scope="col" class="right">
              {t.ledger.waited}
            </th>
            <th scope="col" class="right">
              {t.ledger.travelled}
            </th>
            <th scope="col" class="right">
              {t.ledger.size}
            </th>
            <th scope="col">{t.ledger.came}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ id, at, topic, remoteTopic, outcome, reason, sentAt, settledAt, size, qos, traceId }) => (
            <tr key={id}>
              <th scope="row">
                <code class="wrap">{topic === '' ? remoteTopic : topic}</code>
                {remoteTopic === '' || remoteTopic === topic ? null : (
                  <code class="muted small wrap">{` → ${remoteTopic}`}</code>
                )}
                {traceId === undefined ? null : <div class="muted small wrap">{`trace ${traceId}`}</div>}
              </th>
              <td data-label={t.ledger.outcome}>
                <span class={`tag ${tones[outcome]}`}>{t.ledger.outcomes[outcome]}</span>
                {reason === undefined ? null : <span class="muted small"> {reasonText(t, reason)}</span>}
              </td>
              <td data-label={t.ledger.waited} class="right num">
                {sentAt === undefined ? '–' : format.span(sentAt - at)}
              </td>
              <td data-label={t.ledger.travelled} class="right num">
                {sentAt === undefined || settledAt === undefined || qos === 0 ? '–' : format.span(settledAt - sentAt)}
              </td>
              <td data-label={t.ledger.size} class="right num">
                {format.bytes(size)}
              </td>
              <td data-label={t.ledger.came}>
                <Ago at={at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
