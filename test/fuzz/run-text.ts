// RunText: plays a case about text. A configuration is taken or every fault is told with file and line; a mapping is
// compiled or its fault told, and what it makes of a topic is a topic.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { type MappingRule, TopicMapping } from '../../protocol/topic/topic-mapping.ts';
import { topicNameFault } from '../../protocol/topic/topic-name.ts';
import { ConfigError } from '../../src/base/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { MemoryDisk } from '../kit/memory-disk.ts';
import type { TextCase } from './fuzz-case.ts';

/** Plays it. Returns what went wrong. */
export async function runText(one: TextCase): Promise<string | undefined> {
  return one.target === 'config' ? await runConfig(one.text) : runMapping(JSON.parse(one.text));
}

async function runConfig(text: string): Promise<string | undefined> {
  try {
    await loadConfig({
      path: 'etc/v.conf',
      disk: new MemoryDisk({ 'etc/v.conf': text }),
      environment: { HOME: '/h' },
      hostname: 'h',
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) return `not a ConfigError: ${error instanceof Error ? error.stack : error}`;
    return error.faults.every(({ file, line }) => file !== '' && line >= 1) ? undefined : 'a fault without its place';
  }
}

function runMapping(rule: MappingRule & { readonly topic: string }): string | undefined {
  const mapping = TopicMapping.compile(rule);
  if (mapping instanceof MappingFault) return mapping.detail === '' ? 'a fault without a word' : undefined;
  if (topicNameFault(rule.topic) !== undefined || !mapping.matches(rule.topic)) return undefined;
  const mapped = mapping.map(rule.topic);
  if (mapped instanceof MappingFault) return mapped.detail === '' ? 'a fault without a word' : undefined;
  const fault = topicNameFault(mapped);
  return fault === undefined ? undefined : `'${rule.topic}' became '${mapped}', which ${fault}`;
}
