// MetricsPage: `/metrics` for Prometheus: broker, listeners, bridges, their rules, and the process. Every drop is
// counted by its reason; for each rule received = delivered + dropped + queued. Spans are histograms. Where
// `http_server.metrics_key` is set it is asked for.
// Bounded by bridges and rules.
import type { BridgeStatus, LaneStatus, RuleStatus } from '../bridge/bridge-status.ts';
import type { LatencyViews } from '../bridge/latencies.ts';
import type { BrokerStatus } from '../broker/broker-status.ts';
import { Exposition, type Labels } from '../metrics/exposition.ts';
import type { HistogramView } from '../metrics/histogram.ts';
import type { ServedAnswer, ServedRequest } from '../ports/http-server.ts';
import { digestOf, isSameSecret } from '../secrets/digests.ts';
import type { StatusReply } from './api-types.ts';
import { HttpRefusal } from './http-refusal.ts';
import type { BridgeLatencies, Management } from './management.ts';

type Sample = readonly [Labels, number];
type Measured = Pick<Management, 'status' | 'latencies'>;
type Counts = Readonly<Record<string, number | undefined>>;

/** The answer to a request for `/metrics`. Throws HttpRefusal for a wrong key. */
export function metricsAnswer(request: ServedRequest, key: string | undefined, management: Measured): ServedAnswer {
  const shown = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (key !== undefined && !isSameSecret(digestOf('sha256', shown), digestOf('sha256', key))) {
    throw new HttpRefusal('UNAUTHENTICATED', 'expected the key of http_server.metrics_key as bearer');
  }
  const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' }, body: metricsText(management) };
}

/** All numbers of a moment. */
export function metricsText(management: Measured): string {
  const status = management.status();
  const text = new Exposition();
  brokerNumbers(text, status);
  if (status.broker.storage) journalNumbers(text, status.broker.storage);
  const bridges = status.bridges.flatMap((one) => (one.status === undefined ? [] : [one.status]));
  bridgeNumbers(text, bridges, status.now.monotonicMs);
  keptNumbers(text, bridges);
  laneNumbers(text, bridges);
  ruleNumbers(text, bridges);
  spans(text, management.latencies());
  forecasts(text, bridges);
  const { process: own } = status;
  const { rssBytes, heapBytes, startedAt, cpu } = own;
  text.gauge('process_resident_memory_bytes', 'Memory of the process.', [[{}, rssBytes]]);
  text.gauge('process_heap_bytes', 'Objects of JavaScript in use.', [[{}, heapBytes]]);
  text.gauge('process_start_time_seconds', 'When the process began.', [[{}, startedAt / 1000]]);
  text.gauge('process_cpu_ratio', 'Share of a core over the last second.', [[{}, cpu]]);
  return text.end();
}

/** What is stored, and how well that goes. */
function journalNumbers(text: Exposition, journal: NonNullable<BrokerStatus['storage']>): void {
  const only = (value: number): readonly Sample[] => [[{}, value]];
  const states = ['open', 'full', 'failing', 'closed'] as const;
  text.gauge(
    'viaduct_journal_state',
    'State of the journal: 1 for the one it is in.',
    states.map((state): Sample => [{ state }, journal.state.state === state ? 1 : 0]),
  );
  text.gauge('viaduct_journal_bytes', 'Bytes of the journal.', only(journal.bytes));
  text.gauge('viaduct_journal_live_bytes', 'Bytes of it that are needed.', only(journal.liveBytes));
  text.gauge('viaduct_journal_segments', 'Its files.', only(journal.segments));
  text.gauge('viaduct_journal_quarantined', 'Damaged records that were found.', only(journal.quarantined));
  text.counter('viaduct_journal_groups', 'Groups written.', only(journal.groups));
  text.counter('viaduct_journal_records', 'Records in them.', only(journal.records));
  text.counter('viaduct_journal_bytes_written', 'Their bytes.', only(journal.bytesWritten));
  text.counter('viaduct_journal_syncs', 'Syncs.', only(journal.syncs));
  text.counter('viaduct_journal_bytes_moved', 'Bytes moved to free old files.', only(journal.bytesMoved));
  text.counter('viaduct_journal_unreadable', 'Reads that the disk failed.', only(journal.unreadable));
  text.counter('viaduct_journal_abandoned', 'Files given up because the disk failed.', only(journal.abandoned));
}

function brokerNumbers(text: Exposition, { broker, listeners, version }: StatusReply): void {
  text.info('viaduct', 'The version that runs.', { version });
  const only = (value: number): readonly Sample[] => [[{}, value]];
  text.gauge('viaduct_uptime_seconds', 'How long the broker is open.', only(broker.uptimeMs / 1000));
  text.gauge('viaduct_connections', 'Open connections.', only(broker.connections));
  text.gauge(
    'viaduct_listener_connections',
    'Open connections by listener.',
    listeners.map(({ name, connections }): Sample => [{ listener: name }, connections]),
  );
  text.counter(
    'viaduct_listener_connections_accepted',
    'Connections accepted by listener.',
    listeners.map(({ name, accepted }): Sample => [{ listener: name }, accepted]),
  );
  text.counter(
    'viaduct_listener_connections_refused',
    'Connections refused by listener and reason.',
    listeners.flatMap(({ name, refused }) => byReason({ listener: name }, refused)),
  );
  text.counter('viaduct_connections_accepted', 'Connections accepted.', only(broker.connectionsTotal));
  text.counter('viaduct_connections_refused', 'Connections refused, by reason.', byReason({}, broker.refused));
  text.counter('viaduct_logins_refused', 'Logins refused, by reason.', byReason({}, broker.refusedLogins));
  text.gauge('viaduct_sessions', 'Sessions.', only(broker.sessions));
  text.gauge('viaduct_sessions_connected', 'Sessions with a device.', only(broker.connected));
  text.gauge('viaduct_subscriptions', 'Subscriptions.', only(broker.subscriptions));
  text.gauge('viaduct_retained_messages', 'Retained messages.', only(broker.retained));
  text.gauge('viaduct_retained_bytes', 'Their bytes.', only(broker.retainedBytes));
  text.gauge('viaduct_queued_messages', 'Messages that wait for devices.', only(broker.queued));
  text.gauge('viaduct_queued_bytes', 'Their bytes.', only(broker.queuedBytes));
  text.counter('viaduct_messages_received', 'Messages from devices.', only(broker.received));
  text.counter('viaduct_messages_sent', 'Messages to devices.', only(broker.sent));
  text.counter('viaduct_messages_settled', 'Messages that devices acknowledged.', only(broker.settled));
  text.counter('viaduct_messages_dropped', 'Messages for devices that were dropped.', byReason({}, broker.dropped));
  text.counter('viaduct_publishes_denied', 'Messages that the rules did not allow.', only(broker.denied));
  text.counter('viaduct_received_bytes', 'Bytes from devices.', only(broker.bytesReceived));
  text.counter('viaduct_sent_bytes', 'Bytes to devices.', only(broker.bytesSent));
}

function bridgeNumbers(text: Exposition, bridges: readonly BridgeStatus[], now: number): void {
  const each = (value: (bridge: BridgeStatus) => number): readonly Sample[] =>
    bridges.map((one): Sample => [{ bridge: one.name }, value(one)]);
  text.gauge(
    'viaduct_bridge_up',
    '1 while the bridge is connected.',
    each(({ link }) => (isUp(link) ? 1 : 0)),
  );
  const since = each(({ link }) => Math.max(0, now - link.since) / 1000);
  text.gauge('viaduct_bridge_state_seconds', 'How long the state of the link lasts.', since);
  text.counter(
    'viaduct_bridge_connects',
    'How often the bridge was connected.',
    each(({ connects }) => connects),
  );
  text.counter(
    'viaduct_bridge_sent_bytes',
    'Bytes of MQTT to the remote.',
    each(({ bytesSent }) => bytesSent),
  );
  text.counter(
    'viaduct_bridge_received_bytes',
    'Bytes of MQTT from the remote.',
    each(({ bytesReceived }) => bytesReceived),
  );
  text.gauge(
    'viaduct_bridge_queue_messages',
    'Messages that wait.',
    each(({ queueDepth }) => queueDepth),
  );
  text.gauge(
    'viaduct_bridge_queue_bytes',
    'Their bytes.',
    each(({ queueBytes }) => queueBytes),
  );
  text.gauge(
    'viaduct_bridge_oldest_seconds',
    'How long the oldest message has waited; 0 where none waits.',
    each(({ oldestMs = 0 }) => oldestMs / 1000),
  );
  text.gauge(
    'viaduct_bridge_underway_messages',
    'Sent and not settled.',
    each(({ underway }) => underway),
  );
  text.counter(
    'viaduct_bridge_unmatched',
    'From the remote, for no rule any more.',
    each(({ unmatched }) => unmatched),
  );
}

/** What is kept of messages that have left the queue: those not delivered, and those that were. */
function keptNumbers(text: Exposition, bridges: readonly BridgeStatus[]): void {
  const each = (value: (bridge: BridgeStatus) => number): readonly Sample[] =>
    bridges.map((one): Sample => [{ bridge: one.name }, value(one)]);
  text.gauge(
    'viaduct_bridge_dead_letters',
    'Messages that could not be delivered and wait for somebody.',
    each(({ deadLetters }) => deadLetters.count),
  );
  text.counter(
    'viaduct_bridge_dead_letters_added',
    'Messages that could not be delivered.',
    each(({ deadLetters }) => deadLetters.added),
  );
  text.counter(
    'viaduct_bridge_dead_letters_forgotten',
    'Of these, those that went because there were too many or they were too old.',
    each(({ deadLetters }) => deadLetters.forgotten),
  );
  text.gauge(
    'viaduct_bridge_kept_messages',
    'Delivered messages that are kept and can be delivered again.',
    each(({ replay }) => replay?.kept.count ?? 0),
  );
  text.gauge(
    'viaduct_bridge_kept_bytes',
    'Their bytes in the journal.',
    each(({ replay }) => replay?.kept.bytes ?? 0),
  );
}

function laneNumbers(text: Exposition, bridges: readonly BridgeStatus[]): void {
  const lanes = bridges.flatMap(({ name, lanes: own }) =>
    own.map((lane) => ({ lane, labels: { bridge: name, lane: String(lane.lane) } })),
  );
  const each = (value: (lane: LaneStatus) => number): readonly Sample[] =>
    lanes.map(({ lane, labels }): Sample => [labels, value(lane)]);
  text.gauge(
    'viaduct_lane_up',
    '1 while this connection of a bridge is up.',
    each(({ link }) => (isUp(link) ? 1 : 0)),
  );
  text.gauge(
    'viaduct_lane_queue_messages',
    'Messages that wait for it.',
    each(({ queueDepth }) => queueDepth),
  );
  text.gauge(
    'viaduct_lane_queue_bytes',
    'Their bytes.',
    each(({ queueBytes }) => queueBytes),
  );
  text.gauge(
    'viaduct_lane_underway_messages',
    'Sent by it and not settled.',
    each(({ underway }) => underway),
  );
  text.counter(
    'viaduct_lane_delivered',
    'Messages that the remote has by it.',
    each(({ delivered }) => delivered),
  );
  text.counter(
    'viaduct_lane_sent_bytes',
    'Bytes of MQTT to the remote by it.',
    each(({ bytesSent }) => bytesSent),
  );
  text.counter(
    'viaduct_lane_received_bytes',
    'Bytes of MQTT from the remote by it.',
    each(({ bytesReceived }) => bytesReceived),
  );
}

function ruleNumbers(text: Exposition, bridges: readonly BridgeStatus[]): void {
  const rules = bridges.flatMap(({ name, forwards, subscriptions }) => [
    ...forwards.map((rule, index) => ({ rule, labels: labelsOf(name, 'forwards', index, rule) })),
    ...subscriptions.map((rule, index) => ({ rule, labels: labelsOf(name, 'subscription', index, rule) })),
  ]);
  const each = (value: (rule: RuleStatus) => number): readonly Sample[] =>
    rules.map(({ rule, labels }): Sample => [labels, value(rule)]);
  text.counter(
    'viaduct_rule_received',
    'Messages that matched a rule.',
    each(({ received }) => received),
  );
  text.counter(
    'viaduct_rule_delivered',
    'Messages that the other side has.',
    each(({ delivered }) => delivered),
  );
  text.counter(
    'viaduct_rule_payload_bytes',
    'Payload bytes of the messages that it passed on.',
    each(({ payloadBytes }) => payloadBytes),
  );
  text.gauge(
    'viaduct_rule_queued_messages',
    'Messages that wait or are underway.',
    each(({ queued }) => queued),
  );
  text.counter(
    'viaduct_rule_dropped',
    'Messages that were dropped, by reason.',
    rules.flatMap(({ rule, labels }) => byReason(labels, rule.dropped)),
  );
}

/** How long messages take, of those that were measured. */
function spans(text: Exposition, bridges: readonly BridgeLatencies[]): void {
  const each = (span: keyof LatencyViews): readonly (readonly [Labels, HistogramView])[] =>
    bridges.map(({ bridge, views }) => [{ bridge }, views[span]]);
  text.histogram('viaduct_bridge_queue_wait_seconds', 'From being taken to being sent, sampled.', each('queueWait'));
  const trip = 'From being sent to the acknowledgement of the remote, sampled.';
  text.histogram('viaduct_bridge_round_trip_seconds', trip, each('roundTrip'));
  const whole = 'From being taken to the acknowledgement of the remote, sampled.';
  text.histogram('viaduct_bridge_end_to_end_seconds', whole, each('endToEnd'));
}

/** Where queues are going; absent where it cannot be told. */
function forecasts(text: Exposition, bridges: readonly BridgeStatus[]): void {
  const drains = bridges.flatMap(({ name, queueDepth, forecast }): readonly Sample[] => {
    const ms = queueDepth === 0 ? 0 : forecast?.drainMs;
    return ms === undefined ? [] : [[{ bridge: name }, ms / 1000]];
  });
  const drain = 'How long the queue takes to empty once the link is up.';
  text.gauge('viaduct_bridge_drain_seconds', drain, drains);
  const fulls = bridges.flatMap(({ name, forecast }): readonly Sample[] =>
    forecast?.lastsMs === undefined ? [] : [[{ bridge: name }, forecast.lastsMs / 1000]],
  );
  text.gauge('viaduct_bridge_full_seconds', 'How long until the queue is full; absent while it does not grow.', fulls);
}

function isUp({ state }: BridgeStatus['link']): boolean {
  return state === 'connected';
}

function labelsOf(bridge: string, list: string, index: number, { from }: RuleStatus): Labels {
  return { bridge, list, rule: String(index), filter: from };
}

function byReason(labels: Labels, counts: Counts): readonly Sample[] {
  return Object.entries(counts).map(([reason, count = 0]): Sample => [{ ...labels, reason }, count]);
}
