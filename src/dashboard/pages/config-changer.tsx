// ConfigChanger: a change of any key, as JSON from the root on. It is checked first, shown as a
// difference, and applied for a trial: without a confirmation in time the old configuration comes back
// by itself.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { CheckReply, ConfigChange } from '../../http/api-config-types.ts';
import { useApp, useSpeech, useText } from '../app.ts';
import { Card } from '../parts/card.tsx';
import { DiffView, entryLines } from '../parts/diff-view.tsx';
import { AreaField, ChoiceField, TextField } from '../parts/field.tsx';
import { Notice } from '../parts/notice.tsx';

const example = '{\n  "mqtt": { "max_packet_size": "256KB" }\n}';

/** The form. */
export function ConfigChanger(): JSX.Element {
  const app = useApp();
  const t = useText();
  const [typed, note, trial] = [useSignal(example), useSignal(''), useSignal('60')];
  const check = useSignal<CheckReply | undefined>(undefined);
  const fault = useSignal<string | undefined>(undefined);
  const changeOf = (): ConfigChange => ({
    changes: JSON.parse(typed.value),
    ...(trial.value === '' ? {} : { confirmWithinS: Number(trial.value) }),
    ...(note.value === '' ? {} : { note: note.value }),
  });
  const attempt = async (action: () => Promise<void>): Promise<void> => {
    try {
      fault.value = undefined;
      await action();
    } catch (error) {
      fault.value = app.told(error);
    }
  };
  const look = (): Promise<void> =>
    attempt(async () => {
      const { changes } = changeOf();
      check.value = await app.api.post<CheckReply>('/config/check', { changes });
    });
  const apply = (): Promise<void> =>
    attempt(async () => {
      await app.api.post('/config/apply', changeOf());
      app.toast('good', t.config.applied);
      check.value = undefined;
    });
  const reply = check.value;
  return (
    <div class="grid">
      <Card class="half" title={t.config.change}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void look();
          }}
        >
          <AreaField
            label={t.config.changes}
            value={typed.value}
            rows={12}
            hint={t.config.changesHint}
            fault={fault.value}
            onInput={(value) => {
              typed.value = value;
              check.value = undefined;
            }}
          />
          <div class="fields">
            <TextField
              label={t.config.note}
              value={note.value}
              hint={t.config.noteHint}
              onInput={(value) => {
                note.value = value;
              }}
            />
            <ChoiceField
              label={t.config.trial}
              value={trial.value}
              hint={t.config.trialHint}
              choices={[
                ['30', '30 s'],
                ['60', '60 s'],
                ['300', '5 min'],
                ['', t.config.noTrial],
              ]}
              onInput={(value) => {
                trial.value = value;
              }}
            />
          </div>
          <div>
            <button type="submit" class="button">
              {t.config.look}
            </button>
          </div>
        </form>
      </Card>
      <Difference reply={reply} onApply={() => void apply()} />
    </div>
  );
}

function Difference(props: { readonly reply: CheckReply | undefined; readonly onApply: () => void }): JSX.Element {
  const t = useText();
  const say = useSpeech();
  const { reply } = props;
  return (
    <Card class="half" title={t.config.difference}>
      {reply === undefined ? (
        <p class="muted">{t.config.noDifference}</p>
      ) : (
        <div class="stack" role="status">
          {reply.faults.map(({ path, expected }) => (
            <Notice key={path + expected} tone="bad">
              <p>{say(expected)}</p>
              <p class="muted small">
                <code>{path}</code>
              </p>
            </Notice>
          ))}
          {reply.findings.map(({ path, text }) => (
            <Notice key={path + text} tone="warn">
              {say(text)}
            </Notice>
          ))}
          {reply.diff.length === 0 ? (
            <p class="muted">{t.editor.nothingChanged}</p>
          ) : (
            <DiffView lines={entryLines(reply.diff)} />
          )}
          <div>
            <button
              type="button"
              class="button primary"
              disabled={!reply.isValid || reply.diff.length === 0}
              onClick={props.onApply}
            >
              {t.config.apply}
            </button>
          </div>
        </div>
      )}
    </Card>
  );
}
