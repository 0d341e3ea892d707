// Loaded: what a page reads from the API, in its four states: loading, failed, empty, there. A reply
// that comes after the question changed is thrown away; while a new one is read the old one stays in
// sight.
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import { messageOf } from '../api.ts';
import { useSpeech, useText } from '../app.ts';
import { Icon, type IconName } from './icon.tsx';

/** What was asked for. */
export interface Load<Value> {
  readonly value: Signal<Value | undefined>;
  readonly error: Signal<string | undefined>;
  readonly isLoading: Signal<boolean>;
  /** Asks again. */
  readonly again: () => void;
}

/** Asks when the component appears and whenever `question` changes. */
export function useLoad<Value>(ask: () => Promise<Value>, question = ''): Load<Value> {
  const value = useSignal<Value | undefined>(undefined);
  const error = useSignal<string | undefined>(undefined);
  const isLoading = useSignal(true);
  const latest = useRef(ask);
  latest.current = ask;
  const turn = useRef(0);
  const again = useCallback(() => {
    const own = ++turn.current;
    isLoading.value = true;
    latest.current().then(
      (reply) => {
        if (own !== turn.current) return;
        value.value = reply;
        error.value = undefined;
        isLoading.value = false;
      },
      (reason: unknown) => {
        if (own !== turn.current) return;
        error.value = messageOf(reason);
        isLoading.value = false;
      },
    );
  }, [value, error, isLoading]);
  // the question is what makes the answer stale
  useEffect(() => {
    again();
    return () => {
      turn.current++;
    };
  }, [again, question]);
  return { value, error, isLoading, again };
}

/** Shows what was asked for, or why it is not there. */
export function Loaded<Value>(props: {
  readonly of: Load<Value>;
  /** Shown instead when this says so of the value. */
  readonly isEmpty?: (value: Value) => boolean;
  readonly empty?: ComponentChildren;
  readonly children: (value: Value) => ComponentChildren;
}): JSX.Element {
  const { value, error, again } = props.of;
  if (error.value !== undefined) return <Failed text={error.value} again={again} />;
  if (value.value === undefined) return <Skeleton />;
  if (props.isEmpty?.(value.value) === true) return <>{props.empty}</>;
  return <>{props.children(value.value)}</>;
}

/** Bars where content will be. */
export function Skeleton(): JSX.Element {
  const t = useText();
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{t.common.loading}</span>
      {[1, 2, 3, 4].map((bar) => (
        <i key={bar} />
      ))}
    </div>
  );
}

/** What went wrong, and another try. */
export function Failed(props: { readonly text: string; readonly again?: () => void }): JSX.Element {
  const t = useText();
  const say = useSpeech();
  return (
    <div class="empty" role="alert">
      <Icon name="alert" />
      <strong>{t.common.failed}</strong>
      <p>{say(props.text)}</p>
      {props.again === undefined ? null : (
        <button type="button" class="button" onClick={props.again}>
          <Icon name="again" />
          {t.common.again}
        </button>
      )}
    </div>
  );
}

/** Nothing is there yet, and what could be done about it. */
export function Empty(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <strong>{props.title}</strong>
      <p>{props.text}</p>
      {props.children}
    </div>
  );
}
