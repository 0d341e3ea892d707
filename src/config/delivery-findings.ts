// What a bridge says of refused and undelivered messages that cannot do anything, or not what it seems to.
// Judgements without state.
// Bounded by the bridges.
import type { BridgeConfig } from './bridge-config.ts';
import type { Finding } from './finding.ts';

/** Bridges that together are to keep more of what they delivered than the journal, of so many bytes, has room for. */
export function replayFindings(
  bridges: readonly BridgeConfig[],
  journalBytesMax: number | undefined,
): readonly Finding[] {
  if (journalBytesMax === undefined) return [];
  const keeping = bridges.filter(({ replay }) => replay !== undefined);
  const bytes = keeping.reduce((sum, { replay }) => sum + (replay?.bytesMax ?? 0), 0);
  if (bytes <= journalBytesMax / 2) return [];
  const text =
    'more than half of data.max_size is to be kept by replay sections: the oldest go earlier; raise max_size';
  return keeping.map(({ name }) => ({ code: 'replay-too-large', path: `bridges.mqtt.${name}.replay`, text }));
}

/** Findings about `on_refusal`, `dead_letters` and the keys of repeats. */
export function deliveryFindings(bridge: BridgeConfig): readonly Finding[] {
  const { name, version, refusals, deadLetters } = bridge;
  const path = `bridges.mqtt.${name}`;
  const findings: Finding[] = [];
  if (refusals !== undefined && version !== 5) {
    const text = 'does nothing: a remote of MQTT 3.1 or 3.1.1 has no word to refuse a message; set proto_ver = 5';
    findings.push({ code: 'refusals-unheard', path: `${path}.on_refusal`, text });
  }
  if (deadLetters?.countMax === 0) {
    const text = 'keeps none: what would be set aside is dropped; set on_refusal to say so, or max_len to keep some';
    findings.push({ code: 'dead-letters-off', path: `${path}.dead_letters`, text });
  }
  for (const { place, isChangeOnly, duplicateWindowMs, duplicateProperty } of bridge.forwards) {
    if (isChangeOnly !== true || duplicateWindowMs === undefined || duplicateProperty !== undefined) continue;
    const text = 'holds back a value that comes back within dedupe_window, although it has changed; use one of the two';
    const both = `change_only with dedupe_window ${text}`;
    findings.push({ code: 'changes-hidden', path: `${path}.forwards.${place}`, text: both });
  }
  findings.push(...planFindings(bridge, path));
  for (const { place, properties3x } of bridge.forwards) {
    if (properties3x === undefined || version !== 5 || bridge.isSteppingDown) continue;
    const text = 'properties_3x does nothing: the remote gets the properties as they are; set proto_ver = 4';
    findings.push({ code: 'without-effect', path: `${path}.forwards.${place}`, text });
  }
  for (const { place, rate } of bridge.forwards) {
    const isOver = (own = 0, whole = Number.POSITIVE_INFINITY): boolean => own >= whole;
    const { messagesPerS, bytesPerS } = bridge.rate ?? {};
    if (!isOver(rate?.messagesPerS, messagesPerS) && !isOver(rate?.bytesPerS, bytesPerS)) continue;
    const text = 'has a rate that its bridge does not reach: all rules together send no more than the bridge';
    const remedy = 'lower it, or raise that of the bridge';
    findings.push({ code: 'rate-unreached', path: `${path}.forwards.${place}`, text: `${text}; ${remedy}` });
  }
  for (const { place, qos0Policy, qos } of bridge.forwards) {
    if (qos0Policy === undefined || qos === undefined || qos === 0) continue;
    const text = `qos_0 does nothing: the messages of this rule go out at QoS ${qos}; use qos_max instead of qos`;
    findings.push({ code: 'without-effect', path: `${path}.forwards.${place}`, text });
  }
  return findings;
}

/** A plan that costs more than it seems. */
function planFindings({ plan, keepAliveS, subscriptions }: BridgeConfig, path: string): readonly Finding[] {
  const findings: Finding[] = [];
  if (plan?.budget !== undefined && keepAliveS === 0) {
    const text =
      'counts what goes over the link: with keepalive = 0s a dead one is found late, and all of it is sent again';
    findings.push({ code: 'budget-unguarded', path: `${path}.budget`, text });
  }
  if (plan?.connectWhen !== undefined && subscriptions.length > 0) {
    const text = 'lets messages from the remote wait there until something is sent; drop it where they are urgent';
    findings.push({ code: 'inbound-delayed', path: `${path}.connect_when`, text });
  }
  return findings;
}
