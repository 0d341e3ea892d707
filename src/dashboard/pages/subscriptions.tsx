// Subscriptions: who listens to what, as a tree of topic levels that opens level by level,
// or as a list. A level is asked for when it is opened; the server tells at most 1000 of
// them.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { SubscriptionView, TopicLevel, TopicTreeReply } from '../../http/api-broker-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Card, PageHead } from '../parts/card.tsx';
import { Search } from '../parts/field.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Paged } from '../parts/paged.tsx';
import { Choice } from '../parts/tabs.tsx';

const clientsShown = 5;

/** The page. */
export function Subscriptions(): JSX.Element {
  const t = useText();
  const view = useSignal<'tree' | 'list'>('tree');
  const filter = useSignal('');
  return (
    <>
      <PageHead title={t.places.subscriptions} about={t.subscriptions.about} />
      <Card
        isFlush={view.value === 'list'}
        title={
          <Choice
            label={t.subscriptions.view}
            chosen={view.value}
            choices={[
              ['tree', t.subscriptions.tree],
              ['list', t.subscriptions.list],
            ]}
            onChoose={(name) => {
              view.value = name;
            }}
          />
        }
        tools={
          view.value === 'tree' ? undefined : (
            <Search
              label={t.subscriptions.search}
              value={filter.value}
              onInput={(value) => {
                filter.value = value;
              }}
            />
          )
        }
      >
        {view.value === 'tree' ? (
          <div class="tree">
            <Level under="" />
          </div>
        ) : (
          <List filter={filter.value} />
        )}
      </Card>
    </>
  );
}

function Level({ under }: { readonly under: string }): JSX.Element {
  const app = useApp();
  const t = useText();
  const count = under === '' ? (app.live.status.value?.broker.subscriptions ?? 0) : 0;
  const load = useLoad(() => app.api.get<TopicTreeReply>('/topics', { under }), `${under} ${count}`);
  return (
    <Loaded
      of={load}
      isEmpty={({ levels }) => levels.length === 0}
      empty={<Empty icon="tree" title={t.subscriptions.none} text={t.subscriptions.noneText} />}
    >
      {({ levels, leftOut }) => (
        <ul>
          {levels.map((level) => (
            <li key={level.path}>
              <Branch level={level} />
            </li>
          ))}
          {leftOut === 0 ? null : <li class="leaf muted">{t.subscriptions.leftOut(leftOut)}</li>}
        </ul>
      )}
    </Loaded>
  );
}

function Branch({ level }: { readonly level: TopicLevel }): JSX.Element {
  const isOpen = useSignal(false);
  if (!level.hasChildren) {
    return (
      <div class="leaf">
        <LevelLine level={level} />
      </div>
    );
  }
  return (
    <details
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        <LevelLine level={level} />
      </summary>
      {isOpen.value ? <Level under={level.path} /> : null}
    </details>
  );
}

function LevelLine({ level }: { readonly level: TopicLevel }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const { clients, subscriptions, subscriptionsBelow } = level;
  const rest = subscriptions - Math.min(clients.length, clientsShown);
  return (
    <>
      <code>
        <strong>{level.level === '' ? '""' : level.level}</strong>
      </code>
      {clients.slice(0, clientsShown).map((client) => (
        <span class="tag info" key={client}>
          {client}
        </span>
      ))}
      {rest > 0 ? <span class="muted small">{t.subscriptions.more(format.count(rest))}</span> : null}
      <span class="grow" />
      {subscriptionsBelow > subscriptions ? (
        <span class="muted small num nowrap">
          {t.subscriptions.below(format.count(subscriptionsBelow - subscriptions))}
        </span>
      ) : null}
    </>
  );
}

function List({ filter }: { readonly filter: string }): JSX.Element {
  const t = useText();
  return (
    <Paged<SubscriptionView>
      path="/subscriptions"
      query={{ topic: filter }}
      empty={<Empty icon="search" title={t.common.nothingFound} text={t.common.nothingFoundText} />}
    >
      {(subscriptions) => (
        <div class="table cards">
          <table>
            <caption class="unseen">{t.places.subscriptions}</caption>
            <thead>
              <tr>
                <th scope="col">{t.subscriptions.filter}</th>
                <th scope="col">{t.clients.id}</th>
                <th scope="col">QoS</th>
                <th scope="col">{t.subscriptions.options}</th>
              </tr>
            </thead>
            <tbody>
              {subscriptions.map((one) => (
                <tr key={`${one.clientId} ${one.filter}`}>
                  <th scope="row">
                    <code class="wrap">{one.filter}</code>
                  </th>
                  <td data-label={t.clients.id}>{one.clientId}</td>
                  <td data-label="QoS">{one.qos}</td>
                  <td data-label={t.subscriptions.options}>
                    <span class="row tight">
                      {one.isNoLocal ? <span class="tag">{t.ruleFields.nolocal.label}</span> : null}
                      {one.isRetainAsPublished ? (
                        <span class="tag">{t.ruleFields.retain_as_published.label}</span>
                      ) : null}
                      {one.identifier === undefined ? null : <span class="tag">id {one.identifier}</span>}
                      {one.isSuspended ? <span class="tag bad">{t.subscriptions.suspended}</span> : null}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Paged>
  );
}
