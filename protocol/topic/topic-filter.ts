// Topic filters: what a subscription asks for. `+` takes one whole level, `#`
// all that follow and stands last; `$share/name/filter` shares the filter among
// the members of a group.
import { isSystemTopic, topicTextFault } from './topic-name.ts';

/** A filter taken apart. */
export interface ParsedFilter {
  /** What topics are matched against. */
  readonly filter: string;
  /** The group of a shared subscription; empty for an ordinary one. */
  readonly shareName: string;
}

const sharePrefix = '$share/';

/** Why a text is no topic filter; undefined if it is one. */
export function topicFilterFault(text: string): string | undefined {
  const fault = topicTextFault(text);
  if (fault !== undefined) return fault;
  if (!text.startsWith(sharePrefix)) return wildcardFault(text);
  const nameEnd = text.indexOf('/', sharePrefix.length);
  const name = text.slice(sharePrefix.length, nameEnd < 0 ? undefined : nameEnd);
  // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  if (name === '' || /[+#]/.test(name)) return 'has no valid share name: $share/<name>/<filter> is expected';
  if (nameEnd < 0 || nameEnd === text.length - 1) return 'has no filter behind its share name';
  return wildcardFault(text.slice(nameEnd + 1));
}

/** Takes a valid filter apart. */
export function parseFilter(filter: string): ParsedFilter {
  if (!filter.startsWith(sharePrefix)) return { filter, shareName: '' };
  const nameEnd = filter.indexOf('/', sharePrefix.length);
  return { filter: filter.slice(nameEnd + 1), shareName: filter.slice(sharePrefix.length, nameEnd) };
}

/**
 * Whether a valid filter (without share prefix) matches a topic. A filter that starts with a wildcard never matches a
 * topic that starts with `$` [MQTT-4.7.2-1] [MQTT3-4.7.2-1]; `a/#` matches `a` as well.
 */
export function filterMatches(filter: string, topic: string): boolean {
  if (isSystemTopic(topic) && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
    if (index === levels.length - 1 && index === wanted.length - 2 && wanted[index + 1] === '#') return true;
  }
  return wanted.length === levels.length;
}

function wildcardFault(filter: string): string | undefined {
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    // [MQTT-4.7.1-1] [MQTT3-4.7.1-2]
    if (level.length > 1 && level.includes('#')) return "has '#' beside other characters of its level";
    // [MQTT-4.7.1-2] [MQTT3-4.7.1-3]
    if (level.length > 1 && level.includes('+')) return "has '+' beside other characters of its level";
    // [MQTT-4.7.1-1] [MQTT3-4.7.1-2]
    if (level === '#' && index < levels.length - 1) return "has '#' before its last level";
  }
  return undefined;
}
