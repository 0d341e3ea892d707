// MosquittoTopics: a `topic` line of a bridge as rules: pattern, direction, QoS, local and remote prefix. Prefixes are
// put in front as they are on both sides, so the rule's filter and its target are both known in full.
// `""` stands for nothing at all.

/** A rule in our keys. */
export interface MosquittoRule {
  readonly list: 'forwards' | 'subscription';
  readonly local_topic: string;
  readonly remote_topic: string;
  readonly qos?: string;
  readonly qos_max?: string;
}

/** The rules of a line, or why there are none. */
export function topicRulesOf(words: readonly string[]): readonly MosquittoRule[] | string {
  const [pattern = '', direction = 'out', qos = '0', localPrefix = '', remotePrefix = ''] = words.map(unquoted);
  if (!/^(in|out|both)$/.test(direction)) return `expected out, in or both instead of ${direction}`;
  if (!/^[012]$/.test(qos)) return `expected a QoS of 0, 1 or 2 instead of ${qos}`;
  const local = `${localPrefix}${pattern}`;
  const remote = `${remotePrefix}${pattern}`;
  if (local === '' || remote === '') return 'expected a pattern or prefixes on both sides';
  const rules: MosquittoRule[] = [];
  if (direction !== 'in') {
    rules.push({ list: 'forwards', local_topic: local, remote_topic: local === remote ? '' : remote, qos_max: qos });
  }
  if (direction !== 'out') {
    rules.push({ list: 'subscription', remote_topic: remote, local_topic: local === remote ? '' : local, qos });
  }
  return rules;
}

function unquoted(word: string): string {
  return word === '""' ? '' : word;
}
