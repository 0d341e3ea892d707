// Clients: the devices, page by page, found by parts of their names.
// Whoever may can end a session; what one is and does stands in its
// detail.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ClientView, SubscriptionView } from '../../http/api-broker-types.ts';
import type { Page } from '../../http/api-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Ago } from '../parts/ago.tsx';
import { Card, PageHead } from '../parts/card.tsx';
import { Confirm, Dialog, useQuestion } from '../parts/dialog.tsx';
import { Search } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Paged } from '../parts/paged.tsx';
import { Choice } from '../parts/tabs.tsx';

/** The page. */
export function Clients(): JSX.Element {
  const app = useApp();
  const t = useText();
  const filter = useSignal('');
  const presence = useSignal<'all' | 'online' | 'away'>('all');
  const shown = useSignal<ClientView | undefined>(undefined);
  const isConnected = { all: undefined, online: 'true', away: 'false' }[presence.value];
  const connections = app.live.status.value?.broker.connectsTotal ?? 0;
  const connected = app.live.status.value?.broker.connected ?? 0;
  return (
    <>
      <PageHead title={t.places.clients} about={t.clients.about} />
      <Card
        isFlush={true}
        title={
          <Choice
            label={t.clients.presence}
            chosen={presence.value}
            choices={[
              ['all', t.clients.all],
              ['online', t.clients.online],
              ['away', t.clients.away],
            ]}
            onChoose={(name) => {
              presence.value = name;
            }}
          />
        }
        tools={
          <Search
            label={t.clients.search}
            value={filter.value}
            onInput={(value) => {
              filter.value = value;
            }}
          />
        }
      >
        <Paged<ClientView>
          path="/clients"
          query={{ clientid: filter.value, isConnected }}
          revision={`${connections} ${connected}`}
          empty={
            filter.value === '' && presence.value === 'all' ? (
              <Empty icon="clients" title={t.clients.none} text={t.clients.noneText} />
            ) : (
              <Empty icon="search" title={t.common.nothingFound} text={t.common.nothingFoundText} />
            )
          }
        >
          {(clients, again) => (
            <ClientTable
              clients={clients}
              onShow={(client) => {
                shown.value = client;
              }}
              again={again}
            />
          )}
        </Paged>
      </Card>
      {shown.value === undefined ? null : (
        <Detail
          client={shown.value}
          onClose={() => {
            shown.value = undefined;
          }}
        />
      )}
    </>
  );
}

function ClientTable(props: {
  readonly clients: readonly ClientView[];
  readonly onShow: (client: ClientView) => void;
  readonly again: () => void;
}): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const question = useQuestion();
  const askToKick = (clientId: string): void => {
    question.value = {
      title: t.clients.kickTitle(clientId),
      text: t.clients.kickText,
      action: t.clients.kick,
      run: async () => {
        const path = `/clients/${encodeURIComponent(clientId)}`;
        if (await app.attempt(() => app.api.delete(path), t.clients.kicked(clientId))) props.again();
      },
    };
  };
  return (
    <div class="table cards">
      <table>
        <caption class="unseen">{t.places.clients}</caption>
        <thead>
          <tr>
            <th scope="col">{t.clients.id}</th>
            <th scope="col">{t.bridges.state}</th>
            <th scope="col">{t.clients.address}</th>
            <th scope="col">{t.clients.protocol}</th>
            <th scope="col" class="right">
              {t.places.subscriptions}
            </th>
            <th scope="col" class="right">
              {t.bridges.queue}
            </th>
            <th scope="col">
              <span class="unseen">{t.common.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.clients.map((client) => (
            <tr key={client.clientId}>
              <th scope="row">
                <button type="button" class="button plain link" onClick={() => props.onShow(client)}>
                  <span class="wrap">{client.clientId}</span>
                </button>
                {client.username === undefined ? null : <div class="muted small">{client.username}</div>}
              </th>
              <td data-label={t.bridges.state}>
                <span class={`state ${client.isConnected ? 'good' : ''}`}>
                  {client.isConnected ? t.clients.online : t.clients.away}
                </span>
              </td>
              <td data-label={t.clients.address}>
                <code>{client.address ?? '–'}</code>
              </td>
              <td data-label={t.clients.protocol}>
                {protocolName(client.version)}
                {client.isEncrypted === true ? ' · TLS' : ''}
              </td>
              <td class="right" data-label={t.places.subscriptions}>
                {format.count(client.subscriptions)}
              </td>
              <td class="right" data-label={t.bridges.queue} title={format.bytes(client.queuedBytes)}>
                {format.count(client.queued)}
              </td>
              <td class="beside">
                {app.may('operator') ? (
                  <button
                    type="button"
                    class="button plain icon slim danger"
                    aria-label={t.clients.kickOf(client.clientId)}
                    title={t.clients.kick}
                    onClick={() => askToKick(client.clientId)}
                  >
                    <Icon name="leave" />
                  </button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Confirm question={question} />
    </div>
  );
}

function Detail(props: { readonly client: ClientView; readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const { client } = props;
  const load = useLoad(() =>
    app.api.get<Page<SubscriptionView>>('/subscriptions', { clientid: client.clientId, limit: 200 }),
  );
  const facts: readonly (readonly [string, JSX.Element | string | undefined])[] = [
    [t.clients.username, client.username],
    [t.clients.address, client.address],
    [t.clients.listener, client.listener],
    [t.clients.protocol, protocolName(client.version)],
    [t.clients.since, client.connectedAt === undefined ? undefined : <Ago at={client.connectedAt} />],
    [t.clients.expires, client.expiresAt === undefined ? undefined : <Ago at={client.expiresAt} />],
    [t.clients.keepAlive, client.keepAliveS === undefined ? undefined : `${client.keepAliveS} s`],
    [t.clients.messages, client.messagesReceived === undefined ? undefined : format.exact(client.messagesReceived)],
    [
      t.clients.bytes,
      client.bytesReceived === undefined
        ? undefined
        : `${format.bytes(client.bytesReceived)} ↑ · ${format.bytes(client.bytesSent ?? 0)} ↓`,
    ],
    [t.clients.queued, `${format.exact(client.queued)} · ${format.bytes(client.queuedBytes)}`],
    [t.bridge.underway, format.exact(client.underway)],
  ];
  return (
    <Dialog title={client.clientId} onClose={props.onClose}>
      <div class="stack">
        <dl class="facts">
          {facts.map(([name, value]) =>
            value === undefined ? null : (
              <div key={name} class="unboxed">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
          )}
        </dl>
        <h3>{t.places.subscriptions}</h3>
        <Loaded
          of={load}
          isEmpty={({ items }) => items.length === 0}
          empty={<p class="muted">{t.subscriptions.none}</p>}
        >
          {({ items }) => (
            <ul class="stack tight">
              {items
                .filter(({ clientId }) => clientId === client.clientId)
                .map(({ filter, qos }) => (
                  <li key={filter} class="row tight">
                    <code class="wrap">{filter}</code>
                    <span class="tag">QoS {qos}</span>
                  </li>
                ))}
            </ul>
          )}
        </Loaded>
      </div>
    </Dialog>
  );
}

function protocolName(version: ClientView['version']): string {
  return version === undefined ? '–' : { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' }[version];
}
