// StatusView: a moment of a running Viaduct as lines for a terminal: the broker in two lines, each bridge in one,
// and what is wrong with it below.
// Columns keep their widths, so that a view that is drawn again and again stands still.
// Bounded by the bridges.
import type { RuleStatus } from '../../bridge/bridge-status.ts';
import type { BridgeReply, BridgeView } from '../../http/api-config-types.ts';
import type { StatusReply } from '../../http/api-types.ts';

/** The lines; `hasColour` paints states. */
export function statusLines(status: StatusReply, hasColour: boolean): readonly string[] {
  const { broker, rates, process: own, bridges, hostname, version } = status;
  const paint: Paint = (text, colour) => (hasColour ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const memory = `${(own.rssBytes / 1_048_576).toFixed(0)} MB, ${(own.cpu * 100).toFixed(1)} % of a core`;
  const rest = `out ${rate(rates.sent)}   waiting ${broker.queued}   dropped ${rate(rates.dropped)}`;
  return [
    `${paint(`viaduct ${version}`, 1)} on ${hostname}, up ${span(broker.uptimeMs)}, ${memory}`,
    `devices ${broker.connected} of ${broker.sessions} sessions   in ${rate(rates.received)}   ${rest}`,
    '',
    ...bridgeLines(bridges, hasColour),
  ];
}

/** The bridges below the names of their columns; whatever is wrong with one stands below it. */
export function bridgeLines(bridges: readonly BridgeView[], hasColour: boolean): readonly string[] {
  const paint: Paint = (text, colour) => (hasColour ? `\u001b[${colour}m${text}\u001b[0m` : text);
  if (bridges.length === 0) return ['no bridges'];
  const columns = ['OUT', 'IN', 'QUEUE', 'OLDEST'].map((one) => one.padStart(9)).join(' ');
  const width = Math.max(16, ...bridges.map(({ name }) => name.length));
  return [
    paint(`${'BRIDGE'.padEnd(width)} ${'STATE'.padEnd(11)} ${columns}  REMOTE`, 2),
    ...bridges.flatMap((one) => linesOf(one, width, paint)),
  ];
}

/** Where the queue of a bridge is going, in a line; nothing while little waits. */
export function forecastLines({ status }: BridgeView): readonly string[] {
  const { forecast } = status ?? {};
  if (forecast === undefined) return [];
  const { inPerS, outPerS, lastsMs, drainMs } = forecast;
  const lasts = lastsMs === undefined ? 'the queue does not grow' : `the queue lasts ${span(lastsMs)}`;
  const drain = drainMs === undefined ? 'how fast it drains is not known' : `it drains in ${span(drainMs)}`;
  return [`queue: in ${rate(inPerS)}, out ${rate(outPerS)}; ${lasts}, ${drain}`];
}

/** Which rates hold back a bridge and its rules. */
export function limitLines({ status }: BridgeView): readonly string[] {
  const line = (name: string, limited: RuleStatus['limited']): readonly string[] =>
    limited === undefined
      ? []
      : [`limited: ${name} sends as many ${limited.by} a second as it may, for ${span(limited.forMs)}`];
  return [
    ...line('the bridge', status?.limited),
    ...(status?.forwards ?? []).flatMap(({ from, limited }) => line(`the rule of ${from}`, limited)),
  ];
}

type Paint = (text: string, colour: number) => string;

function linesOf({ name, mode, status, rates, server }: BridgeView, width: number, paint: Paint): readonly string[] {
  const state = mode === 'running' ? (status?.link.state ?? 'closed') : mode;
  const colour = state === 'connected' ? 32 : state === 'disabled' ? 2 : 33;
  const { queueDepth = 0, oldestMs } = status ?? {};
  const oldest = oldestMs === undefined ? '-' : span(oldestMs);
  const numbers = [rate(rates.sent), rate(rates.received), String(queueDepth), oldest];
  const columns = numbers.map((one) => one.padStart(9)).join(' ');
  const line = `${name.padEnd(width)} ${paint(state.padEnd(11), colour)} ${columns}  ${server}`;
  if (status?.link.state !== 'waiting') return [line];
  const { error, remedy } = status.link;
  const wrong = [error, ...(remedy === undefined ? [] : [remedy])];
  return [line, ...wrong.map((text) => paint(`  ${text}`, 31))];
}

/** How long the messages of a bridge take, if any were measured. */
export function latencyLines({ latency }: BridgeReply): readonly string[] {
  if (latency === undefined || latency.endToEnd.count === 0) return [];
  const { queueWait, roundTrip, endToEnd } = latency;
  const spans = [
    ['wait in the queue', queueWait],
    ['round trip', roundTrip],
    ['in all', endToEnd],
  ] as const;
  const bound = (ms: number | undefined): string => (ms === undefined ? '-' : ms < 1000 ? `${ms} ms` : span(ms));
  return [
    '',
    `${'AT MOST'.padEnd(18)} ${['HALF', '95 %', '99 %'].map((one) => one.padStart(9)).join(' ')}`,
    ...spans.map(([name, { p50, p95, p99 }]) => {
      const bounds = [p50, p95, p99].map((one) => bound(one).padStart(9));
      return `${name.padEnd(18)} ${bounds.join(' ')}`;
    }),
  ];
}

function rate(perSecond: number): string {
  return `${perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1)}/s`;
}

function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}
