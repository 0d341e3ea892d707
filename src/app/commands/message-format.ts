// MessageFormat: how `sub` prints a message. The directives are those of mosquitto_sub that
// are used most. A directive that does not exist is printed as it was written, so that a
// mistake can be seen.
import type { ReceivedMessage } from '../../client/received-message.ts';

/**
 * The text of a message in `format`: %t topic, %p payload, %x payload in hex, %l length, %q QoS, %r retain, %I time, %U
 * seconds, %j JSON, %%.
 */
export function formatMessage(format: string, message: ReceivedMessage, wallMs: number): string {
  return format.replaceAll(/%(.)|\\n|\\t|\\\\/g, (match, directive: string | undefined) => {
    if (match === '\\n') return '\n';
    if (match === '\\t') return '\t';
    if (match === '\\\\') return '\\';
    return textFor(directive ?? '', message, wallMs) ?? match;
  });
}

function textFor(directive: string, message: ReceivedMessage, wallMs: number): string | undefined {
  switch (directive) {
    case 't':
      return message.topic;
    case 'p':
      return message.text;
    case 'x':
      return message.payload.toString('hex');
    case 'l':
      return String(message.payload.length);
    case 'q':
      return String(message.qos);
    case 'r':
      return message.retain ? '1' : '0';
    case 'I':
      return new Date(wallMs).toISOString();
    case 'U':
      return (wallMs / 1000).toFixed(3);
    case 'j':
      return JSON.stringify({
        tst: new Date(wallMs).toISOString(),
        topic: message.topic,
        qos: message.qos,
        retain: message.retain ? 1 : 0,
        payloadlen: message.payload.length,
        payload: message.text,
      });
    case '%':
      return '%';
    default:
      return undefined;
  }
}
