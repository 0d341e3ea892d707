// RuleFlows: the rules of all bridges as flows of topics, from a filter to a filter, for the analysis. A rule with
// several filters is several flows. A local topic is known by its name, a remote one by its name and the address of
// its remote: two bridges to one remote meet there.
import { filterCovers, filterIntersection } from '../../protocol/topic/filter-relations.ts';
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import { parseFilter } from '../../protocol/topic/topic-filter.ts';
import type { BridgeConfig } from './bridge-config.ts';

/** One filter of one rule. */
export interface RuleFlow {
  readonly bridge: BridgeConfig;
  readonly kind: 'forwards' | 'subscription';
  /** The rule's place in its list, from 0. */
  readonly place: number;
  /** What is taken, without share name. */
  readonly from: string;
  /** Matches everything that comes out. */
  readonly to: string;
  /** What is left out of `from`. */
  readonly excludes: readonly string[];
  /** All of the rule's filters. */
  readonly mapping: RuleMapping;
  /** Where it is taken from, and where it comes out: empty for here, the address of a remote otherwise. */
  readonly fromSide: string;
  readonly toSide: string;
}

/** All flows of a configuration, in the order of bridges and rules. */
export function flowsOf(bridges: readonly BridgeConfig[]): readonly RuleFlow[] {
  return bridges.flatMap((bridge) => [
    ...bridge.forwards.flatMap((rule) => {
      const remote = addressOf(bridge);
      const ends = endsOf(RuleMapping.compile(rule.localTopic, rule.remoteTopic, rule));
      const facts = { bridge, kind: 'forwards' as const, place: rule.place, fromSide: '', toSide: remote };
      return ends.map((end) => ({ ...facts, ...end }));
    }),
    ...bridge.subscriptions.flatMap((rule) => {
      const ends = endsOf(RuleMapping.compile(rule.remoteTopic, rule.localTopic, rule));
      const facts = {
        bridge,
        kind: 'subscription' as const,
        place: rule.place,
        fromSide: addressOf(bridge),
        toSide: '',
      };
      return ends.map((end) => ({ ...facts, ...end }));
    }),
  ]);
}

/** A rule as it is written in a configuration. */
export function nameOf(flow: Pick<RuleFlow, 'bridge' | 'kind' | 'place'>): string {
  return `bridges.mqtt.${flow.bridge.name}.${flow.kind}.${flow.place}`;
}

/** What a flow takes of the topics that a filter matches, as a filter; undefined where that is nothing. */
export function sharedPart(filter: string, { from, excludes }: RuleFlow): string | undefined {
  const shared = filterIntersection(filter, from);
  return shared !== undefined && excludes.some((one) => filterCovers(one, shared)) ? undefined : shared;
}

function endsOf(
  mapping: RuleMapping | MappingFault,
): readonly Pick<RuleFlow, 'from' | 'to' | 'excludes' | 'mapping'>[] {
  // the schema has compiled it before
  if (mapping instanceof MappingFault) return [];
  const { filters, resultFilters, excludes } = mapping;
  return filters.map((filter, index) => {
    const { filter: from } = parseFilter(filter);
    return { from, to: resultFilters[index] ?? '', excludes, mapping };
  });
}

function addressOf({ host, port }: BridgeConfig): string {
  return `${host.toLowerCase()}:${port}`;
}
