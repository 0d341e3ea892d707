// Tabs: one of several panels, by mouse or with the arrow
// keys, as the pattern of WAI-ARIA has it; and a choice of few
// as pressed buttons.
import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';

/** One tab. */
export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly count?: number;
  /** Whether something in it is wrong. */
  readonly isFaulty?: boolean;
}

/** The tabs, and the panel of the one that is chosen. */
export function Tabs<Name extends string>(props: {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  readonly onChoose: (name: Name) => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = props.tabs.findIndex(({ name }) => name === props.chosen);
    const next = (at + step + props.tabs.length) % props.tabs.length;
    const tab = props.tabs[next];
    if (tab === undefined) return;
    props.onChoose(tab.name);
    list.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div class="stack">
      <div class="tabs" role="tablist" aria-label={props.label} ref={list} onKeyDown={move}>
        {props.tabs.map(({ name, label, count, isFaulty }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={name === props.chosen}
            aria-controls={`${id}-panel`}
            tabIndex={name === props.chosen ? 0 : -1}
            onClick={() => props.onChoose(name)}
          >
            {label}
            {count === undefined ? null : <span class="count">{count}</span>}
            {isFaulty === true ? <span class="state bad" /> : null}
          </button>
        ))}
      </div>
      <div class="stack" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${props.chosen}`}>
        {props.children}
      </div>
    </div>
  );
}

/** A choice of few. */
export function Choice<Name extends string>(props: {
  readonly label: string;
  readonly choices: readonly (readonly [name: Name, label: string])[];
  readonly chosen: Name;
  readonly onChoose: (name: Name) => void;
}): JSX.Element {
  return (
    <fieldset class="choice" aria-label={props.label}>
      {props.choices.map(([name, label]) => (
        <button key={name} type="button" aria-pressed={name === props.chosen} onClick={() => props.onChoose(name)}>
          {label}
        </button>
      ))}
    </fieldset>
  );
}
