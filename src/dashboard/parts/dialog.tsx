// Dialog: a native modal dialog, which keeps the focus and closes on Escape; and the
// question before what cannot be undone. At most one is open at a time, for its caller shows
// it.
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useText } from '../app.ts';
import { Icon } from './icon.tsx';

/** A dialog that is there as long as it is rendered. */
export function Dialog(props: {
  readonly title: string;
  readonly isBroad?: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly footer?: ComponentChildren;
}): JSX.Element {
  const t = useText();
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} class={props.isBroad === true ? 'broad' : ''} aria-labelledby={id} onClose={props.onClose}>
      <header>
        <h2 id={id}>{props.title}</h2>
        <button type="button" class="button plain icon slim" aria-label={t.common.close} onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="body">{props.children}</div>
      {props.footer === undefined ? null : <footer>{props.footer}</footer>}
    </dialog>
  );
}

/** What is asked. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says: the thing itself, not `yes`. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly run: () => unknown;
}

/** A question to ask before something is done: set the signal, and show `<Confirm question={signal} />`. */
export function useQuestion(): Signal<Question | undefined> {
  return useSignal<Question | undefined>(undefined);
}

/** Asks, while the signal holds a question. */
export function Confirm({ question }: { readonly question: Signal<Question | undefined> }): JSX.Element | null {
  const t = useText();
  const asked = question.value;
  if (asked === undefined) return null;
  const close = (): void => {
    question.value = undefined;
  };
  const run = (): void => {
    close();
    void asked.run();
  };
  return (
    <Dialog
      title={asked.title}
      onClose={close}
      footer={
        <>
          <button type="button" class="button" onClick={close}>
            {t.common.cancel}
          </button>
          <button type="button" class={`button primary ${asked.isDangerous === false ? '' : 'danger'}`} onClick={run}>
            {asked.action}
          </button>
        </>
      }
    >
      <p>{asked.text}</p>
    </Dialog>
  );
}
