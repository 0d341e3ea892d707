// Configuration: what is in effect and where each value comes from; a change, seen before it is made
// and taken back by itself unless it is confirmed; and what was changed before, by whom, with the way
// back.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ConfigReply, HistoryEntry } from '../../http/api-config-types.ts';
import { useApp, useText } from '../app.ts';
import { flatValues } from '../config-values.ts';
import { Ago } from '../parts/ago.tsx';
import { Card, PageHead } from '../parts/card.tsx';
import { Confirm, useQuestion } from '../parts/dialog.tsx';
import { DiffView, entryLines } from '../parts/diff-view.tsx';
import { Search } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Notice } from '../parts/notice.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { ConfigChanger } from './config-changer.tsx';

/** The page. */
export function Configuration(): JSX.Element {
  const app = useApp();
  const t = useText();
  const tab = useSignal<'values' | 'change' | 'history'>('values');
  return (
    <>
      <PageHead title={t.places.configuration} about={t.config.about} />
      <Tabs
        label={t.places.configuration}
        chosen={tab.value}
        onChoose={(name) => {
          tab.value = name;
        }}
        tabs={[
          { name: 'values', label: t.config.values },
          ...(app.may('admin') ? [{ name: 'change' as const, label: t.config.change }] : []),
          { name: 'history', label: t.config.history },
        ]}
      >
        {tab.value === 'values' ? <Values /> : null}
        {tab.value === 'change' ? <ConfigChanger /> : null}
        {tab.value === 'history' ? <History /> : null}
      </Tabs>
    </>
  );
}

function Values(): JSX.Element {
  const app = useApp();
  const t = useText();
  const filter = useSignal('');
  const load = useLoad(() => app.api.get<ConfigReply>('/config'), String(app.live.configRevision.value));
  return (
    <Loaded of={load}>
      {(reply) => (
        <>
          {reply.findings.map(({ path, text }) => (
            <Notice key={path + text} tone="warn">
              <p>{app.speech.value(text)}</p>
              <p class="muted small">
                <code>{path}</code>
              </p>
            </Notice>
          ))}
          <Card
            isFlush={true}
            title={
              <span class="row tight small">
                {reply.files.map((file) => (
                  <code key={file} class="wrap">
                    {file}
                  </code>
                ))}
              </span>
            }
            tools={
              <Search
                label={t.config.search}
                value={filter.value}
                onInput={(value) => {
                  filter.value = value;
                }}
              />
            }
          >
            <ValueTable reply={reply} filter={filter.value} />
          </Card>
        </>
      )}
    </Loaded>
  );
}

const originTones = { file: 'info', overlay: 'warn', environment: 'good', default: '' } as const;

function ValueTable({ reply, filter }: { readonly reply: ConfigReply; readonly filter: string }): JSX.Element {
  const t = useText();
  const rows = flatValues(reply.config).filter(({ path, text }) =>
    `${path} ${text}`.toLowerCase().includes(filter.toLowerCase()),
  );
  if (rows.length === 0) return <Empty icon="search" title={t.common.nothingFound} text={t.common.nothingFoundText} />;
  return (
    <div class="table cards">
      <table>
        <caption class="unseen">{t.config.values}</caption>
        <thead>
          <tr>
            <th scope="col">{t.config.key}</th>
            <th scope="col">{t.config.value}</th>
            <th scope="col">{t.config.origin}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ path, text }) => {
            const origin = reply.origins[path];
            return (
              <tr key={path}>
                <th scope="row">
                  <code class="wrap">{path}</code>
                </th>
                <td data-label={t.config.value}>
                  <code class="wrap">{text}</code>
                </td>
                <td data-label={t.config.origin}>
                  {origin === undefined ? null : (
                    <span class="row tight">
                      <span class={`tag ${originTones[origin.kind]}`}>{t.config.origins[origin.kind]}</span>
                      {origin.place === '' ? null : <code class="muted small wrap">{origin.place}</code>}
                    </span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function History(): JSX.Element {
  const app = useApp();
  const t = useText();
  const question = useQuestion();
  const load = useLoad(
    () => app.api.get<readonly HistoryEntry[]>('/config/history'),
    String(app.live.configRevision.value),
  );
  const askToGoBack = (entry: HistoryEntry): void => {
    question.value = {
      title: t.config.backTitle,
      text: t.config.backText,
      action: t.config.rollBack,
      run: async () => {
        const path = `/config/history/${entry.id}/rollback`;
        if (await app.attempt(() => app.api.post(path), t.config.rolledBack)) load.again();
      },
    };
  };
  return (
    <Loaded
      of={load}
      isEmpty={(entries) => entries.length === 0}
      empty={
        <Card>
          <Empty icon="configuration" title={t.config.noHistory} text={t.config.noHistoryText} />
        </Card>
      }
    >
      {(entries) => (
        <div class="stack">
          {entries.map((entry, at) => (
            <Card
              key={entry.id}
              title={app.speech.value(entry.what)}
              tools={
                at > 0 && app.may('admin') ? (
                  <button type="button" class="button slim" onClick={() => askToGoBack(entry)}>
                    <Icon name="again" />
                    {t.config.backHere}
                  </button>
                ) : undefined
              }
            >
              <div class="stack tight">
                <p class="muted small">
                  {entry.who} · <Ago at={entry.at} />
                </p>
                {entry.diff.length === 0 ? null : <DiffView lines={entryLines(entry.diff)} />}
              </div>
            </Card>
          ))}
          <Confirm question={question} />
        </div>
      )}
    </Loaded>
  );
}
