// PropertyTopic: chosen properties of a message as levels behind its topic, for remotes of 3.x: `a/b` becomes
// `a/b/VALUE/VALUE`, always as many levels as properties were chosen, so that one filter fits all. What a message does
// not have, or has empty, is `-`. Characters that mean something in topics are written as %XX, as are - alone, %, and
// controls, so that the topic is always one and every value can be read back.
// Bounded: the properties that were chosen, eight at most, of each value `valueLengthMax` characters.
import { byteLengthOfText } from '../../protocol/wire/bytes.ts';
import type { Properties } from '../../protocol/wire/properties.ts';

const valueLengthMax = 128;
const topicBytesMax = 65_535;

/** The topic with its levels; the topic as it is where that would be too long for one. */
export function topicWith(topic: string, names: readonly string[], properties: Properties): string {
  const levels = names.map((name) => levelOf(textOf(name, properties)));
  const whole = [topic, ...levels].join('/');
  // no character has more than three bytes a unit
  const isShort = whole.length * 3 <= topicBytesMax || byteLengthOfText(whole) <= topicBytesMax;
  return isShort ? whole : topic;
}

function textOf(name: string, properties: Properties): string | undefined {
  switch (name) {
    case 'content_type':
      return properties.contentType;
    case 'response_topic':
      return properties.responseTopic;
    case 'correlation_data':
      return properties.correlationData?.toString('hex');
    case 'payload_format_indicator':
      return properties.payloadFormatIndicator?.toString();
    case 'message_expiry_interval':
      return properties.messageExpiryInterval?.toString();
    default:
      return properties.userProperties?.find(([user]) => `user:${user}` === name)?.[1];
  }
}

function levelOf(value: string | undefined): string {
  if (value === undefined || value === '') return '-';
  // whole characters, not halves of them
  const cut = value.length <= valueLengthMax ? value : Array.from(value).slice(0, valueLengthMax).join('');
  if (cut === '-') return '%2D';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return cut.replace(/[\u0000-\u001f\u007f-\u009f/+#$%]/g, (character) => {
    const code = character.charCodeAt(0);
    const bytes = code < 0x80 ? [code] : [0xc0 | (code >> 6), 0x80 | (code & 0x3f)];
    return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}
