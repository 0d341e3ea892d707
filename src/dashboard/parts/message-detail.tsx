// MessageDetail: one message that waits, or that could not be
// delivered, with all that it carries. Its payload is shown as text,
// or in hexadecimal where it is none.
import type { JSX } from 'preact';
import type { MessageDetails } from '../../http/api-delivery-types.ts';
import { useFormat, useText } from '../app.ts';
import { PayloadText } from './payload-text.tsx';

/** The message. */
export function MessageDetail(props: {
  readonly message: MessageDetails & {
    readonly topic: string;
    readonly rule: string;
    readonly qos: number;
    readonly retain: boolean;
    readonly size: number;
    readonly expiresAt?: number;
  };
}): JSX.Element {
  const t = useText();
  const format = useFormat();
  const { topic, rule, qos, retain, size, expiresAt, payload, contentType, responseTopic, userProperties } =
    props.message;
  return (
    <div class="stack">
      <dl class="facts">
        <dt>{t.ledger.topic}</dt>
        <dd>
          <code class="wrap">{topic}</code>
        </dd>
        <dt>{t.queue.rule}</dt>
        <dd>
          <code class="wrap">{rule}</code>
        </dd>
        <dt>{t.ledger.size}</dt>
        <dd>
          {format.bytes(size)}, QoS {qos}
          {retain ? `, ${t.queue.retained}` : ''}
        </dd>
        {expiresAt === undefined ? null : (
          <>
            <dt>{t.queue.expires}</dt>
            <dd>{format.moment(expiresAt)}</dd>
          </>
        )}
        {contentType === undefined ? null : (
          <>
            <dt>{t.queue.contentType}</dt>
            <dd>{contentType}</dd>
          </>
        )}
        {responseTopic === undefined ? null : (
          <>
            <dt>{t.queue.responseTopic}</dt>
            <dd>
              <code class="wrap">{responseTopic}</code>
            </dd>
          </>
        )}
        {(userProperties ?? []).map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>
              <code class="wrap">{value}</code>
            </dd>
          </>
        ))}
      </dl>
      <PayloadText payload={payload} />
    </div>
  );
}
