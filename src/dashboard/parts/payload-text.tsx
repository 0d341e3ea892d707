// PayloadText: a payload as text, JSON or
// hexadecimal; it begins with the form that shows it
// best.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { PayloadView } from '../../http/api-broker-types.ts';
import { useText } from '../app.ts';
import { bestForm, payloadText } from '../payload.ts';
import { Choice } from './tabs.tsx';

/** The payload, and the choice. */
export function PayloadText({ payload }: { readonly payload: PayloadView }): JSX.Element {
  const t = useText();
  const form = useSignal(bestForm(payload));
  return (
    <div class="stack tight">
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
      {payload.data === '' ? (
        <p class="muted">{t.payload.empty}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre class="code wraps" tabIndex={0}>
          {payloadText(payload, form.value)}
        </pre>
      )}
      {payload.isCut ? <p class="muted small">{t.payload.cut}</p> : null}
    </div>
  );
}
