// RuleKeys: the numbers by which the messages of a forward rule are known again in the journal: its own, those that go
// out at QoS 0 and wait by themselves, and those that are replayed. They follow from its topics as they are written, so
// that the same rule has the same ones in every process. Pure.
import { tagOf } from '../queue/stored-message.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';

/** The keys of one rule. */
export interface RuleKeys {
  readonly own: number;
  readonly qos0: number;
  readonly replay: number;
}

/** The keys of a rule; `copy` tells rules with the same topics apart, from 0. */
export function ruleKeysOf(
  { localTopic, remoteTopic }: Pick<ForwardRuleOptions, 'localTopic' | 'remoteTopic'>,
  copy: number,
): RuleKeys {
  const text = `${localTopic}\n${remoteTopic}${copy === 0 ? '' : `\n${copy}`}`;
  return { own: tagOf(text), qos0: tagOf(`${text}\nqos 0`), replay: tagOf(`${text}\nreplay`) };
}
