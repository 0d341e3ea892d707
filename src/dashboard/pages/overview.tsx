// Overview: the whole at one look. Figures of the last second, the map of brokers and bridges, the
// account of all messages, and what happened lately. Everything comes with the feed; nothing is asked
// for.
import type { JSX } from 'preact';
import type { StatusReply } from '../../http/api-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { byNeed, stateOf, toneOf } from '../bridge-words.ts';
import { accountOf, type FeedEvent } from '../live.ts';
import { Ago } from '../parts/ago.tsx';
import { Card, PageHead } from '../parts/card.tsx';
import { FlowMap } from '../parts/flow-map.tsx';
import { Icon } from '../parts/icon.tsx';
import { Law } from '../parts/law.tsx';
import { Empty, Skeleton } from '../parts/loaded.tsx';
import { Spark } from '../parts/spark.tsx';
import { addressOf } from '../route.ts';

const eventsShown = 12;

/** The page. */
export function Overview(): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const status = app.live.status.value;
  const about =
    status === undefined
      ? undefined
      : t.overview.about(status.version, format.span(status.broker.uptimeMs), status.listeners.length);
  return (
    <>
      <PageHead title={status?.hostname ?? t.places.overview} about={about} />
      {status === undefined ? <Skeleton /> : <Content status={status} />}
    </>
  );
}

function Content({ status }: { readonly status: StatusReply }): JSX.Element {
  const app = useApp();
  const t = useText();
  const running = status.bridges.flatMap(({ status: own }) => (own === undefined ? [] : [own]));
  return (
    <>
      <Figures status={status} />
      <Card
        title={t.overview.map}
        tools={
          app.may('admin') ? (
            <a class="button slim" href={addressOf(['bridges', 'new'])}>
              <Icon name="add" />
              {t.bridges.add}
            </a>
          ) : undefined
        }
      >
        {status.bridges.length === 0 ? (
          <Empty icon="bridge" title={t.bridges.none} text={t.bridges.noneText}>
            {app.may('admin') ? (
              <a class="button primary" href={addressOf(['bridges', 'new'])}>
                <Icon name="add" />
                {t.bridges.add}
              </a>
            ) : null}
          </Empty>
        ) : (
          <FlowMap status={{ ...status, bridges: [...status.bridges].sort(byNeed) }} />
        )}
      </Card>
      <div class="grid">
        <div class="half stack">
          <Card title={t.law.title}>
            <p class="muted small">{t.law.about}</p>
            <Law account={accountOf(running)} />
          </Card>
          <Card title={t.overview.process}>
            <ProcessFacts status={status} />
          </Card>
        </div>
        <Card class="half" title={t.overview.events}>
          <Events status={status} />
        </Card>
      </div>
    </>
  );
}

function Figures({ status }: { readonly status: StatusReply }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const { broker, rates, bridges } = status;
  const samples = app.live.samples.value.get('') ?? [];
  const enabled = bridges.filter(({ mode }) => mode !== 'disabled');
  const up = enabled.filter((bridge) => stateOf(bridge) === 'connected').length;
  const down = enabled.filter((bridge) => !['connected', 'planned'].includes(stateOf(bridge))).length;
  const depth = bridges.reduce((sum, { status: own }) => sum + (own?.queueDepth ?? 0), 0);
  const bytes = bridges.reduce((sum, { status: own }) => sum + (own?.queueBytes ?? 0), 0);
  return (
    <dl class="figures">
      <div>
        <dt>{t.overview.bridgesUp}</dt>
        <dd>
          {up}
          <small>/ {enabled.length}</small>
        </dd>
        <dd class="note">{down === 0 ? t.overview.allUp : t.overview.someDown(down)}</dd>
      </div>
      <div>
        <dt>{t.overview.received}</dt>
        <dd>
          {format.rate(rates.received)}
          <small>{t.common.perSecond}</small>
        </dd>
        <dd class="note">{format.bytes(rates.bytesReceived) + t.common.perSecond}</dd>
        <Spark values={samples.map(({ received }) => received)} />
      </div>
      <div>
        <dt>{t.overview.sent}</dt>
        <dd>
          {format.rate(rates.sent)}
          <small>{t.common.perSecond}</small>
        </dd>
        <dd class="note">{format.bytes(rates.bytesSent) + t.common.perSecond}</dd>
        <Spark values={samples.map(({ sent }) => sent)} />
      </div>
      <div>
        <dt>{t.overview.queued}</dt>
        <dd title={format.exact(depth)}>{format.count(depth)}</dd>
        <dd class="note">{format.bytes(bytes)}</dd>
      </div>
      <div>
        <dt>{t.overview.clients}</dt>
        <dd>{format.count(broker.connected)}</dd>
        <dd class="note">{t.overview.subscriptions(format.count(broker.subscriptions))}</dd>
      </div>
    </dl>
  );
}

function ProcessFacts({ status }: { readonly status: StatusReply }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const { process: own, broker, listeners } = status;
  return (
    <dl class="facts">
      <dt>{t.overview.memory}</dt>
      <dd>{format.bytes(own.rssBytes)}</dd>
      <dt>{t.overview.cpu}</dt>
      <dd>{format.share(own.cpu)}</dd>
      <dt>{t.overview.retained}</dt>
      <dd>
        {format.count(broker.retained)} · {format.bytes(broker.retainedBytes)}
      </dd>
      <dt>{t.overview.listeners}</dt>
      <dd>
        {listeners.map(({ name, host, port, socketPath, isEncrypted, isWebSocket, connections }) => (
          <div key={name}>
            <code>{socketPath ?? `${host}:${port}`}</code>{' '}
            <span class="tag">{`${isWebSocket ? 'WebSocket' : 'MQTT'}${isEncrypted ? ', TLS' : ''}`}</span>{' '}
            <span class="muted">{t.overview.connected(format.count(connections))}</span>
          </div>
        ))}
      </dd>
    </dl>
  );
}

const eventTones: Readonly<Record<FeedEvent['kind'], string>> = {
  opened: 'info',
  connected: 'good',
  lost: 'bad',
  paused: 'warn',
  resumed: 'good',
  changed: 'info',
  closed: '',
  replay: 'info',
  poison: 'bad',
  'client-connected': 'good',
  'client-disconnected': '',
};

function Events({ status }: { readonly status: StatusReply }): JSX.Element {
  const app = useApp();
  const t = useText();
  const events = app.live.events.value.slice(0, eventsShown);
  if (events.length === 0) {
    return (
      <ul class="timeline">
        {[...status.bridges].sort(byNeed).map((bridge) => (
          <li key={bridge.name} class={toneOf(bridge)}>
            <span class="wrap">
              <a href={addressOf(['bridges', bridge.name])}>{bridge.name}</a>: {t.states[stateOf(bridge)]}
            </span>
          </li>
        ))}
        <li class="muted">
          <span>{t.overview.noEvents}</span>
        </li>
      </ul>
    );
  }
  return (
    <ul class="timeline">
      {events.map((event) => (
        <li key={`${event.at} ${event.about} ${event.kind}`} class={eventTones[event.kind]}>
          <span class="wrap">
            <strong>{event.about}</strong> {t.events[event.kind]}
            {event.text === '' || event.text === event.kind ? null : (
              <span class="muted small"> {app.speech.value(event.text)}</span>
            )}
          </span>
          <Ago at={event.at} />
        </li>
      ))}
    </ul>
  );
}
