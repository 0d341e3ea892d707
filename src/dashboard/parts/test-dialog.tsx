// TestDialog: tries the connection of a bridge, step by step, without touching the bridge
// that runs: what was tried, how long it took, and what to do about the first thing that
// failed.
import type { JSX } from 'preact';
import type { TestReply, TestRequest } from '../../http/api-config-types.ts';
import { useApp, useFormat, useSpeech, useText } from '../app.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { Failed, useLoad } from './loaded.tsx';
import { Notice } from './notice.tsx';

/** The test, as long as it is rendered. */
export function TestDialog(props: { readonly request: TestRequest; readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const load = useLoad(() => app.api.post<TestReply>('/bridges/test', props.request));
  const isBusy = load.isLoading.value;
  return (
    <Dialog
      title={t.test.title}
      onClose={props.onClose}
      footer={
        <>
          <button type="button" class="button" disabled={isBusy} onClick={load.again}>
            <Icon name="again" />
            {t.common.again}
          </button>
          <button type="button" class="button primary" onClick={props.onClose}>
            {t.common.close}
          </button>
        </>
      }
    >
      {isBusy ? (
        <p class="state info pulse" role="status">
          {t.test.busy}
        </p>
      ) : load.error.value !== undefined ? (
        <Failed text={load.error.value} />
      ) : (
        <Steps reply={load.value.value} />
      )}
    </Dialog>
  );
}

const outcomes = {
  ok: { icon: 'check', tone: 'good' },
  failed: { icon: 'close', tone: 'bad' },
  warning: { icon: 'alert', tone: 'warn' },
} as const;

function Steps({ reply }: { readonly reply: TestReply | undefined }): JSX.Element | null {
  const t = useText();
  const format = useFormat();
  const say = useSpeech();
  if (reply === undefined) return null;
  return (
    <div class="stack" role="status">
      <ol class="steps">
        {reply.steps.map(({ name, state, ms, detail, remedy }) => (
          <li key={name} class={outcomes[state].tone}>
            <Icon name={outcomes[state].icon} />
            <div>
              <strong>{t.test.steps[name]}</strong> <span class="unseen">{t.test.outcomes[state]}</span>
              <p>{say(detail)}</p>
              {remedy === '' ? null : <p>{say(remedy)}</p>}
            </div>
            <span class="muted small num nowrap">{format.span(ms)}</span>
          </li>
        ))}
      </ol>
      <Notice tone={reply.isOk ? 'good' : 'bad'}>{reply.isOk ? t.test.ok : t.test.notOk}</Notice>
    </div>
  );
}
