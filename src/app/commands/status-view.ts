// StatusView: a moment of a running Viaduct as lines for a terminal: the broker in two lines, each bridge in one.
// Columns keep their widths, so that a view that is drawn again and again stands still.
// Bounded by the bridges.
import type { BridgeView } from '../../http/api-config-types.ts';
import type { StatusReply } from '../../http/api-types.ts';

/** The lines; `hasColour` paints states. */
export function statusLines(status: StatusReply, hasColour: boolean): readonly string[] {
  const { broker, rates, process: own, bridges, hostname, version } = status;
  const paint = (text: string, colour: number): string => (hasColour ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const memory = `${(own.rssBytes / 1_048_576).toFixed(0)} MB, ${(own.cpu * 100).toFixed(1)} % of a core`;
  const rest = `out ${rate(rates.sent)}   waiting ${broker.queued}   dropped ${rate(rates.dropped)}`;
  const columns = ['OUT', 'IN', 'QUEUE'].map((one) => one.padStart(9));
  return [
    `${paint(`viaduct ${version}`, 1)} on ${hostname}, up ${span(broker.uptimeMs)}, ${memory}`,
    `devices ${broker.connected} of ${broker.sessions} sessions   in ${rate(rates.received)}   ${rest}`,
    '',
    paint(`${'BRIDGE'.padEnd(16)} ${'STATE'.padEnd(11)} ${columns.join(' ')}  REMOTE`, 2),
    ...bridges.map((one) => bridgeLine(one, paint)),
    ...(bridges.length === 0 ? ['no bridges'] : []),
  ];
}

/** One bridge in one line. */
export function bridgeLine(bridge: BridgeView, paint: (text: string, colour: number) => string): string {
  const { name, mode, status, rates, server } = bridge;
  const state = mode === 'running' ? (status?.link.state ?? 'closed') : mode;
  const colour = state === 'connected' ? 32 : state === 'disabled' ? 2 : 33;
  const error = status?.link.state === 'waiting' ? `  ${status.link.error}` : '';
  const numbers = [rate(rates.sent), rate(rates.received), String(status?.queueDepth ?? 0)];
  const columns = numbers.map((one) => one.padStart(9)).join(' ');
  return `${name.padEnd(16)} ${paint(state.padEnd(11), colour)} ${columns}  ${server}${error}`;
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
