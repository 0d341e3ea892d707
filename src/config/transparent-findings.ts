// TransparentFindings: what a transparent bridge may bring in that nobody
// thought of, and what its rules keep from the devices that ask for it.
// Judgements without state. Bounded by the bridges.
import { filtersOverlap } from '../../protocol/topic/filter-relations.ts';
import type { BridgeConfig } from './bridge-config.ts';
import type { Finding } from './finding.ts';
import { flowsOf, nameOf } from './rule-flows.ts';

/** Findings about `transparent`. */
export function transparentFindings(bridge: BridgeConfig): readonly Finding[] {
  const { name, transparent } = bridge;
  if (transparent === undefined) return [];
  const path = `bridges.mqtt.${name}.transparent`;
  const findings: Finding[] = [];
  if (transparent.allowed.includes('#')) {
    const text =
      'a device that subscribes to # brings in everything that the remote has; transparent_filters bounds it';
    findings.push({ code: 'transparent-unbounded', path, text });
  }
  for (const flow of flowsOf([bridge])) {
    if (flow.kind !== 'subscription' || flow.from === flow.to) continue;
    if (!transparent.allowed.some((filter) => filtersOverlap(filter, flow.from))) continue;
    const text = `gives what matches ${flow.from} other topics, so devices that subscribe to it there do not get it`;
    const path = nameOf(flow);
    findings.push({ code: 'transparent-hidden', path, text: `${text}; leave it out of transparent_filters` });
  }
  return findings;
}
