// ReasonTable: what a bridge does when the remote refuses a message. A 5.0 remote says why, in PUBACK or PUBREC; the
// message counts as settled then and never goes again under its identifier [MQTT-4.4.0-2]. A 3.x remote has no such
// word: it acknowledges, or hangs up.
//
//   retry        the same message again, after a while, as a new one
//   pause        nothing at all for a while, twice as long each time, then the message again
//   park         nothing of its rule for a while, then the message again; other rules go on
//   dead-letter  it is set aside for people to look at
//   drop         it is gone, counted as `refused`
import { ReasonCode } from '../../protocol/wire/reason-code.ts';

/** What is done about a refused message. */
export type RefusalAction = 'retry' | 'pause' | 'park' | 'dead-letter' | 'drop';

/** A code with which a remote may refuse a message, by its name in configuration and status. */
export type RefusalName =
  | 'unspecified_error'
  | 'implementation_specific_error'
  | 'not_authorized'
  | 'topic_name_invalid'
  | 'packet_identifier_in_use'
  | 'quota_exceeded'
  | 'payload_format_invalid';

/** What is done by default. */
export const refusalActions: Readonly<Record<RefusalName, RefusalAction>> = {
  unspecified_error: 'retry',
  implementation_specific_error: 'retry',
  not_authorized: 'dead-letter',
  topic_name_invalid: 'dead-letter',
  packet_identifier_in_use: 'retry',
  quota_exceeded: 'pause',
  payload_format_invalid: 'dead-letter',
};

/** How refused messages are treated. */
export interface RefusalOptions {
  /** In the place of the default ones. */
  readonly actions: Partial<Readonly<Record<RefusalName, RefusalAction>>>;
  /** How often a message is sent, the first time included, before `retry` and `park` set it aside; 1 to 1000. */
  readonly triesMax: number;
  /** How long `retry` waits, in ms. */
  readonly retryMs: number;
  /** How long the first `pause` lasts, in ms, and the longest one. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  /** How long `park` lasts, in ms. */
  readonly parkMs: number;
}

/** How often the remote refused, and what came of it. */
export interface RefusalStatus {
  /** Refusals by the names of their codes. */
  readonly codes: Readonly<Record<string, number>>;
  /** Messages that wait to be sent again. */
  readonly waiting: number;
  /** Until when nothing is sent, in ms of the monotonic clock; absent: not paused. */
  readonly pausedUntil?: number;
  /** Filters of parked rules. */
  readonly parked: readonly string[];
}

/** The defaults. */
export const refusalDefaults: RefusalOptions = {
  actions: {},
  triesMax: 5,
  retryMs: 1000,
  pauseMs: 10_000,
  pauseMsMax: 600_000,
  parkMs: 300_000,
};

const names: ReadonlyMap<ReasonCode, RefusalName> = new Map([
  [ReasonCode.unspecifiedError, 'unspecified_error'],
  [ReasonCode.implementationSpecificError, 'implementation_specific_error'],
  [ReasonCode.notAuthorized, 'not_authorized'],
  [ReasonCode.topicNameInvalid, 'topic_name_invalid'],
  [ReasonCode.packetIdentifierInUse, 'packet_identifier_in_use'],
  [ReasonCode.quotaExceeded, 'quota_exceeded'],
  [ReasonCode.payloadFormatInvalid, 'payload_format_invalid'],
]);

/** The name of a code with which a message was refused; undefined for one that no PUBACK has. */
export function refusalNameOf(reasonCode: ReasonCode): RefusalName | undefined {
  return names.get(reasonCode);
}

/** What is done about a code. What is not in the table was refused by this side, and is set aside. */
export function refusalActionOf(reasonCode: ReasonCode, { actions }: RefusalOptions): RefusalAction {
  const name = names.get(reasonCode);
  return name === undefined ? 'dead-letter' : (actions[name] ?? refusalActions[name]);
}

/** What the remote refused on several lanes. */
export function mergedRefusals(lanes: readonly RefusalStatus[]): RefusalStatus {
  const [first = { codes: {}, waiting: 0, parked: [] }, ...others] = lanes;
  return others.reduce((all, one) => {
    const codes: Record<string, number> = { ...all.codes };
    for (const [name, count] of Object.entries(one.codes)) codes[name] = (codes[name] ?? 0) + count;
    const until = Math.max(all.pausedUntil ?? 0, one.pausedUntil ?? 0);
    const parked = [...new Set([...all.parked, ...one.parked])];
    return { codes, waiting: all.waiting + one.waiting, parked, ...(until === 0 ? {} : { pausedUntil: until }) };
  }, first);
}
