// LoopGuard: what a bridge never carries. A message that this bridge brought in does not go back to where
// it came from, and the broker's own topics stay at home. Origin is an identity, so neither topics nor
// payloads are touched for it.
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';

/** Whether a bridge may forward a message. */
export function mayForward(message: Message, bridge: Origin): boolean {
  return message.origin !== bridge && !message.topic.startsWith('$SYS/');
}
