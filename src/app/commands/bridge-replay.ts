// `viaduct bridge replay`: what a bridge of a running Viaduct keeps of what it has delivered, and its replay, over its
// API: look, count, start, cancel. What to deliver is told as KEY=VALUE.
// Bounded: one request a call.
import { UsageError } from '../../base/errors.ts';
import type { ReplayReply, ReplayRequest, ReplayRunView, ReplayStarted } from '../../http/api-replay-types.ts';
import type { MessageTerms } from './bridge-messages.ts';
import { bytesText, momentText } from './text-table.ts';

/** Its lines of the help. */
export const replayHelp = `       viaduct bridge replay NAME    what is kept, and the replay that is underway
       viaduct bridge replay NAME count|start [from=] [until=] [topic=FILTER] [target=BRIDGE] [rate=N]
                                   times: 2026-03-01T08:00:00Z, or 90m, 24h, 7d ago
       viaduct bridge replay NAME cancel`;

type ReplayTerms = Pick<MessageTerms, 'api' | 'path' | 'tell'>;

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Does what the words say. `now`: ms since 1970. */
export async function bridgeReplay(words: readonly string[], terms: ReplayTerms, now: number): Promise<void> {
  const { api, path, tell } = terms;
  const [action, ...keys] = words;
  if (action === undefined) {
    const reply = await api.ask<ReplayReply>('GET', `${path}/replay`);
    tell(reply, [keptLine(reply), ...(reply.run === undefined ? [] : [runLine(reply.run)])]);
  } else if (action === 'count' || action === 'start') {
    const request = { ...requestOf(keys, now), isDryRun: action === 'count' };
    const reply = await api.ask<ReplayStarted>('POST', `${path}/replay`, request);
    const { run, preview } = reply;
    const lost = preview === undefined || preview.damaged === 0 ? '' : `, ${preview.damaged} are damaged`;
    const counted = preview === undefined ? [] : [`${preview.messages} messages, ${preview.bytes} bytes${lost}`];
    tell(reply, [...counted, ...(run === undefined ? [] : [runLine(run)])]);
  } else if (action === 'cancel') {
    await api.ask('DELETE', `${path}/replay`);
    tell(null, ['the replay is cancelled']);
  } else throw new UsageError('FLAG', `${action}: expected count, start or cancel`);
}

function requestOf(words: readonly string[], now: number): ReplayRequest {
  let request: ReplayRequest = {};
  for (const word of words) {
    const [key = '', value = ''] = word.split(/=(.*)/s);
    if (key === 'from' || key === 'until') request = { ...request, [key]: momentOf(value, now) };
    else if (key === 'topic' || key === 'target') request = { ...request, [key]: value };
    else if (key === 'rate' && Number(value) > 0) request = { ...request, rate: Number(value) };
    else throw new UsageError('FLAG', `${word}: expected from=, until=, topic=, target= or rate=`);
  }
  return request;
}

/** A moment in ms since 1970: as it is written, or so long ago. */
function momentOf(text: string, now: number): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  const moment = amount === undefined || unitMs === undefined ? Date.parse(text) : now - Number(amount) * unitMs;
  if (Number.isFinite(moment) && moment >= 0) return Math.round(moment);
  throw new UsageError('FLAG', `${text}: expected a time, as 2026-03-01T08:00:00Z, or how long ago, as 24h`);
}

function keptLine({ isKeeping, kept }: ReplayReply): string {
  if (!isKeeping) return 'nothing is kept: set replay { } for the bridge, and data.dir';
  const { count, bytes, oldestAt, newestAt, forgotten, unkept } = kept;
  const span =
    oldestAt === undefined || newestAt === undefined ? '' : `, ${momentText(oldestAt)} to ${momentText(newestAt)}`;
  const gone = `${forgotten} gone again, ${unkept} not kept`;
  return `${count} delivered messages are kept, ${bytesText(bytes)}${span}; ${gone}`;
}

function runLine({ id, terms, state, detail, counts, share }: ReplayRunView): string {
  const { queued, ...others } = counts;
  const left = Object.entries(others).filter(([, count]) => count > 0);
  const why = detail === undefined ? '' : ` (${detail})`;
  const more = left.map(([name, count]) => `, ${count} ${name}`).join('');
  return `replay ${id} to ${terms.target}: ${state}${why}, ${Math.round(share * 100)} %, ${queued} again${more}`;
}
