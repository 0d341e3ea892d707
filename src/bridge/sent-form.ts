// SentForm: a message as the remote of this connection takes it, decided when it is sent, since the next connection may
// be one of another version. What the remote does not take is left out: a message is better delivered at less than
// dropped [MQTT-3.2.2-11] [MQTT-3.2.2-14]. Nothing is kept.
import { lowerQos } from '../../protocol/wire/protocol-version.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { Message } from '../message/message.ts';
import type { ForwardLine } from './forwarder-parts.ts';
import type { PropertyPolicy } from './property-policy.ts';

/** How a message goes out on a line at a time; `policy`: what becomes of its properties there, if anything. */
export function sentForm(
  line: Pick<ForwardLine, 'limits'>,
  message: Message,
  policy: PropertyPolicy | undefined,
  now: number,
): Delivery {
  const { limits } = line;
  const qos = lowerQos(message.qos, limits?.maximumQos ?? 2);
  const retain = message.retain && limits?.isRetainAvailable !== false;
  return { message: policy?.made(message, now) ?? message, qos, retain, subscriptionIdentifiers: undefined };
}
