// BridgePanels: what stands behind each tab of a
// bridge's page. What few look at is fetched when
// it is first wanted.
import type { JSX } from 'preact';
import type { BridgeReply, BridgeView, TimelineReply } from '../../http/api-config-types.ts';
import { useApp, useText } from '../app.ts';
import { linesOf } from '../config-object.ts';
import { accountOf } from '../live.ts';
import { Ago } from '../parts/ago.tsx';
import { Card } from '../parts/card.tsx';
import { Law } from '../parts/law.tsx';
import { lazy } from '../parts/lazy.tsx';
import { Empty, type Load, Loaded, useLoad } from '../parts/loaded.tsx';
import { BridgeCharts } from './bridge-charts.tsx';
import { BridgeLatency } from './bridge-latency.tsx';
import { BridgePlanner } from './bridge-planner.tsx';
import { BridgeRules } from './bridge-rules.tsx';

const BridgeLanes = lazy(async () => (await import('./bridge-lanes.tsx')).BridgeLanes);
const BridgeQueue = lazy(async () => (await import('./bridge-queue.tsx')).BridgeQueue);
const BridgeLetters = lazy(async () => (await import('./bridge-letters.tsx')).BridgeLetters);
const BridgeReplay = lazy(async () => (await import('./bridge-replay.tsx')).BridgeReplay);
const BridgeLedger = lazy(async () => (await import('./bridge-ledger.tsx')).BridgeLedger);

/** The tabs of a bridge. */
export type BridgeTab = 'traffic' | 'rules' | 'queue' | 'letters' | 'replay' | 'ledger' | 'timeline' | 'config';

interface Shown {
  readonly bridge: BridgeView;
  readonly reply: Load<BridgeReply>;
}

/** The panel of one tab. */
export function BridgePanel({ tab, bridge, reply }: Shown & { readonly tab: BridgeTab }): JSX.Element {
  const { name } = bridge;
  switch (tab) {
    case 'traffic':
      return <Traffic bridge={bridge} reply={reply} />;
    case 'rules':
      return <BridgeRules bridge={bridge} />;
    case 'queue':
      return <BridgeQueue name={name} />;
    case 'letters':
      return <BridgeLetters name={name} />;
    case 'replay':
      return <BridgeReplay bridge={bridge} />;
    case 'ledger':
      return <BridgeLedger name={name} isKept={reply.value.value?.config.ledger !== undefined} />;
    case 'timeline':
      return <Timeline name={name} />;
    case 'config':
      return <Config reply={reply} />;
    default: {
      const never: never = tab;
      return never;
    }
  }
}

function Traffic({ bridge, reply }: Shown): JSX.Element {
  const t = useText();
  const { config = {}, latency } = reply.value.value ?? {};
  return (
    <>
      <BridgeCharts name={bridge.name} />
      {bridge.status === undefined ? null : (
        <div class="grid">
          <Card class="half" title={t.law.title}>
            <p class="muted small">{t.law.about}</p>
            <Law account={accountOf([bridge.status])} />
          </Card>
          <Card class="half" title={t.planner.title}>
            <BridgePlanner bridge={bridge} config={config} />
          </Card>
          {bridge.status.lanes.length > 1 || bridge.status.lanesWanted !== undefined ? (
            <BridgeLanes status={bridge.status} />
          ) : null}
          {latency === undefined ? null : (
            <Card title={t.latency.title} isFlush={true}>
              <BridgeLatency latency={latency} />
            </Card>
          )}
        </div>
      )}
    </>
  );
}

function Config({ reply }: Pick<Shown, 'reply'>): JSX.Element {
  const t = useText();
  return (
    <Card title={t.bridge.config} tools={<Origin of={reply.value.value?.origin} />}>
      <Loaded of={reply}>
        {({ config }) => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          <pre class="code" tabIndex={0}>
            {linesOf(config).join('\n')}
          </pre>
        )}
      </Loaded>
    </Card>
  );
}

const eventTones = {
  opened: 'info',
  connected: 'good',
  lost: 'bad',
  paused: 'warn',
  resumed: 'good',
  changed: 'info',
  closed: '',
  replay: 'info',
  poison: 'bad',
} as const;

function Timeline({ name }: { readonly name: string }): JSX.Element {
  const app = useApp();
  const t = useText();
  const news = app.live.events.value.filter(({ about }) => about === name).length;
  const load = useLoad(() => app.api.get<TimelineReply>(`/bridges/${encodeURIComponent(name)}/timeline`), String(news));
  return (
    <Card title={t.bridge.timeline}>
      <Loaded
        of={load}
        isEmpty={({ events }) => events.length === 0}
        empty={<Empty icon="log" title={t.bridge.noEvents} text={t.bridge.noEventsText} />}
      >
        {({ events }) => (
          <ol class="timeline">
            {[...events].reverse().map(({ at, kind, text }) => (
              <li key={`${at} ${kind} ${text}`} class={eventTones[kind]}>
                <span class="wrap">
                  <strong>{t.eventNames[kind]}</strong>{' '}
                  <span class="muted">{text === kind ? '' : app.speech.value(text)}</span>
                </span>
                <Ago at={at} />
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </Card>
  );
}

function Origin({ of }: { readonly of: BridgeReply['origin'] | undefined }): JSX.Element | null {
  const t = useText();
  return of === undefined ? null : <span class="tag">{t.bridge.origins[of]}</span>;
}
