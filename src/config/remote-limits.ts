// RemoteLimits: where a bridge asks for more than its remote is known to take. Only well-known services are judged, by
// the name of their host (`PeerProfiles`); others state their limits in CONNACK, and are obeyed at run time. Each
// finding says which limit, and which key keeps it.
import type { BridgeConfig } from './bridge-config.ts';
import type { Finding } from './finding.ts';
import { type PeerProfile, profileOf } from './peer-profiles.ts';
import { nameOf, type RuleFlow } from './rule-flows.ts';

/** A limit, without the name of the remote. */
type Limit = Pick<Finding, 'path' | 'text'>;

/** What the remote of a bridge does not take; `flows` are those of all bridges. */
export function refusedByRemote(bridge: BridgeConfig, flows: readonly RuleFlow[]): readonly Finding[] {
  const profile = profileOf(bridge.host);
  if (profile === undefined) return [];
  const found = [
    ...refusedConnections(bridge, profile),
    ...refusedRules(bridge, profile),
    ...refusedTopics(
      flows.filter((flow) => flow.bridge === bridge),
      profile,
    ),
  ];
  return found.map(({ path, text }) => ({ code: 'remote-limit', path, text: `${profile.name} ${text}` }));
}

function refusedConnections(bridge: BridgeConfig, profile: PeerProfile): readonly Limit[] {
  const path = `bridges.mqtt.${bridge.name}`;
  const found: Limit[] = [];
  if (profile.needsTls && bridge.tls === undefined) {
    found.push({ path: `${path}.server`, text: 'only talks TLS; use tls+mqtt-tcp://' });
  }
  if (bridge.version !== 5 && bridge.isBridgeBitSet && !profile.takesBridgeBit) {
    found.push({ path, text: 'refuses the bridge bit of 3.x; set no_local_v4 = false' });
  }
  const { keepAliveSMin = 0, keepAliveSMax = 65_535 } = profile;
  const { keepAliveS } = bridge;
  if (keepAliveS < keepAliveSMin || keepAliveS > keepAliveSMax) {
    found.push({ path, text: `takes a keepalive from ${keepAliveSMin}s to ${keepAliveSMax}s; ${keepAliveS}s is not` });
  }
  return found;
}

function refusedRules({ name, forwards, subscriptions }: BridgeConfig, profile: PeerProfile): readonly Limit[] {
  const found: Limit[] = [];
  const most = profile.qosMax;
  for (const { place, qos = 0, qosMax = 2 } of forwards) {
    if (Math.min(qos, qosMax) <= most) continue;
    const text = `takes QoS ${most} at most; set qos_max = ${most}`;
    found.push({ path: `bridges.mqtt.${name}.forwards.${place}`, text });
  }
  for (const { place, qos, remoteTopic } of subscriptions) {
    const path = `bridges.mqtt.${name}.subscription.${place}`;
    if (qos > most) found.push({ path, text: `grants QoS ${most} at most; set qos = ${most}` });
    const isShared = remoteTopic.startsWith('$share/');
    if (isShared && !profile.hasSharedSubscriptions) found.push({ path, text: 'has no shared subscriptions' });
  }
  return found;
}

function refusedTopics(flows: readonly RuleFlow[], { slashesMax }: PeerProfile): readonly Limit[] {
  if (slashesMax === undefined) return [];
  return flows.flatMap((flow) => {
    const remote = flow.kind === 'forwards' ? flow.to : flow.from;
    const slashes = remote.split('/').length - 1;
    if (slashes <= slashesMax) return [];
    const text = `takes topics with ${slashesMax} slashes at most; ${remote} has ${slashes}; use flatten`;
    return [{ path: nameOf(flow), text }];
  });
}
