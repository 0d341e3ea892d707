// BridgeQueue: what waits at a bridge, oldest first, part by part; a
// message can be looked at, and whoever may can drop it or set it aside.
// What is underway to the remote stays.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { QueuedMessage, QueuedMessageReply, QueueReply } from '../../http/api-delivery-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Card } from '../parts/card.tsx';
import { Confirm, Dialog, useQuestion } from '../parts/dialog.tsx';
import { Search } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { MessageDetail } from '../parts/message-detail.tsx';

const limit = 50;

/** The queue of a bridge. */
export function BridgeQueue({ name }: { readonly name: string }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const topic = useSignal('');
  /** Where the parts begin that were turned to; the last is seen. */
  const starts = useSignal<readonly number[]>([1]);
  const shown = useSignal<number | undefined>(undefined);
  const path = `/bridges/${encodeURIComponent(name)}/queue`;
  const depth = app.live.status.value?.bridges.find((one) => one.name === name)?.status?.queueDepth ?? 0;
  const from = starts.value.at(-1) ?? 1;
  const load = useLoad(
    () => app.api.get<QueueReply>(path, { from, limit, topic: topic.value }),
    `${from} ${topic.value} ${depth}`,
  );
  const next = load.value.value?.next;
  return (
    <Card
      isFlush={true}
      title={t.queue.title(format.count(depth))}
      tools={
        <Search
          label={t.queue.search}
          value={topic.value}
          onInput={(value) => {
            topic.value = value;
            starts.value = [1];
          }}
        />
      }
    >
      <Loaded
        of={load}
        isEmpty={({ messages }) => messages.length === 0 && from === 1}
        empty={
          topic.value === '' ? (
            <Empty icon="check" title={t.queue.none} text={t.queue.noneText} />
          ) : (
            <Empty icon="search" title={t.common.nothingFound} text={t.common.nothingFoundText} />
          )
        }
      >
        {({ messages }) => (
          <>
            <Messages
              messages={messages}
              path={path}
              again={load.again}
              onShow={(sequence) => {
                shown.value = sequence;
              }}
            />
            {from === 1 && next === undefined ? null : (
              <nav class="row end pager" aria-label={t.common.pages}>
                <button
                  type="button"
                  class="button slim"
                  disabled={starts.value.length < 2}
                  onClick={() => {
                    starts.value = starts.value.slice(0, -1);
                  }}
                >
                  {t.common.previous}
                </button>
                <button
                  type="button"
                  class="button slim"
                  disabled={next === undefined}
                  onClick={() => {
                    if (next !== undefined) starts.value = [...starts.value, next];
                  }}
                >
                  {t.common.next}
                </button>
              </nav>
            )}
          </>
        )}
      </Loaded>
      {shown.value === undefined ? null : (
        <Detail
          path={`${path}/${shown.value}`}
          onClose={() => {
            shown.value = undefined;
          }}
        />
      )}
    </Card>
  );
}

function Messages(props: {
  readonly messages: readonly QueuedMessage[];
  readonly path: string;
  readonly again: () => void;
  readonly onShow: (sequence: number) => void;
}): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const question = useQuestion();
  const askToDrop = ({ sequence, topic }: QueuedMessage): void => {
    question.value = {
      title: t.queue.dropTitle,
      text: t.queue.dropText(topic),
      action: t.queue.drop,
      run: async () => {
        if (await app.attempt(() => app.api.delete(`${props.path}/${sequence}`), t.queue.dropped)) props.again();
      },
    };
  };
  const setAside = async ({ sequence }: QueuedMessage): Promise<void> => {
    const path = `${props.path}/${sequence}/set-aside`;
    if (await app.attempt(() => app.api.post(path), t.queue.wasSetAside)) props.again();
  };
  return (
    <div class="table cards">
      <table>
        <caption class="unseen">{t.queue.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t.ledger.topic}</th>
            <th scope="col">{t.bridges.state}</th>
            <th scope="col" class="right">
              {t.ledger.size}
            </th>
            <th scope="col" class="right">
              {t.queue.age}
            </th>
            <th scope="col">
              <span class="unseen">{t.common.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.messages.map((message) => (
            <tr key={message.sequence}>
              <th scope="row">
                <button type="button" class="button plain link" onClick={() => props.onShow(message.sequence)}>
                  <code class="wrap">{message.topic}</code>
                </button>
                <div class="muted small">{t.queue.by(message.rule, message.qos)}</div>
              </th>
              <td data-label={t.bridges.state}>
                <span class={`tag ${message.isUnderway ? 'info' : ''}`}>
                  {message.isUnderway ? t.ledger.outcomes.sent : t.ledger.outcomes.queued}
                </span>
              </td>
              <td data-label={t.ledger.size} class="right num">
                {format.bytes(message.size)}
              </td>
              <td data-label={t.queue.age} class="right num">
                {format.span(message.ageMs)}
              </td>
              <td class="beside">
                {app.may('operator') && !message.isUnderway ? (
                  <div class="actions">
                    <button
                      type="button"
                      class="button plain icon slim"
                      aria-label={t.queue.setAside(message.topic)}
                      title={t.queue.setAside(message.topic)}
                      onClick={() => void setAside(message)}
                    >
                      <Icon name="aside" />
                    </button>
                    <button
                      type="button"
                      class="button plain icon slim danger"
                      aria-label={t.queue.dropOf(message.topic)}
                      title={t.queue.dropOf(message.topic)}
                      onClick={() => askToDrop(message)}
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
      <Confirm question={question} />
    </div>
  );
}

function Detail(props: { readonly path: string; readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const load = useLoad(() => app.api.get<QueuedMessageReply>(props.path));
  return (
    <Dialog title={t.queue.message} isBroad={true} onClose={props.onClose}>
      <Loaded of={load}>{(message) => <MessageDetail message={message} />}</Loaded>
    </Dialog>
  );
}
