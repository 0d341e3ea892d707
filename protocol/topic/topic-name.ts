// Topic names: where a message is published. One character or more, no wildcard, no NUL, at most 65535
// bytes of UTF-8; levels are what stands between slashes and may be empty. Nothing is normalised
// [MQTT-4.7.3-4] [MQTT3-4.7.3-4].
import { byteLengthOfText } from '../wire/bytes.ts';

/** Longest topic name or filter in bytes of UTF-8. */
export const topicBytesMax = 65_535;

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Why a text is neither topic name nor filter: empty, too long, NUL or a lone surrogate; undefined if it may be one.
 */
export function topicTextFault(text: string): string | undefined {
  if (text === '') return 'is empty'; // [MQTT-4.7.3-1] [MQTT3-4.7.3-1]
  if (text.includes('\0')) return 'holds a NUL character'; // [MQTT-4.7.3-2] [MQTT3-4.7.3-2]
  // [MQTT-4.7.3-3] [MQTT3-4.7.3-3] a character takes at most 3 bytes for each of its UTF-16 units
  const bytes = text.length > topicBytesMax / 3 ? byteLengthOfText(text) : 0;
  if (bytes > topicBytesMax) return `is ${bytes} bytes long, at most ${topicBytesMax} are allowed`;
  return loneSurrogate.test(text) ? 'holds half of a surrogate pair' : undefined;
}

/**
 * Why a text is no topic name; undefined if it is one [MQTT-4.7.0-1] [MQTT-3.3.2-2] [MQTT3-4.7.1-1] [MQTT3-3.3.2-2].
 */
export function topicNameFault(topic: string): string | undefined {
  const fault = topicTextFault(topic);
  if (fault !== undefined) return fault;
  return topic.includes('+') || topic.includes('#') ? 'holds a wildcard' : undefined;
}

/** Whether a topic belongs to a server's own tree: it starts with `$`. */
export function isSystemTopic(topic: string): boolean {
  return topic.charCodeAt(0) === 0x24;
}

/** How many levels a topic or filter has. */
export function levelsOf(topic: string): number {
  let levels = 1;
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) levels++;
  return levels;
}
