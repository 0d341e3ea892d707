// Reference: the API as its own document tells it: every endpoint with who may use it, what
// goes in and what comes out. It is read from the server, so it is never about another
// version.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { endpoint } from '../api.ts';
import { useApp, useSpeech, useText } from '../app.ts';
import { type OpenApi, type Operation, operationsOf } from '../open-api.ts';
import { Card, PageHead } from '../parts/card.tsx';
import { Search } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';

/** The page. */
export function Reference(): JSX.Element {
  const app = useApp();
  const t = useText();
  const filter = useSignal('');
  const load = useLoad(() => app.api.get<OpenApi>('/openapi.json'));
  return (
    <>
      <PageHead title={t.places.reference} about={t.reference.about}>
        <a class="button" href={endpoint('/openapi.json')} target="_blank" rel="noreferrer">
          <Icon name="download" />
          OpenAPI
        </a>
      </PageHead>
      <Card
        isFlush={true}
        tools={
          <Search
            label={t.reference.search}
            value={filter.value}
            onInput={(value) => {
              filter.value = value;
            }}
          />
        }
      >
        <Loaded of={load}>{(document) => <Operations document={document} filter={filter.value} />}</Loaded>
      </Card>
    </>
  );
}

function Operations({ document, filter }: { readonly document: OpenApi; readonly filter: string }): JSX.Element {
  const t = useText();
  const say = useSpeech();
  const shown = operationsOf(document).filter(({ method, path, summary }) =>
    `${method} ${path} ${summary} ${say(summary)}`.toLowerCase().includes(filter.toLowerCase()),
  );
  if (shown.length === 0) return <Empty icon="search" title={t.common.nothingFound} text={t.common.nothingFoundText} />;
  return (
    <ul class="endpoints">
      {shown.map((operation) => (
        <li key={`${operation.method} ${operation.path}`}>
          <One operation={operation} />
        </li>
      ))}
    </ul>
  );
}

const tones = { get: 'info', post: 'good', put: 'warn', patch: 'warn', delete: 'bad' } as const;

function One({ operation }: { readonly operation: Operation }): JSX.Element {
  const t = useText();
  const say = useSpeech();
  const { method, path, summary, parameters, body, reply } = operation;
  return (
    <details>
      <summary class={`endpoint ${tones[method]}`}>
        <span class="method">{method.toUpperCase()}</span>
        <span>
          <code class="wrap">
            <strong>{path}</strong>
          </code>
          <span class="muted"> {say(summary)}</span>
        </span>
      </summary>
      <div class="stack tight">
        {parameters.length === 0 ? null : (
          <dl class="facts">
            {parameters.map(({ name, place, isRequired }) => (
              <div key={name} class="unboxed">
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>
                  {t.reference.places[place]} {isRequired ? <span class="tag">{t.reference.required}</span> : null}
                </dd>
              </div>
            ))}
          </dl>
        )}
        {body === undefined ? null : (
          <>
            <h3>{t.reference.body}</h3>
            <pre class="code">{body}</pre>
          </>
        )}
        {reply === undefined ? null : (
          <>
            <h3>{t.reference.reply}</h3>
            <pre class="code">{reply}</pre>
          </>
        )}
      </div>
    </details>
  );
}
