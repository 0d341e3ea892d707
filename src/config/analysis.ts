// Analysis: what a configuration says that nobody can have meant, found without running anything: rules that never get
// a message, messages that arrive twice or go round in circles, what a well-known remote does not take. Findings stop
// nothing; each says what to do about it. Bounded: flows are followed through at most `hopsMax` rules.
import { filterCovers, filtersOverlap } from '../../protocol/topic/filter-relations.ts';
import type { BridgeConfig } from './bridge-config.ts';
import type { Config } from './config-types.ts';
import { deliveryFindings, replayFindings } from './delivery-findings.ts';
import type { Finding } from './finding.ts';
import { laneFindings } from './lane-findings.ts';
import { refusedByRemote } from './remote-limits.ts';
import { flowsOf, nameOf, type RuleFlow } from './rule-flows.ts';
import { transparentFindings } from './transparent-findings.ts';

const hopsMax = 4;

/** Everything that is odd about the bridges of a configuration. */
export function analyse({ bridges, data }: Pick<Config, 'bridges' | 'data'>): readonly Finding[] {
  const flows = flowsOf(bridges);
  return [
    ...unreachable(flows),
    ...doubled(flows),
    ...circles(flows),
    ...laneFindings(bridges),
    ...replayFindings(bridges, data?.bytesMax),
    ...bridges.flatMap((bridge) => [
      ...raised(bridge),
      ...pathless(bridge),
      ...transparentFindings(bridge),
      ...deliveryFindings(bridge),
      ...refusedByRemote(bridge, flows),
    ]),
  ];
}

/** Subscription rules whose every filter is covered by rules before it: the first that matches takes the message. */
function unreachable(flows: readonly RuleFlow[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [name, own] of byRule(flows.filter(({ kind }) => kind === 'subscription'))) {
    const earlier = flows.filter((flow) => isSameList(flow, own[0]) && flow.place < (own[0]?.place ?? 0));
    const covering = own.map(({ from }) => earlier.find((flow) => filterCovers(flow.from, from)));
    const [by] = covering;
    if (by === undefined || covering.includes(undefined)) continue;
    const taken = `${nameOf(by)} takes all of ${own[0]?.from ?? ''} before it`;
    findings.push({ path: name, text: `never gets a message: ${taken}; put this rule in front of that one` });
  }
  return findings;
}

/** Forward rules of one bridge that send the same message twice to the same topic. */
function doubled(flows: readonly RuleFlow[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [index, flow] of flows.entries()) {
    const other = flows
      .slice(0, index)
      .find(
        (before) =>
          before.kind === 'forwards' &&
          isSameList(before, flow) &&
          before.place !== flow.place &&
          filtersOverlap(before.from, flow.from) &&
          isUnchanged(before) &&
          isUnchanged(flow),
      );
    if (other === undefined) continue;
    const what = `sends what matches ${other.from} too a second time, under the same topic`;
    findings.push({ path: nameOf(flow), text: `${what}; exclude it from one of the rules` });
  }
  return findings;
}

/** Flows that lead back to where they began, through more than one bridge or a remote that does not hold back. */
function circles(flows: readonly RuleFlow[]): readonly Finding[] {
  const findings: Finding[] = [];
  const told = new Set<string>();
  for (const first of flows) {
    if (first.kind !== 'forwards') continue;
    for (const circle of circlesFrom(first, flows)) {
      const names = circle.map(nameOf);
      const key = [...names].sort().join();
      if (told.has(key) || isGuarded(circle)) continue;
      told.add(key);
      const way = names.slice(1).join(', then ');
      findings.push({ path: names[0] ?? '', text: `${loopText(circle)}: what it sends comes back by ${way}` });
    }
  }
  return findings;
}

function circlesFrom(first: RuleFlow, flows: readonly RuleFlow[]): readonly (readonly RuleFlow[])[] {
  const found: (readonly RuleFlow[])[] = [];
  const open: (readonly RuleFlow[])[] = [[first]];
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    const last = way.at(-1) ?? first;
    for (const next of flows) {
      if (next.fromSide !== last.toSide || next.kind === last.kind || !filtersOverlap(last.to, next.from)) continue;
      if (next.toSide === first.fromSide && filtersOverlap(next.to, first.from)) found.push([...way, next]);
      const isNew = !way.includes(next);
      if (isNew && way.length + 1 < hopsMax) open.push([...way, next]);
    }
  }
  return found;
}

/**
 * Within one bridge the remote is asked to send nothing back (no local, or the bridge bit), and what came from a bridge
 * is never forwarded by it again.
 */
function isGuarded(circle: readonly RuleFlow[]): boolean {
  const [first] = circle;
  const bridge = first?.bridge;
  if (bridge === undefined || circle.some((flow) => flow.bridge !== bridge)) return false;
  const inbound = circle.find(({ kind }) => kind === 'subscription');
  const rule = bridge.subscriptions.find(({ place }) => place === inbound?.place);
  return bridge.version === 5 ? (rule?.isNoLocal ?? false) : bridge.isBridgeBitSet;
}

function loopText(circle: readonly RuleFlow[]): string {
  const bridges = new Set(circle.map(({ bridge }) => bridge.name));
  if (bridges.size > 1) return 'a circle over several bridges; give each direction topics of its own (prefix)';
  const remedy = circle[0]?.bridge.version === 5 ? 'set nolocal = true' : 'set no_local_v4 = true or proto_ver = 5';
  return `its own messages come back from the remote; ${remedy}`;
}

/** Everything both ways in 3.x, where no message says over which brokers it came. */
function pathless({ name, version, forwards, subscriptions, loopGuard }: BridgeConfig): readonly Finding[] {
  const isAll = (rule: { readonly localTopic: string; readonly remoteTopic: string }): boolean =>
    (rule.localTopic === '#' && ['', '#'].includes(rule.remoteTopic)) ||
    (rule.remoteTopic === '#' && rule.localTopic === '');
  if (version === 5 || loopGuard === 'off' || !forwards.some(isAll) || !subscriptions.some(isAll)) return [];
  const text = 'carries everything both ways in a version in which messages have no path: fine between two brokers, or';
  const rest = 'around one, but in a ring of three they go round for ever; set proto_ver = 5';
  return [{ path: `bridges.mqtt.${name}`, text: `${text} ${rest}` }];
}

/** Rules that raise a QoS. */
function raised(bridge: BridgeConfig): readonly Finding[] {
  return bridge.forwards.flatMap(({ place, qos = 0, qosMax = 2 }) => {
    if (Math.min(qos, qosMax) === 0) return [];
    const text = `raises messages of QoS 0 to ${Math.min(qos, qosMax)}; qos_max = ${qos} instead of qos only bounds it`;
    return [{ path: `bridges.mqtt.${bridge.name}.forwards.${place}`, text }];
  });
}

function isSameList(one: RuleFlow, other: RuleFlow | undefined): boolean {
  return one.bridge === other?.bridge && one.kind === other.kind;
}

function isUnchanged({ from, to }: RuleFlow): boolean {
  return from === to;
}

function byRule(flows: readonly RuleFlow[]): ReadonlyMap<string, readonly RuleFlow[]> {
  const rules = new Map<string, RuleFlow[]>();
  for (const flow of flows) {
    const own = rules.get(nameOf(flow));
    if (own) own.push(flow);
    else rules.set(nameOf(flow), [flow]);
  }
  return rules;
}
