// BridgeRules: the rules of a bridge, each with its account, and why
// messages were dropped. A try shows what the rules make of a topic, by
// the code that runs.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { BridgeView, MapReply } from '../../http/api-config-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Card } from '../parts/card.tsx';
import { TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Tried } from '../parts/tried.tsx';

/** Both lists of rules, and the try. */
export function BridgeRules({ bridge }: { readonly bridge: BridgeView }): JSX.Element {
  const t = useText();
  const { status } = bridge;
  if (status === undefined) {
    return (
      <Card>
        <Empty icon="bridge" title={t.states.disabled} text={t.bridge.rulesWhenOn} />
      </Card>
    );
  }
  return (
    <>
      <RuleTable title={t.bridge.forwards} rules={status.forwards} />
      <RuleTable title={t.bridge.subscriptions} rules={status.subscriptions} />
      <TryCard name={bridge.name} />
    </>
  );
}

type Rules = NonNullable<BridgeView['status']>['forwards'];

function RuleTable(props: { readonly title: string; readonly rules: Rules }): JSX.Element {
  const t = useText();
  const format = useFormat();
  return (
    <Card title={props.title} isFlush={true}>
      {props.rules.length === 0 ? (
        <Empty icon="arrow" title={t.bridge.noRules} text={t.bridge.noRulesText} />
      ) : (
        <div class="table cards">
          <table>
            <caption class="unseen">{props.title}</caption>
            <thead>
              <tr>
                <th scope="col">{t.bridge.rule}</th>
                <th scope="col" class="right">
                  {t.law.in}
                </th>
                <th scope="col" class="right">
                  {t.law.delivered}
                </th>
                <th scope="col" class="right">
                  {t.law.queued}
                </th>
                <th scope="col" class="right">
                  {t.bridge.payload}
                </th>
                <th scope="col">{t.law.dropped}</th>
              </tr>
            </thead>
            <tbody>
              {props.rules.map(({ from, to, note, interest, received, delivered, dropped, queued, payloadBytes }) => (
                <tr key={`${from} ${to}`}>
                  <th scope="row">
                    <span class="row tight">
                      <code class="wrap">{from}</code>
                      <span class="muted nowrap">→</span>
                      {to === '' ? <span class="muted">{t.bridge.sameTopic}</span> : <code class="wrap">{to}</code>}
                    </span>
                    {note === undefined ? null : <div class="muted small">{note}</div>}
                    {interest === undefined ? null : (
                      <div class="muted small">
                        {t.bridge.interest(format.count(interest.local), format.count(interest.asked))}
                      </div>
                    )}
                  </th>
                  <td class="right" data-label={capital(t.law.in)} title={format.exact(received)}>
                    {format.count(received)}
                  </td>
                  <td class="right" data-label={capital(t.law.delivered)} title={format.exact(delivered)}>
                    {format.count(delivered)}
                  </td>
                  <td class="right" data-label={capital(t.law.queued)} title={format.exact(queued)}>
                    {format.count(queued)}
                  </td>
                  <td class="right" data-label={t.bridge.payload} title={format.exact(payloadBytes)}>
                    {format.bytes(payloadBytes)}
                  </td>
                  <td data-label={capital(t.law.dropped)}>
                    <Drops dropped={dropped} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Drops({ dropped }: { readonly dropped: Rules[number]['dropped'] }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const entries = Object.entries(dropped).filter(([, count]) => count > 0);
  if (entries.length === 0) return <span class="muted">0</span>;
  return (
    <span class="row tight">
      {entries.map(([reason, count]) => (
        <span class="tag bad" key={reason}>
          {t.reasons[reason as keyof typeof t.reasons /* an unknown one falls to its own name */] ?? reason}{' '}
          {format.count(count)}
        </span>
      ))}
    </span>
  );
}

function TryCard({ name }: { readonly name: string }): JSX.Element {
  const app = useApp();
  const t = useText();
  const topic = useSignal('');
  return (
    <Card title={t.tried.title}>
      <div class="stack">
        <TextField
          label={t.tried.topic}
          value={topic.value}
          placeholder="sensors/line1/temperature"
          hint={t.tried.hint}
          isMono={true}
          onInput={(value) => {
            topic.value = value;
          }}
        />
        {topic.value === '' ? null : (
          <Result
            ask={() => app.api.post<MapReply>('/bridges/map', { topic: topic.value, bridge: name })}
            topic={topic.value}
          />
        )}
      </div>
    </Card>
  );
}

function Result(props: { readonly ask: () => Promise<MapReply>; readonly topic: string }): JSX.Element {
  const t = useText();
  const load = useLoad(props.ask, props.topic);
  return (
    <Loaded
      of={load}
      isEmpty={({ results }) => results.length === 0}
      empty={
        <p class="row tight muted">
          <Icon name="info" />
          {t.tried.noRule}
        </p>
      }
    >
      {({ results }) => (
        <div class="preview">
          {results.map((tried) => (
            <Tried key={`${tried.list} ${tried.index}`} topic={props.topic} tried={tried} />
          ))}
        </div>
      )}
    </Loaded>
  );
}

/** As a label begins. */
function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
