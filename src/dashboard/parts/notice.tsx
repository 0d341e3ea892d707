// Notice: something to know, beside what it is
// about; and the notices in the corner that go by
// themselves.
import type { ComponentChildren, JSX } from 'preact';
import { useApp, useText } from '../app.ts';
import { Icon } from './icon.tsx';

/** Something to know. */
export function Notice(props: {
  readonly tone: 'good' | 'warn' | 'bad' | 'info';
  readonly children: ComponentChildren;
  readonly tools?: ComponentChildren;
}): JSX.Element {
  const icon = { good: 'check', warn: 'alert', bad: 'alert', info: 'info' } as const;
  return (
    <div class={`notice ${props.tone}`}>
      <Icon name={icon[props.tone]} />
      <div class="grow">{props.children}</div>
      {props.tools}
    </div>
  );
}

/** The notices in the corner. */
export function Toasts(): JSX.Element {
  const app = useApp();
  const t = useText();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {app.toasts.value.map(({ id, tone, text }) => (
        <div class={`toast ${tone}`} key={id}>
          <Icon name={tone === 'good' ? 'check' : 'alert'} />
          <span class="grow wrap">{text}</span>
          <button
            type="button"
            class="button plain slim icon"
            aria-label={t.common.close}
            onClick={() => app.dismiss(id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
