// BridgeLetters: what a bridge could not deliver, with the reason; it can
// be looked at, given another topic, queued again or dropped, one by one
// or all that are shown by a reason.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { DeadLetterChange, DeadLetterReply, DeadLetterView } from '../../http/api-delivery-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { reasonText } from '../bridge-words.ts';
import { Ago } from '../parts/ago.tsx';
import { Card } from '../parts/card.tsx';
import { Confirm, Dialog, useQuestion } from '../parts/dialog.tsx';
import { Search, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { MessageDetail } from '../parts/message-detail.tsx';
import { Paged } from '../parts/paged.tsx';

/** The dead letters of a bridge. */
export function BridgeLetters({ name }: { readonly name: string }): JSX.Element {
  const app = useApp();
  const t = useText();
  const topic = useSignal('');
  const turn = useSignal(0);
  const shown = useSignal<number | undefined>(undefined);
  const question = useQuestion();
  const path = `/bridges/${encodeURIComponent(name)}/dead-letters`;
  const act = async (verb: 'requeue' | 'drop', ids: readonly number[] | undefined): Promise<void> => {
    let change: DeadLetterChange = { done: 0, left: 0 };
    const isDone = await app.attempt(async () => {
      change = await app.api.post<DeadLetterChange>(`${path}/${verb}`, ids === undefined ? {} : { ids });
    }, t.letters.working);
    if (!isDone) return;
    app.toast('good', t.letters.done[verb](change.done, change.left));
    turn.value++;
  };
  const ask = (verb: 'requeue' | 'drop', ids: readonly number[] | undefined): void => {
    question.value = {
      title: ids === undefined ? t.letters.titleAll[verb] : t.letters.title[verb],
      text: t.letters.about[verb],
      action: t.letters[verb],
      isDangerous: verb === 'drop',
      run: () => act(verb, ids),
    };
  };
  const all = (
    <div class="row tight">
      {app.may('operator') ? (
        <>
          <button type="button" class="button slim" onClick={() => ask('requeue', undefined)}>
            <Icon name="again" />
            {t.letters.requeueAll}
          </button>
          <button type="button" class="button slim danger" onClick={() => ask('drop', undefined)}>
            {t.letters.dropAll}
          </button>
        </>
      ) : null}
      <Search
        label={t.queue.search}
        value={topic.value}
        onInput={(value) => {
          topic.value = value;
        }}
      />
    </div>
  );
  return (
    <Card isFlush={true} title={t.letters.heading} tools={all}>
      <Paged<DeadLetterView>
        path={path}
        query={{ topic: topic.value === '' ? undefined : topic.value }}
        revision={String(turn.value)}
        empty={
          topic.value === '' ? (
            <Empty icon="check" title={t.letters.none} text={t.letters.noneText} />
          ) : (
            <Empty icon="search" title={t.common.nothingFound} text={t.common.nothingFoundText} />
          )
        }
      >
        {(letters) => (
          <Letters
            letters={letters}
            onAct={(verb, id) => ask(verb, [id])}
            onShow={(id) => {
              shown.value = id;
            }}
          />
        )}
      </Paged>
      <Confirm question={question} />
      {shown.value === undefined ? null : (
        <Letter
          path={`${path}/${shown.value}`}
          onClose={() => {
            shown.value = undefined;
            turn.value++;
          }}
        />
      )}
    </Card>
  );
}

function Letters(props: {
  readonly letters: readonly DeadLetterView[];
  readonly onAct: (verb: 'requeue' | 'drop', id: number) => void;
  readonly onShow: (id: number) => void;
}): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  return (
    <div class="table cards">
      <table>
        <caption class="unseen">{t.letters.heading}</caption>
        <thead>
          <tr>
            <th scope="col">{t.ledger.topic}</th>
            <th scope="col">{t.letters.reason}</th>
            <th scope="col" class="right">
              {t.ledger.size}
            </th>
            <th scope="col">{t.letters.since}</th>
            <th scope="col">
              <span class="unseen">{t.common.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.letters.map(({ id, at, reason, topic, originalTopic, rule, qos, size }) => (
            <tr key={id}>
              <th scope="row">
                {app.may('operator') ? (
                  <button type="button" class="button plain link" onClick={() => props.onShow(id)}>
                    <code class="wrap">{topic}</code>
                  </button>
                ) : (
                  <code class="wrap">{topic}</code>
                )}
                <div class="muted small">{t.queue.by(originalTopic ?? rule, qos)}</div>
              </th>
              <td data-label={t.letters.reason}>
                <span class="tag bad">{reasonText(t, reason)}</span>
              </td>
              <td data-label={t.ledger.size} class="right num">
                {format.bytes(size)}
              </td>
              <td data-label={t.letters.since}>
                <Ago at={at} />
              </td>
              <td class="beside">
                {app.may('operator') ? (
                  <div class="actions">
                    <button
                      type="button"
                      class="button plain icon slim"
                      aria-label={t.letters.requeueOf(topic)}
                      title={t.letters.requeueOf(topic)}
                      onClick={() => props.onAct('requeue', id)}
                    >
                      <Icon name="again" />
                    </button>
                    <button
                      type="button"
                      class="button plain icon slim danger"
                      aria-label={t.queue.dropOf(topic)}
                      title={t.queue.dropOf(topic)}
                      onClick={() => props.onAct('drop', id)}
                    >
                      <Icon name="remove" />
                    </button>
                  </div>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One dead letter, and another topic for it. */
function Letter(props: { readonly path: string; readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const load = useLoad(() => app.api.get<DeadLetterReply>(props.path));
  const topic = useSignal<string | undefined>(undefined);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const patch = { topic: topic.value };
    if (await app.attempt(() => app.api.patch(props.path, patch), t.letters.topicSaved)) load.again();
  };
  return (
    <Dialog title={t.queue.message} isBroad={true} onClose={props.onClose}>
      <Loaded of={load}>
        {(letter) => (
          <div class="stack">
            <MessageDetail message={letter} />
            <form class="stack" onSubmit={(event) => void save(event)}>
              <TextField
                label={t.letters.otherTopic}
                hint={t.letters.otherTopicHint}
                isMono={true}
                value={topic.value ?? letter.topic}
                onInput={(value) => {
                  topic.value = value;
                }}
              />
              <button type="submit" class="button" disabled={topic.value === undefined || topic.value === letter.topic}>
                {t.common.save}
              </button>
            </form>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}
