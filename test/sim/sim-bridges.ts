// SimBridges: the bridges of the edge, out of the plan of a story: what they are told when they are opened, and again
// when their lanes become more or fewer.
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import type { ForwardRuleOptions } from '../../src/bridge/bridge-options.ts';
import { refusalDefaults } from '../../src/bridge/reason-table.ts';
import { secondAddress } from './later-draws.ts';
import type { BridgePlan, Plan } from './story.ts';

const backoff = { delayMsMin: 200, delayMsMax: 5000, stableMs: 10_000 };
/** How soon a bridge looks for the way back to the first address, in ms. */
const failbackMs = 30_000;

/** Messages of a bridge that may wait for room. */
export const blockedCountMax = 200;

/** The settings of a bridge that begins with so many lanes. */
export function bridgeSettingsOf(plan: BridgePlan, world: Plan, laneCount: number): BridgeSettings {
  const { name, version, keepAlive, sendWindowMax, receiveMaximum, topicAliasMaximum } = plan;
  const { queueCountMax, bridgeOverflow, durability, quotaAction, hasSecondAddress, laneOrder } = world;
  const second = { backups: [{ host: secondAddress, port: 1883 }], isSessionShared: true, failbackMs };
  return {
    name,
    clientId: `bridge-${name}`,
    remote: { host: 'remote', port: 1883 },
    ...(hasSecondAddress ? second : {}),
    version,
    keepAlive,
    sendWindowMax,
    receiveMaximum,
    properties: { sessionExpiryInterval: 86_400, topicAliasMaximum },
    backoff,
    connectTimeoutMs: 5000,
    answerTimeoutMs: 5000,
    queueCountMax,
    queueOverflow: bridgeOverflow,
    blockedCountMax,
    durability,
    refusals: { ...refusalDefaults, actions: { quota_exceeded: quotaAction }, parkMs: 20_000 },
    laneCount,
    laneOrder: laneOrder === 'publisher' ? 'publisher' : 'topic',
    ...rulesOf(plan, world),
  };
}

/** The rules of a bridge. */
export function rulesOf(plan: BridgePlan, world: Plan): Pick<BridgeSettings, 'forwards' | 'subscriptions'> {
  const { name, subscribes } = plan;
  const kept = world.isRetainedForwarded && name === 'main' ? [{ localTopic: 'kept/#', remoteTopic: '' }] : [];
  return {
    // what it brings in must not go back, whatever the rules say
    forwards: [
      ...forwardsOf(plan, world),
      ...(subscribes === '' ? [] : [{ localTopic: subscribes, remoteTopic: '' }]),
      ...kept,
    ],
    subscriptions: subscribes === '' ? [] : [{ remoteTopic: subscribes, localTopic: '', qos: 2 }],
  };
}

function forwardsOf({ from, to }: BridgePlan, { laneOrder, bridgeOverflow }: Plan): readonly ForwardRuleOptions[] {
  const order = laneOrder === 'capture' ? { laneOrder: '{device}' } : {};
  if (bridgeOverflow === 'priority') {
    return [0, 1, 2].map((qos) => {
      const topics = { localTopic: `${from}/{device}/${qos}`, remoteTopic: `${to}/{device}/${qos}` };
      return { ...topics, ...order, priority: 1 + 4 * qos };
    });
  }
  if (laneOrder !== 'capture') return [{ localTopic: `${from}/#`, remoteTopic: `${to}/#` }];
  return [{ localTopic: `${from}/{device}/{rest#}`, remoteTopic: `${to}/{device}/{rest}`, ...order }];
}
