// BridgeReplay: what a bridge keeps of what it has delivered, and delivering it
// again: of a time, of topics, to this remote or through another bridge. It is
// counted before it begins, and followed while it lasts.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { BridgeView } from '../../http/api-config-types.ts';
import type { ReplayRequest, ReplayRunView, ReplayStarted } from '../../http/api-replay-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Card } from '../parts/card.tsx';
import { Confirm, useQuestion } from '../parts/dialog.tsx';
import { ChoiceField, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty } from '../parts/loaded.tsx';
import { Meter } from '../parts/spark.tsx';

type Preview = NonNullable<ReplayStarted['preview']>;

/** The replay of a bridge. */
export function BridgeReplay({ bridge }: { readonly bridge: BridgeView }): JSX.Element {
  const t = useText();
  const app = useApp();
  const format = useFormat();
  const replay = bridge.status?.replay;
  if (replay === undefined) {
    return (
      <Card title={t.replay.title}>
        <Empty icon="again" title={t.replay.off} text={t.replay.offText}>
          <pre class="code">replay {'{ keep = 24h, keep_bytes = 256MB }'}</pre>
        </Empty>
      </Card>
    );
  }
  const { kept, run, ageMsMax, bytesMax } = replay;
  const { oldestAt, newestAt } = kept;
  return (
    <div class="grid">
      <Card class="half" title={t.replay.kept}>
        <div class="stack">
          <dl class="facts">
            <dt>{t.replay.messages}</dt>
            <dd>
              <strong>{format.count(kept.count)}</strong>{' '}
              <span class="muted">{t.replay.atMost(format.span(ageMsMax))}</span>
            </dd>
            <dt>{t.replay.space}</dt>
            <dd>
              {format.bytes(kept.bytes)} <span class="muted">{t.replay.of(format.bytes(bytesMax))}</span>
              <Meter share={kept.bytes / bytesMax} />
            </dd>
            {oldestAt === undefined || newestAt === undefined ? null : (
              <>
                <dt>{t.replay.span}</dt>
                <dd>
                  {format.moment(oldestAt)} – {format.moment(newestAt)}
                </dd>
              </>
            )}
            <dt>{t.replay.gone}</dt>
            <dd>{t.replay.goneCounts(format.count(kept.forgotten), format.count(kept.unkept))}</dd>
          </dl>
          {run === undefined ? null : <Run bridge={bridge} run={run} />}
        </div>
      </Card>
      {app.may('operator') ? <Start bridge={bridge} /> : null}
    </div>
  );
}

/** The replay that is underway, or was the last. */
function Run({ bridge, run }: { readonly bridge: BridgeView; readonly run: ReplayRunView }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const { counts, state, terms, share } = run;
  const isUnderway = state === 'running' || state === 'waiting';
  const left = (['expired', 'unmatched', 'refused', 'damaged'] as const).filter((why) => counts[why] > 0);
  const tones = { running: 'info', waiting: 'warn', done: 'good', cancelled: '' } as const;
  return (
    <section class="stack tight" aria-live="polite">
      <div class="row apart">
        <h3>{t.replay.runTitle(terms.target)}</h3>
        <span class={`tag ${tones[state]}`}>{t.replay.states[state]}</span>
      </div>
      <Meter share={share} />
      <p class="num">
        {t.replay.progress(format.share(share), format.count(counts.queued))}
        {left.map((why) => `, ${t.replay.left[why](format.count(counts[why]))}`)}
      </p>
      {run.detail === undefined ? null : <p class="muted small">{app.speech.value(run.detail)}</p>}
      {isUnderway && app.may('operator') ? (
        <div>
          <button
            type="button"
            class="button slim danger"
            onClick={() => void app.attempt(() => app.api.delete(pathOf(bridge)), t.replay.cancelled)}
          >
            {t.replay.cancel}
          </button>
        </div>
      ) : null}
    </section>
  );
}

/** What to deliver again: counted first, then begun. */
function Start({ bridge }: { readonly bridge: BridgeView }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const question = useQuestion();
  const [from, until, topic, rate] = [useSignal(''), useSignal(''), useSignal(''), useSignal('')];
  const target = useSignal(bridge.name);
  const preview = useSignal<Preview | undefined>(undefined);
  const request = (): ReplayRequest => ({
    ...momentAt('from', from.value),
    ...momentAt('until', until.value),
    ...(topic.value === '' ? {} : { topic: topic.value }),
    // what is no number goes as null, and is refused
    ...(rate.value === '' ? {} : { rate: Number(rate.value) }),
    target: target.value,
  });
  const count = async (): Promise<Preview | undefined> => {
    preview.value = undefined;
    try {
      const reply = await app.api.post<ReplayStarted>(pathOf(bridge), { ...request(), isDryRun: true });
      preview.value = reply.preview;
    } catch (error) {
      app.toast('bad', app.told(error));
    }
    return preview.value;
  };
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    const counted = await count();
    if (counted === undefined) return;
    question.value = {
      title: t.replay.startTitle(format.count(counted.messages), target.value),
      text: t.replay.startText,
      action: t.replay.start,
      isDangerous: false,
      run: async () => {
        await app.attempt(() => app.api.post(pathOf(bridge), request()), t.replay.started);
      },
    };
  };
  const names =
    app.live.status.value?.bridges.filter(({ status }) => status !== undefined).map(({ name }) => name) ?? [];
  const isUnderway = ['running', 'waiting'].includes(bridge.status?.replay?.run?.state ?? '');
  return (
    <Card class="half" title={t.replay.again}>
      <form class="stack" onSubmit={(event) => void start(event)}>
        <div class="grid even">
          <TextField label={t.replay.from} type="datetime-local" {...bound(from)} />
          <TextField label={t.replay.until} type="datetime-local" {...bound(until)} />
        </div>
        <TextField label={t.replay.topic} hint={t.replay.topicHint} placeholder="#" isMono={true} {...bound(topic)} />
        <div class="grid even">
          <ChoiceField
            label={t.replay.target}
            choices={names.map((name) => [name, name === bridge.name ? t.replay.same(name) : name] as const)}
            {...bound(target)}
          />
          <TextField label={t.replay.rate} hint={t.replay.rateHint} {...bound(rate)} />
        </div>
        {preview.value === undefined ? null : (
          <p class="num" role="status">
            {t.replay.counted(format.count(preview.value.messages), format.bytes(preview.value.bytes))}
          </p>
        )}
        <div class="row tight">
          <button type="submit" class="button primary" disabled={isUnderway}>
            <Icon name="again" />
            {t.replay.start}
          </button>
          <button type="button" class="button" onClick={() => void count()}>
            {t.replay.count}
          </button>
        </div>
      </form>
      <Confirm question={question} />
    </Card>
  );
}

function pathOf({ name }: BridgeView): string {
  return `/bridges/${encodeURIComponent(name)}/replay`;
}

function bound(signal: { value: string }): { readonly value: string; readonly onInput: (value: string) => void } {
  return {
    value: signal.value,
    onInput: (value) => {
      signal.value = value;
    },
  };
}

/** What an input of a time says, in the time of the browser. */
function momentAt(key: 'from' | 'until', text: string): { readonly from?: number; readonly until?: number } {
  const moment = Date.parse(text);
  return Number.isFinite(moment) ? { [key]: moment } : {};
}
