// LinkRefusals: what a bridge does when a remote refuses the connection itself, in CONNACK, or ends it with a word, in
// DISCONNECT. The word says whether trying again soon can help. A 3.x remote has fewer of them, and none at the end.
//
//   retry    again after the back-off, as if nothing had been said
//   wait     again after the least time of its kind, within the back-off's longest delay
//   pause    this server is left alone for `pauseMs`, or until somebody changes something; others are tried
//   follow   the server that it names is dialled in its place; without a name it is `wait`
//
// A table without state. Bounded: a pause by `pauseMs`, the ways that are followed by `referralsMax`.
import { ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';

/** What is done about the word of a remote. */
export type LinkAction = 'retry' | 'wait' | 'pause' | 'follow';

/** How the words of remotes are treated. */
export interface LinkRefusalOptions {
  /** By the names of `linkActions`, in the place of the default ones. */
  readonly actions: Readonly<Record<string, LinkAction>>;
  /** How long `pause` leaves a server alone, in ms. */
  readonly pauseMs: number;
}

/** The defaults. */
export const linkRefusalDefaults: LinkRefusalOptions = { actions: {}, pauseMs: 3_600_000 };

/** Servers in a row to which a bridge is sent on before it begins again with its own. */
export const referralsMax = 5;

/** What is done by default, by the name of the reason code. `retry` where nothing is wrong. */
export const linkActions: Readonly<Record<string, LinkAction>> = Object.fromEntries(
  [
    ReasonCode.badUserNameOrPassword,
    ReasonCode.notAuthorized,
    ReasonCode.badAuthenticationMethod,
    ReasonCode.banned,
    ReasonCode.clientIdentifierNotValid,
    ReasonCode.quotaExceeded,
    ReasonCode.connectionRateExceeded,
    ReasonCode.messageRateTooHigh,
    ReasonCode.serverUnavailable,
    ReasonCode.serverBusy,
    ReasonCode.serverShuttingDown,
    ReasonCode.sessionTakenOver,
    ReasonCode.administrativeAction,
    ReasonCode.useAnotherServer,
    ReasonCode.serverMoved,
    ReasonCode.maximumConnectTime,
    ReasonCode.keepAliveTimeout,
  ].map((code) => [linkReasonOf(code), isPassing(code) ? 'retry' : 'wait']),
);

/** The name of a code in configuration and status. */
export function linkReasonOf(code: number): string {
  return reasonName(code).replaceAll(' ', '_');
}

/** What is done about a code; undefined for one that is not in the table. */
export function linkActionOf(code: number, { actions }: LinkRefusalOptions): LinkAction | undefined {
  const name = linkReasonOf(code);
  return actions[name] ?? linkActions[name];
}

/** A server that a remote names, as section 4.11 has it: the first of those in a list; undefined for what is none. */
export function referenceOf(text: string, portDefault: number): { host: string; port: number } | undefined {
  const [first = ''] = text.trim().split(/\s+/);
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(first);
  const [, address, name, portText] = found ?? [];
  const host = address ?? name;
  const port = portText === undefined ? portDefault : Number(portText);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Ended, and nothing is wrong. */
function isPassing(code: number): boolean {
  return code === ReasonCode.maximumConnectTime || code === ReasonCode.keepAliveTimeout;
}
