// DraftAside: what the server says of a bridge while it is edited:
// faults first, then what is odd (loops, overlaps), then what the rules
// make of sample topics.
import type { JSX } from 'preact';
import { useSpeech, useText } from '../app.ts';
import { type BridgeDraft, pathInBridge } from '../bridge-draft.ts';
import { Card } from '../parts/card.tsx';
import { Icon } from '../parts/icon.tsx';
import { Notice } from '../parts/notice.tsx';
import { Tried } from '../parts/tried.tsx';

/** The column beside the form. */
export function DraftAside({ draft }: { readonly draft: BridgeDraft }): JSX.Element {
  const t = useText();
  const say = useSpeech();
  const check = draft.check.value;
  const faults = draft.isTouched.value ? (check?.faults ?? []) : [];
  const findings = check?.findings ?? [];
  const previews = draft.previews.value;
  return (
    <aside class="stack" aria-label={t.editor.aside} aria-live="polite">
      <Card title={t.editor.checkTitle}>
        <div class="stack tight">
          {draft.error.value === undefined ? null : <Notice tone="bad">{say(draft.error.value)}</Notice>}
          {!draft.isTouched.value && faults.length === 0 && check?.isValid !== true ? (
            <p class="muted">{t.editor.beginTyping}</p>
          ) : null}
          {faults.map(({ path, value, expected }) => (
            <Notice key={path + expected} tone="bad">
              <p>{say(expected)}</p>
              <p class="muted small wrap">
                <code>{pathInBridge(path)}</code>
                {value === '' ? null : (
                  <>
                    {' = '}
                    <code>{value}</code>
                  </>
                )}
              </p>
            </Notice>
          ))}
          {findings.map(({ path, text }) => (
            <Notice key={path + text} tone="warn">
              <p>{say(text)}</p>
              <p class="muted small wrap">
                <code>{pathInBridge(path)}</code>
              </p>
            </Notice>
          ))}
          {check?.isValid === true && findings.length === 0 ? <Notice tone="good">{t.editor.allGood}</Notice> : null}
        </div>
      </Card>
      <Card title={t.editor.previewTitle}>
        {previews.length === 0 ? (
          <p class="muted">{t.editor.noPreview}</p>
        ) : (
          <div class="preview">
            {previews.map(({ list, index, topic, tried }) =>
              tried === undefined ? (
                <p class="pair muted" key={`${list} ${index}`}>
                  <Icon name="info" />
                  {t.editor.ruleNumber(index + 1)}: {t.tried.noRule}
                </p>
              ) : (
                <Tried key={`${list} ${index}`} topic={topic} tried={tried} />
              ),
            )}
          </div>
        )}
      </Card>
    </aside>
  );
}
