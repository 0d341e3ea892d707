// Card: a part of a page with its heading, and the head of the page itself. The
// head takes the focus when the page changes, so that readers of screens are told
// where they are.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A part of a page. */
export function Card(props: {
  readonly title?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly class?: string;
  /** Whether the content goes up to the edge, as tables do. */
  readonly isFlush?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class={`card ${props.class ?? ''}`}>
      {props.title === undefined && props.tools === undefined ? null : (
        <header>
          {props.title === undefined ? <span /> : <h2>{props.title}</h2>}
          {props.tools === undefined ? null : <div class="row tight">{props.tools}</div>}
        </header>
      )}
      <div class={props.isFlush === true ? 'body flush' : 'body'}>{props.children}</div>
    </section>
  );
}

/** The head of a page: its name, a line about it, and what can be done. */
export function PageHead(props: {
  readonly title: ComponentChildren;
  readonly about?: ComponentChildren;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div class="title">
      <div class="grow">
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.about === undefined ? null : <p>{props.about}</p>}
      </div>
      {props.children === undefined ? null : <div class="actions">{props.children}</div>}
    </div>
  );
}
