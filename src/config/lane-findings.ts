// What nobody can have meant with the connections of bridges: two of them with one client id at one server, which take
// the connection from each other for ever; lanes whose order leaves nothing to more than one of them; more of them than
// a well-known remote takes. Judgements without state.
// Bounded by the bridges, and 64 lanes each.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import { laneClientIdOf } from '../base/lane-client-id.ts';
import type { BridgeConfig, ServerConfig } from './bridge-config.ts';
import type { Finding } from './finding.ts';
import { profileOf } from './peer-profiles.ts';

/** Findings about client ids, `max_parallel_processes` and `lane_order`. */
export function laneFindings(bridges: readonly BridgeConfig[]): readonly Finding[] {
  return [...sharedIds(bridges), ...tooMany(bridges), ...bridges.flatMap((bridge) => [...orderless(bridge)])];
}

/** Client ids that two connections have at one server. */
function sharedIds(bridges: readonly BridgeConfig[]): readonly Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  for (const bridge of bridges) {
    const told = new Set<string>();
    for (const { key, clientId, lane } of connectionsOf(bridge)) {
      const mine = lane === 1 ? bridge.name : `lane ${lane} of ${bridge.name}`;
      const other = owners.get(key);
      owners.set(key, other ?? mine);
      if (other === undefined || other === mine || told.has(clientId)) continue;
      told.add(clientId);
      const text = `${mine} has the client id ${clientId}, as ${other} has at the same server: they would take the`;
      const path = `bridges.mqtt.${bridge.name}`;
      findings.push({ code: 'client-id-shared', path, text: `${text} connection from each other; set clientid` });
    }
  }
  return findings;
}

interface Connection {
  readonly key: string;
  readonly clientId: string;
  readonly lane: number;
}

function connectionsOf(bridge: BridgeConfig): readonly Connection[] {
  const { laneCount, backups, version } = bridge;
  return [bridge, ...backups].flatMap((server) => {
    const own = server.clientId ?? bridge.clientId ?? '';
    return Array.from({ length: laneCount }, (_, index) => {
      const clientId = laneClientIdOf(own, index + 1, version);
      return { key: `${addressOf(server)}\0${clientId}`, clientId, lane: index + 1 };
    });
  });
}

function addressOf({ host, port, socketPath }: ServerConfig): string {
  return socketPath ?? `${host.toLowerCase()}:${port}`;
}

/** More connections, or subscriptions on one, than a well-known remote takes. */
function tooMany(bridges: readonly BridgeConfig[]): readonly Finding[] {
  const findings: Finding[] = [];
  const used = new Map<string, number>();
  for (const bridge of bridges) {
    const profile = profileOf(bridge.host);
    if (profile === undefined) continue;
    const { name, connectionsMax = Number.POSITIVE_INFINITY, subscriptionsMax = Number.POSITIVE_INFINITY } = profile;
    const path = `bridges.mqtt.${bridge.name}`;
    const before = used.get(bridge.host) ?? 0;
    const all = before + bridge.laneCount;
    used.set(bridge.host, all);
    if (all > connectionsMax) {
      const text = `${name} takes ${connectionsMax} connections at most; this configuration has ${all} by here`;
      findings.push({ code: 'remote-limit', path, text: `${text}; lower max_parallel_processes` });
    }
    if (profile.isClientIdGiven === true && bridge.laneCount > 1) {
      const text = `${name} knows a device by its client id: only the first of ${bridge.laneCount} lanes gets in`;
      const remedy = 'set max_parallel_processes = 1, or a bridge for each device';
      findings.push({ code: 'remote-limit', path, text: `${text}; ${remedy}` });
    }
    const filters = bridge.subscriptions.reduce((sum, { moreFilters = [] }) => sum + 1 + moreFilters.length, 0);
    if (filters > subscriptionsMax) {
      const text = `${name} takes ${subscriptionsMax} subscriptions of one connection at most; there are ${filters}`;
      findings.push({ code: 'remote-limit', path, text: `${text}; use filters that take more, or several bridges` });
    }
  }
  return findings;
}

/** Templates that say the same of every message: one lane would have all of them. */
function orderless({ name, laneCount, laneOrder, forwards }: BridgeConfig): readonly Finding[] {
  if (laneCount === 1 || laneOrder === 'topic' || laneOrder === 'publisher') return [];
  return forwards.flatMap(({ place, localTopic, moreFilters = [] }) => {
    const mapping = RuleMapping.compile(localTopic, laneOrder, { moreFilters });
    // what cannot be compiled is an error of the schema
    if (mapping instanceof MappingFault || mapping.needsContext) return [];
    const isConstant = mapping.resultFilters.every((filter) => !/[+#]/.test(filter));
    if (!isConstant) return [];
    const text = `lane_order = "${laneOrder}" is the same for all that this rule takes: one lane of ${laneCount}`;
    const remedy = 'carries it; use a capture of its filter, as $1';
    return [{ code: 'lanes-unused', path: `bridges.mqtt.${name}.forwards.${place}`, text: `${text} ${remedy}` }];
  });
}
