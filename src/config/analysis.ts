// Analysis: what a configuration says that nobody can have meant, found without running anything: rules that never get
// a message, messages that arrive twice or go round in circles, what a well-known remote does not take. Findings stop
// nothing; each says what to do about it. Bounded: flows are followed through at most `hopsMax` rules.
import type { BridgeConfig } from './bridge-config.ts';
import type { Config } from './config-types.ts';
import { deliveryFindings, replayFindings } from './delivery-findings.ts';
import type { Finding } from './finding.ts';
import { laneFindings } from './lane-findings.ts';
import { refusedByRemote } from './remote-limits.ts';
import { ruleFindings } from './rule-findings.ts';
import { flowsOf, nameOf, type RuleFlow, sharedPart } from './rule-flows.ts';
import { transparentFindings } from './transparent-findings.ts';

const hopsMax = 4;

/** Everything that is odd about the bridges of a configuration. */
export function analyse({ bridges, data }: Pick<Config, 'bridges' | 'data'>): readonly Finding[] {
  const flows = flowsOf(bridges);
  return [
    ...ruleFindings(flows),
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
      const text = `${loopText(circle)}: what it sends comes back by ${way}`;
      findings.push({ code: 'loop', path: names[0] ?? '', text });
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
      if (next.fromSide !== last.toSide || next.kind === last.kind || sharedPart(last.to, next) === undefined) continue;
      if (next.toSide === first.fromSide && sharedPart(next.to, first) !== undefined) found.push([...way, next]);
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
  return [{ code: 'loop-in-ring', path: `bridges.mqtt.${name}`, text: `${text} ${rest}` }];
}

/** Rules that raise a QoS. */
function raised(bridge: BridgeConfig): readonly Finding[] {
  return bridge.forwards.flatMap(({ place, qos = 0, qosMax = 2 }) => {
    const to = Math.min(qos, qosMax);
    if (to === 0) return [];
    const text = `raises messages of QoS 0 to ${to}; qos_max = ${to} instead of qos only bounds it`;
    return [{ code: 'qos-raised' as const, path: `bridges.mqtt.${bridge.name}.forwards.${place}`, text }];
  });
}
