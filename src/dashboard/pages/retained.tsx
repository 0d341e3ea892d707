// Retained: the last word on every topic: what is kept, how
// large it is, and its whole payload; set, replaced or cleared
// by whoever may.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { RetainedView } from '../../http/api-broker-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Ago } from '../parts/ago.tsx';
import { Card, PageHead } from '../parts/card.tsx';
import { Confirm, Dialog, useQuestion } from '../parts/dialog.tsx';
import { AreaField, ChoiceField, Search, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Paged } from '../parts/paged.tsx';
import { PayloadText } from '../parts/payload-text.tsx';

/** The page. */
export function Retained(): JSX.Element {
  const app = useApp();
  const t = useText();
  const filter = useSignal('');
  const shown = useSignal<string | undefined>(undefined);
  const isSetting = useSignal(false);
  const count = app.live.status.value?.broker.retained ?? 0;
  const turn = useSignal(0);
  return (
    <>
      <PageHead title={t.places.retained} about={t.retained.about}>
        {app.may('operator') ? (
          <button
            type="button"
            class="button primary"
            onClick={() => {
              isSetting.value = true;
            }}
          >
            <Icon name="add" />
            {t.retained.set}
          </button>
        ) : null}
      </PageHead>
      <Card
        isFlush={true}
        tools={
          <Search
            label={t.retained.search}
            value={filter.value}
            onInput={(value) => {
              filter.value = value;
            }}
          />
        }
      >
        <Paged<RetainedView>
          path="/retained"
          query={{ filter: filter.value === '' ? '#' : filter.value }}
          revision={`${count} ${turn.value}`}
          empty={
            filter.value === '' ? (
              <Empty icon="retained" title={t.retained.none} text={t.retained.noneText} />
            ) : (
              <Empty icon="search" title={t.common.nothingFound} text={t.retained.filterHint} />
            )
          }
        >
          {(items, again) => (
            <RetainedTable
              items={items}
              again={again}
              onShow={(topic) => {
                shown.value = topic;
              }}
            />
          )}
        </Paged>
      </Card>
      {shown.value === undefined ? null : (
        <Message
          topic={shown.value}
          onClose={() => {
            shown.value = undefined;
          }}
        />
      )}
      {isSetting.value ? (
        <SetDialog
          onClose={() => {
            isSetting.value = false;
            turn.value++;
          }}
        />
      ) : null}
    </>
  );
}

function RetainedTable(props: {
  readonly items: readonly RetainedView[];
  readonly again: () => void;
  readonly onShow: (topic: string) => void;
}): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const question = useQuestion();
  const askToClear = (topic: string): void => {
    question.value = {
      title: t.retained.clearTitle,
      text: t.retained.clearText(topic),
      action: t.retained.clear,
      run: async () => {
        if (await app.attempt(() => app.api.delete('/retained/message', { topic }), t.retained.cleared)) props.again();
      },
    };
  };
  return (
    <div class="table cards">
      <table>
        <caption class="unseen">{t.places.retained}</caption>
        <thead>
          <tr>
            <th scope="col">{t.retained.topic}</th>
            <th scope="col">{t.retained.payload}</th>
            <th scope="col" class="right">
              {t.retained.size}
            </th>
            <th scope="col">QoS</th>
            <th scope="col">
              <span class="unseen">{t.common.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.items.map(({ topic, payload, size, qos, expiresAt }) => (
            <tr key={topic}>
              <th scope="row">
                <button type="button" class="button plain link" onClick={() => props.onShow(topic)}>
                  <code class="wrap">{topic}</code>
                </button>
              </th>
              <td data-label={t.retained.payload}>
                <code class="muted wrap">{payload.encoding === 'text' ? payload.data.slice(0, 80) : 'base64'}</code>
              </td>
              <td class="right" data-label={t.retained.size}>
                {format.bytes(size)}
              </td>
              <td data-label="QoS">
                {qos} {expiresAt === undefined ? null : <Ago at={expiresAt} />}
              </td>
              <td class="beside">
                {app.may('operator') ? (
                  <button
                    type="button"
                    class="button plain icon slim danger"
                    aria-label={t.retained.clearOf(topic)}
                    title={t.retained.clear}
                    onClick={() => askToClear(topic)}
                  >
                    <Icon name="remove" />
                  </button>
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

function Message(props: { readonly topic: string; readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const load = useLoad(() => app.api.get<RetainedView>('/retained/message', { topic: props.topic }));
  return (
    <Dialog title={props.topic} isBroad={true} onClose={props.onClose}>
      <Loaded of={load}>{({ payload }) => <PayloadText payload={payload} />}</Loaded>
    </Dialog>
  );
}

function SetDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const [topic, payload, qos] = [useSignal(''), useSignal(''), useSignal('1')];
  const set = async (event: Event): Promise<void> => {
    event.preventDefault();
    const body = { topic: topic.value, payload: payload.value, qos: Number(qos.value), retain: true };
    if (await app.attempt(() => app.api.post('/publish', body), t.retained.isSet)) onClose();
  };
  return (
    <Dialog title={t.retained.set} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void set(event)}>
        <TextField
          label={t.retained.topic}
          value={topic.value}
          isMono={true}
          isRequired={true}
          onInput={(value) => {
            topic.value = value;
          }}
        />
        <AreaField
          label={t.retained.payload}
          value={payload.value}
          onInput={(value) => {
            payload.value = value;
          }}
        />
        <ChoiceField
          label="QoS"
          value={qos.value}
          choices={[
            ['0', '0'],
            ['1', '1'],
            ['2', '2'],
          ]}
          onInput={(value) => {
            qos.value = value;
          }}
        />
        <button type="submit" class="button primary" disabled={topic.value === '' || payload.value === ''}>
          {t.retained.set}
        </button>
      </form>
    </Dialog>
  );
}
