// StatusView: a moment of a running Viaduct as lines for a terminal: the broker in two lines, each bridge in one,
// and what is wrong with it below.
// Columns keep their widths, so that a view that is drawn again and again stands still.
// Bounded by the bridges.
import type { RuleStatus } from '../../bridge/bridge-status.ts';
import type { BridgeReply, BridgeView } from '../../http/api-config-types.ts';
import type { StatusReply } from '../../http/api-types.ts';
import { bytesText, Colour, cut, paintOf, type Screen, spanText, tableLines, wrapped } from './text-table.ts';

/** The lines. */
export function statusLines(status: StatusReply, screen: Screen): readonly string[] {
  const { broker, rates, process: own, bridges, hostname, version } = status;
  const paint = paintOf(screen);
  const memory = `${bytesText(own.rssBytes)}, ${(own.cpu * 100).toFixed(1)} % of a core`;
  const rest = `out ${rate(rates.sent)}   waiting ${broker.queued}   dropped ${rate(rates.dropped)}`;
  const { columns = Number.POSITIVE_INFINITY } = screen;
  const name = `viaduct ${version}`;
  const about = ` on ${hostname}, up ${spanText(broker.uptimeMs)}, ${memory}`;
  const devices = `devices ${broker.connected} of ${broker.sessions} sessions   in ${rate(rates.received)}   ${rest}`;
  return [
    `${paint(cut(name, columns), Colour.bold)}${cut(about, columns - name.length)}`,
    cut(devices, columns),
    '',
    ...bridgeLines(bridges, screen),
  ];
}

/** The bridges below the names of their columns; whatever is wrong with one stands below it. */
export function bridgeLines(bridges: readonly BridgeView[], screen: Screen): readonly string[] {
  if (bridges.length === 0) return ['no bridges'];
  const columns = [
    { name: 'BRIDGE'.padEnd(12) },
    { name: 'STATE'.padEnd(10) },
    ...['OUT', 'IN', 'QUEUE', 'OLDEST'].map((name) => ({ name: name.padStart(7), isNumber: true })),
    { name: 'REMOTE' },
  ];
  const [head = '', ...lines] = tableLines(columns, bridges.map(cellsOf), screen);
  return [head, ...lines.flatMap((line, index) => [line, ...troubleLines(bridges[index], screen)])];
}

/** The lanes of a bridge, where there are several. */
export function laneLines({ status }: BridgeView, screen: Screen): readonly string[] {
  const lanes = status?.lanes ?? [];
  if (lanes.length < 2) return [];
  const numbers = ['QUEUE', 'UNDERWAY', 'DELIVERED', 'SENT', 'RECEIVED'].map((name) => ({ name, isNumber: true }));
  const rows = lanes.map(({ lane, clientId, link, ...own }) => [
    String(lane),
    { text: link.state, colour: colourOf(link.state) },
    String(own.queueDepth),
    String(own.underway),
    String(own.delivered),
    bytesText(own.bytesSent),
    bytesText(own.bytesReceived),
    clientId,
  ]);
  return ['', ...tableLines([{ name: 'LANE' }, { name: 'STATE' }, ...numbers, { name: 'CLIENT ID' }], rows, screen)];
}

/** The rules of a bridge with their accounts, and the bytes of its connections. */
export function ruleLines({ status }: BridgeView, screen: Screen): readonly string[] {
  if (status === undefined) return [];
  const { forwards, subscriptions, bytesSent, bytesReceived, connects } = status;
  const all = [
    ...forwards.map((rule) => ['out', rule] as const),
    ...subscriptions.map((rule) => ['in', rule] as const),
  ];
  const rows = all.map(([way, { from, to, ...own }]) => [
    way,
    ...[own.received, own.delivered, own.queued].map(String),
    Object.entries(own.dropped)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(', ') || '0',
    bytesText(own.payloadBytes),
    to === '' || to === from ? from : `${from} -> ${to}`,
  ]);
  const numbers = ['CAME', 'DELIVERED', 'QUEUED', 'DROPPED', 'PAYLOAD'].map((name) => ({ name, isNumber: true }));
  const table = tableLines([{ name: 'WAY' }, ...numbers, { name: 'RULE' }], rows, screen);
  const times = connects === 1 ? 'once' : `${connects} times`;
  return [
    '',
    `connected ${times}, ${bytesText(bytesSent)} sent, ${bytesText(bytesReceived)} received`,
    ...(rows.length === 0 ? ['no rules'] : ['', ...table]),
  ];
}

/** Where the queue of a bridge is going, in a line; nothing while little waits. */
export function forecastLines({ status }: BridgeView): readonly string[] {
  const { forecast } = status ?? {};
  if (forecast === undefined) return [];
  const { inPerS, outPerS, lastsMs, drainMs } = forecast;
  const lasts = lastsMs === undefined ? 'the queue does not grow' : `the queue lasts ${spanText(lastsMs)}`;
  const drain = drainMs === undefined ? 'how fast it drains is not known' : `it drains in ${spanText(drainMs)}`;
  return [`queue: in ${rate(inPerS)}, out ${rate(outPerS)}; ${lasts}, ${drain}`];
}

/** Which rates hold back a bridge and its rules. */
export function limitLines({ status }: BridgeView): readonly string[] {
  const line = (name: string, limited: RuleStatus['limited']): readonly string[] =>
    limited === undefined
      ? []
      : [`limited: ${name} sends as many ${limited.by} a second as it may, for ${spanText(limited.forMs)}`];
  return [
    ...line('the bridge', status?.limited),
    ...(status?.forwards ?? []).flatMap(({ from, limited }) => line(`the rule of ${from}`, limited)),
  ];
}

/** When a bridge is connected, and what it has used of its budget, where that is planned. */
export function planLines({ status }: BridgeView): readonly string[] {
  const { plan } = status ?? {};
  if (plan === undefined) return [];
  const { budget } = plan;
  const share = budget === undefined ? 0 : Math.round((100 * budget.bytesUsed) / budget.bytesMax);
  const used = `${bytesText(budget?.bytesUsed ?? 0)} of ${bytesText(budget?.bytesMax ?? 0)} (${share} %)`;
  const line = `budget: ${used} used this ${budget?.period ?? 'day'}: ${budget?.state ?? ''}`;
  return [`plan: ${plan.text}`, ...(budget === undefined ? [] : [line])];
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
  const bound = (ms: number | undefined): string => (ms === undefined ? '-' : ms < 1000 ? `${ms} ms` : spanText(ms));
  return [
    '',
    `${'AT MOST'.padEnd(18)} ${['HALF', '95 %', '99 %'].map((one) => one.padStart(9)).join(' ')}`,
    ...spans.map(([name, { p50, p95, p99 }]) => {
      const bounds = [p50, p95, p99].map((one) => bound(one).padStart(9));
      return `${name.padEnd(18)} ${bounds.join(' ')}`;
    }),
  ];
}

function cellsOf({ name, mode, status, rates, server }: BridgeView) {
  const state = mode === 'running' ? (status?.link.state ?? 'closed') : mode;
  const { queueDepth = 0, oldestMs } = status ?? {};
  const oldest = oldestMs === undefined ? '-' : spanText(oldestMs);
  const numbers = [rate(rates.sent), rate(rates.received), String(queueDepth), oldest];
  return [name, { text: state, colour: colourOf(state) }, ...numbers, server];
}

function troubleLines(bridge: BridgeView | undefined, screen: Screen): readonly string[] {
  const link = bridge?.status?.link;
  if (link?.state !== 'waiting' || bridge?.mode === 'disabled') return [];
  const paint = paintOf(screen);
  const wrong = [link.error, ...(link.remedy === undefined ? [] : [link.remedy])];
  return wrong.flatMap((text) => wrapped(text, '  ', screen)).map((line) => paint(line, Colour.red));
}

function colourOf(state: string): number {
  return state === 'connected' ? Colour.green : state === 'disabled' ? Colour.dim : Colour.yellow;
}

function rate(perSecond: number): string {
  return `${perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1)}/s`;
}
