// Tap: a look at the messages that pass, and a way to publish one. What is heard
// is what a client with this filter would be sent; the list is bounded, and says
// what is not in it.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { PublishReply } from '../../http/api-broker-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Card, PageHead } from '../parts/card.tsx';
import { AreaField, ChoiceField, Switch, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty } from '../parts/loaded.tsx';
import { Choice } from '../parts/tabs.tsx';
import { type PayloadForm, payloadText } from '../payload.ts';
import { TapFeed, type Tapped } from '../tap-feed.ts';

/** Messages drawn; the rest is kept for when they are wanted. */
const shownMax = 150;

/** The page. */
export function Tap(): JSX.Element {
  const app = useApp();
  const t = useText();
  const feed = useMemo(() => new TapFeed(), []);
  useEffect(() => () => feed.close(), [feed]);
  return (
    <>
      <PageHead title={t.places.tap} about={t.tap.about} />
      <div class="grid">
        <Listen feed={feed} />
        {app.may('operator') ? <Publish /> : null}
      </div>
    </>
  );
}

function Listen({ feed }: { readonly feed: TapFeed }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const filter = useSignal('#');
  const form = useSignal<PayloadForm>('json');
  const state = feed.state.value;
  const isOn = state !== 'closed' && state !== 'broken';
  const messages = feed.messages.value;
  return (
    <section class="card wide">
      <div class="body stack tight">
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (isOn) feed.close();
            else feed.open(filter.value, '2');
          }}
        >
          <div class="grow">
            <TextField
              label={t.tap.filter}
              value={filter.value}
              isMono={true}
              isRequired={true}
              onInput={(value) => {
                filter.value = value;
              }}
            />
          </div>
          <button type="submit" class={isOn ? 'button' : 'button primary'}>
            <Icon name={isOn ? 'close' : 'play'} />
            {isOn ? t.tap.stop : t.tap.listen}
          </button>
        </form>
        <div class="row tight apart">
          <span class="row tight small">
            <span
              class={`state ${{ closed: '', opening: 'info pulse', open: 'good', broken: 'bad' }[state]}`}
              role="status"
            >
              {t.tap.states[state]}
            </span>
            <span class="muted num">{t.tap.heard(format.exact(feed.total.value))}</span>
            {feed.skipped.value === 0 ? null : (
              <span class="tag warn">{t.tap.skipped(format.exact(feed.skipped.value))}</span>
            )}
          </span>
          <span class="row tight">
            <Choice
              label={t.payload.form}
              chosen={form.value}
              choices={[
                ['text', t.payload.text],
                ['json', 'JSON'],
                ['hex', t.payload.hex],
              ]}
              onChoose={(name) => {
                form.value = name;
              }}
            />
            <button
              type="button"
              class="button slim"
              aria-pressed={feed.isPaused.value}
              onClick={() => {
                feed.isPaused.value = !feed.isPaused.value;
              }}
            >
              <Icon name="pause" />
              {t.tap.pause}
            </button>
            <button type="button" class="button slim" onClick={() => feed.clear()}>
              <Icon name="clear" />
              {t.tap.clear}
            </button>
          </span>
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="messages" tabIndex={0} aria-label={t.tap.messages}>
        {messages.length === 0 ? (
          <Empty icon="tap" title={isOn ? t.tap.quiet : t.tap.off} text={isOn ? t.tap.quietText : t.tap.offText} />
        ) : (
          messages.slice(0, shownMax).map((message) => <Heard key={message.id} message={message} form={form.value} />)
        )}
      </section>
    </section>
  );
}

function Heard({ message, form }: { readonly message: Tapped; readonly form: PayloadForm }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const { topic, payload, at, qos, retain, from, size } = message;
  return (
    <article>
      <header>
        <code>{topic}</code>
        <span class="tag">QoS {qos}</span>
        {retain ? <span class="tag info">retain</span> : null}
        <span class="muted small">
          {from} · {format.bytes(size)}
        </span>
      </header>
      <time dateTime={new Date(at).toISOString()} title={format.moment(at)}>
        {format.clock(at)}
      </time>
      {payload.data === '' ? <p class="muted small">{t.payload.empty}</p> : <pre>{payloadText(payload, form)}</pre>}
    </article>
  );
}

function Publish(): JSX.Element {
  const app = useApp();
  const t = useText();
  const [topic, payload, qos, retain] = [useSignal(''), useSignal(''), useSignal('1'), useSignal(false)];
  const said = useSignal<{ readonly isGood: boolean; readonly text: string } | undefined>(undefined);
  const publish = async (event: Event): Promise<void> => {
    event.preventDefault();
    const body = { topic: topic.value, payload: payload.value, qos: Number(qos.value), retain: retain.value };
    try {
      const { reasonCode, reason } = await app.api.post<PublishReply>('/publish', body);
      said.value = {
        isGood: reasonCode < 128,
        text: reasonCode === 16 ? t.tap.nobody : reasonCode < 128 ? t.tap.taken : reason,
      };
    } catch (error) {
      said.value = { isGood: false, text: app.told(error) };
    }
  };
  return (
    <Card class="slim" title={t.tap.publish}>
      <form class="stack" onSubmit={(event) => void publish(event)}>
        <TextField
          label={t.retained.topic}
          value={topic.value}
          placeholder="topic1"
          isMono={true}
          isRequired={true}
          onInput={(value) => {
            topic.value = value;
          }}
        />
        <AreaField
          label={t.retained.payload}
          value={payload.value}
          onInput={(value) => {
            payload.value = value;
          }}
        />
        <ChoiceField
          label="QoS"
          value={qos.value}
          choices={[
            ['0', t.tap.qos[0]],
            ['1', t.tap.qos[1]],
            ['2', t.tap.qos[2]],
          ]}
          onInput={(value) => {
            qos.value = value;
          }}
        />
        <Switch
          label={t.tap.retain}
          isOn={retain.value}
          onSwitch={(isOn) => {
            retain.value = isOn;
          }}
        />
        <button type="submit" class="button primary">
          <Icon name="send" />
          {t.tap.publish}
        </button>
        <p role="status" class={`small ${said.value?.isGood === true ? 'good' : 'bad'}`}>
          {said.value === undefined ? (
            ''
          ) : (
            <span class={`state ${said.value.isGood ? 'good' : 'bad'}`}>{said.value.text}</span>
          )}
        </p>
      </form>
    </Card>
  );
}
