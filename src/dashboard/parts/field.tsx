// Field: a value to fill in, with its label, the name it has in the configuration, a hint
// and its fault. Everything is tied together by ids, so a reader of screens is told all of
// it.
import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useSpeech } from '../app.ts';
import { Icon } from './icon.tsx';

/** What every field has. */
export interface FieldProps {
  readonly label: string;
  /** The key in the configuration. */
  readonly configKey?: string;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly class?: string;
}

/** The frame of a field; the control gets the ids that tie it to its texts. */
export function Field(
  props: FieldProps & {
    readonly children: (ids: {
      readonly id: string;
      readonly described: string;
      readonly isFaulty: boolean;
    }) => ComponentChildren;
  },
): JSX.Element {
  const id = useId();
  const say = useSpeech();
  const isFaulty = props.fault !== undefined;
  return (
    <div class={`field ${props.class ?? ''}`}>
      <label for={id}>
        {props.label}
        {props.configKey === undefined ? null : <code>{props.configKey}</code>}
      </label>
      {props.children({ id, described: `${id}-about`, isFaulty })}
      <div id={`${id}-about`}>
        {isFaulty ? (
          <p class="fault" role="alert">
            {say(props.fault ?? '')}
          </p>
        ) : null}
        {props.hint === undefined || isFaulty ? null : <p class="hint">{props.hint}</p>}
      </div>
    </div>
  );
}

/** A line of text. */
export function TextField(
  props: FieldProps & {
    readonly value: string;
    readonly onInput: (value: string) => void;
    readonly type?: 'text' | 'password' | 'datetime-local';
    readonly placeholder?: string | undefined;
    readonly isMono?: boolean;
    readonly isRequired?: boolean;
    readonly autocomplete?: string;
  },
): JSX.Element {
  return (
    <Field {...props}>
      {({ id, described, isFaulty }) => (
        <input
          id={id}
          class={props.isMono === true ? 'input mono' : 'input'}
          // one of two kinds of line; the library's types want to know which
          type={(props.type ?? 'text') as 'text'}
          value={props.value}
          placeholder={props.placeholder}
          required={props.isRequired}
          autocomplete={props.autocomplete ?? 'off'}
          spellcheck={false}
          aria-describedby={described}
          aria-invalid={isFaulty}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** Several lines of text. */
export function AreaField(
  props: FieldProps & {
    readonly value: string;
    readonly onInput: (value: string) => void;
    readonly rows?: number;
    readonly placeholder?: string;
  },
): JSX.Element {
  return (
    <Field {...props}>
      {({ id, described, isFaulty }) => (
        <textarea
          id={id}
          class="input"
          rows={props.rows ?? 5}
          value={props.value}
          placeholder={props.placeholder}
          spellcheck={false}
          aria-describedby={described}
          aria-invalid={isFaulty}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** One of several. */
export function ChoiceField(
  props: FieldProps & {
    readonly value: string;
    readonly choices: readonly (readonly [value: string, label: string])[];
    readonly onInput: (value: string) => void;
  },
): JSX.Element {
  return (
    <Field {...props}>
      {({ id, described }) => (
        <select
          id={id}
          class="input"
          aria-describedby={described}
          value={props.value}
          onChange={(event) => props.onInput(event.currentTarget.value)}
        >
          {props.choices.map(([value, label]) => (
            <option key={value} value={value} selected={value === props.value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** On or off. */
export function Switch(props: {
  readonly label: string;
  /** For a label that stands elsewhere. */
  readonly id?: string;
  readonly isLabelUnseen?: boolean;
  readonly isOn: boolean;
  readonly isDisabled?: boolean;
  readonly onSwitch: (isOn: boolean) => void;
}): JSX.Element {
  return (
    <label class="switch">
      <input
        type="checkbox"
        id={props.id}
        role="switch"
        aria-checked={props.isOn}
        checked={props.isOn}
        disabled={props.isDisabled}
        onChange={(event) => props.onSwitch(event.currentTarget.checked)}
      />
      <span class={props.isLabelUnseen === true ? 'unseen' : ''}>{props.label}</span>
    </label>
  );
}

/** A field to search with. */
export function Search(props: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}): JSX.Element {
  return (
    <div class="search">
      <Icon name="search" />
      <input
        class="input"
        type="search"
        aria-label={props.label}
        placeholder={props.label}
        value={props.value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </div>
  );
}
