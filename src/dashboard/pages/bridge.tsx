// Bridge: one bridge in full. Its state in words, what waits and how long that takes,
// charts, rules with their accounts, what happened to it, and its configuration with where
// that stands.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { BridgeReply, BridgeView } from '../../http/api-config-types.ts';
import type { StatusReply } from '../../http/api-types.ts';
import { useApp, useFormat, useSpeech, useText } from '../app.ts';
import { type BridgeStatus, stateOf } from '../bridge-words.ts';
import type { Format } from '../format.ts';
import { wallOf } from '../live.ts';
import { Ago } from '../parts/ago.tsx';
import { BridgeStateTag } from '../parts/bridge-state.tsx';
import { PageHead } from '../parts/card.tsx';
import { Confirm, useQuestion } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Skeleton, useLoad } from '../parts/loaded.tsx';
import { Notice } from '../parts/notice.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { TestDialog } from '../parts/test-dialog.tsx';
import { addressOf } from '../route.ts';
import type { Text } from '../text/en.ts';
import { BridgePanel, type BridgeTab } from './bridge-panels.tsx';

/** The page of a bridge. */
export function BridgePage({ name }: { readonly name: string }): JSX.Element {
  const app = useApp();
  const t = useText();
  const status = app.live.status.value;
  const bridge = status?.bridges.find((one) => one.name === name);
  if (status === undefined) return <Skeleton />;
  if (bridge === undefined) {
    return (
      <Empty icon="bridge" title={t.bridge.gone(name)} text={t.bridge.goneText}>
        <a class="button" href={addressOf(['bridges'])}>
          {t.places.bridges}
        </a>
      </Empty>
    );
  }
  return <Content bridge={bridge} status={status} />;
}

function Content({ bridge, status }: { readonly bridge: BridgeView; readonly status: StatusReply }): JSX.Element {
  const app = useApp();
  const t = useText();
  const say = useSpeech();
  const tab = useSignal<BridgeTab>('traffic');
  const path = `/bridges/${encodeURIComponent(bridge.name)}`;
  const reply = useLoad(() => app.api.get<BridgeReply>(path), String(app.live.configRevision.value));
  const own = bridge.status;
  const waiting = [
    { name: 'queue' as const, label: t.queue.tab, count: own?.queueDepth ?? 0 },
    { name: 'letters' as const, label: t.letters.tab, count: own?.deadLetters.count ?? 0 },
    { name: 'replay' as const, label: t.replay.tab },
  ];
  const ruleCount = (own?.forwards.length ?? 0) + (own?.subscriptions.length ?? 0);
  return (
    <>
      <PageHead title={bridge.name} about={<code class="wrap">{bridge.server}</code>}>
        <Actions bridge={bridge} />
      </PageHead>
      <Words bridge={bridge} status={status} />
      {(reply.value.value?.findings ?? []).map(({ path: place, text }) => (
        <Notice key={place + text} tone="warn">
          <p>{say(text)}</p>
          <p class="muted small">
            <code>{place}</code>
          </p>
        </Notice>
      ))}
      {own === undefined ? null : <Figures bridge={bridge} status={status} />}
      <Tabs
        label={bridge.name}
        chosen={tab.value}
        onChoose={(name) => {
          tab.value = name;
        }}
        tabs={[
          { name: 'traffic', label: t.bridge.traffic },
          { name: 'rules', label: t.bridge.rules, count: ruleCount },
          ...(own === undefined ? [] : waiting),
          ...(app.may('operator') ? [{ name: 'ledger' as const, label: t.ledger.title }] : []),
          { name: 'timeline', label: t.bridge.timeline },
          { name: 'config', label: t.bridge.config },
        ]}
      >
        <BridgePanel tab={tab.value} bridge={bridge} reply={reply} />
      </Tabs>
    </>
  );
}

/** The state as a sentence: what is, since when, why, and what happens next. */
function Words({ bridge, status }: { readonly bridge: BridgeView; readonly status: StatusReply }): JSX.Element {
  const app = useApp();
  const t = useText();
  const say = useSpeech();
  const state = stateOf(bridge);
  const link = bridge.status?.link;
  if (link?.state === 'waiting' && bridge.mode === 'running') {
    const left = Math.max(0, Math.ceil((wallOf(status, link.retryAt) - app.clock.value) / 1000));
    const isPlanned = state === 'planned';
    return (
      <Notice tone={isPlanned ? 'info' : 'bad'}>
        <p>
          <strong>{isPlanned ? t.bridge.words.planned : t.bridge.words.waiting}</strong> {say(link.error)}
        </p>
        {link.remedy === undefined ? null : <p>{say(link.remedy)}</p>}
        {isPlanned ? null : <p class="num">{left === 0 ? t.bridge.tryingNow : t.bridge.nextTry(left)}</p>}
      </Notice>
    );
  }
  const tones = { connected: 'good', connecting: 'info', paused: 'warn', disabled: 'info', closed: 'info' } as const;
  if (state === 'waiting' || state === 'planned') return <BridgeStateTag bridge={bridge} />;
  return (
    <Notice tone={tones[state]}>
      <strong>{t.bridge.words[state]}</strong>{' '}
      {link === undefined || state !== 'connected' ? null : <Ago at={wallOf(status, link.since)} />}
    </Notice>
  );
}

function Figures({ bridge }: { readonly bridge: BridgeView; readonly status: StatusReply }): JSX.Element | null {
  const t = useText();
  const format = useFormat();
  const own = bridge.status;
  if (own === undefined) return null;
  const { rates } = bridge;
  const carried = (perS: number, all: number): string => t.bridge.carried(format.bytes(perS), format.bytes(all));
  const figures = [
    [t.bridges.out, format.rate(rates.sent), t.common.perSecond, carried(rates.bytesSent, own.bytesSent)],
    [t.bridges.in, format.rate(rates.received), t.common.perSecond, carried(rates.bytesReceived, own.bytesReceived)],
    [t.bridges.queue, format.count(own.queueDepth), '', waitingNote(own, t, format)],
    [t.bridge.underway, format.count(own.underway), '', t.bridge.underwayNote],
    [t.bridge.connects, format.count(own.connects), '', t.bridge.connectsNote],
  ] as const;
  return (
    <dl class="figures">
      {figures.map(([label, value, unit, note]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value}
            {unit === '' ? null : <small>{unit}</small>}
          </dd>
          <dd class="note">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The bytes that wait, and how old the oldest of them are. */
function waitingNote(own: BridgeStatus, t: Text, format: Format): string {
  const bytes = format.bytes(own.queueBytes);
  return own.oldestMs === undefined ? bytes : t.bridge.oldest(bytes, format.span(own.oldestMs));
}

function Actions({ bridge }: { readonly bridge: BridgeView }): JSX.Element | null {
  const app = useApp();
  const t = useText();
  const question = useQuestion();
  const isTesting = useSignal(false);
  const { name, mode } = bridge;
  const path = `/bridges/${encodeURIComponent(name)}`;
  const act = (what: 'pause' | 'resume' | 'enable', done: string): void =>
    void app.attempt(() => app.api.post(`${path}/${what}`), done);
  if (!app.may('operator')) return null;
  const next = mode === 'running' ? 'pause' : mode === 'paused' ? 'resume' : 'enable';
  const said = { pause: t.bridge.paused, resume: t.bridge.resumed, enable: t.bridges.enabled(name) };
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => {
          isTesting.value = true;
        }}
      >
        <Icon name="check" />
        {t.test.action}
      </button>
      <button type="button" class="button" onClick={() => act(next, said[next])}>
        <Icon name={next === 'pause' ? 'pause' : 'play'} />
        {t.bridge[next]}
      </button>
      {app.may('admin') ? (
        <>
          <a class="button" href={addressOf(['bridges', name, 'edit'])}>
            <Icon name="edit" />
            {t.common.edit}
          </a>
          <button
            type="button"
            class="button danger icon"
            aria-label={t.bridge.remove}
            title={t.bridge.remove}
            onClick={() => {
              question.value = {
                title: t.bridge.removeTitle(name),
                text: t.bridge.removeText(bridge.status?.queueDepth ?? 0),
                action: t.bridge.remove,
                run: async () => {
                  if (await app.attempt(() => app.api.delete(path), t.bridge.removed(name))) app.go(['bridges']);
                },
              };
            }}
          >
            <Icon name="remove" />
          </button>
        </>
      ) : null}
      <Confirm question={question} />
      {isTesting.value ? (
        <TestDialog
          request={{ name }}
          onClose={() => {
            isTesting.value = false;
          }}
        />
      ) : null}
    </>
  );
}
