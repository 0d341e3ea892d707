// LinkTrouble: why a bridge is not connected, as a kind, in words, with what to do about it,
// and the least time before another try makes sense: what a person has to mend is not asked
// for every second. Judgements without state.
import type { ConnectionEnd } from '../../protocol/connection/exchange.ts';
import { isFailure, ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import { LinkError, messageOf } from '../base/errors.ts';
import { type LinkRefusalOptions, linkActionOf, linkReasonOf } from './link-refusals.ts';

/** The kinds of trouble. */
export type TroubleKind =
  | 'lookup'
  | 'connect'
  | 'timeout'
  | 'tls'
  | 'upgrade'
  | 'credentials'
  | 'banned'
  | 'client-id'
  | 'version'
  | 'taken-over'
  | 'quota'
  | 'busy'
  | 'moved'
  | 'administrative'
  | 'lifetime'
  | 'silent'
  | 'planned'
  | 'refused'
  | 'lost';

/** One trouble. */
export interface Trouble {
  readonly kind: TroubleKind;
  readonly text: string;
  /** What to do about it, where that is known. */
  readonly remedy?: string;
  /** Least time before the next try at this server, in ms; the back-off's maximum bounds it. */
  readonly delayMsMin: number;
  /** How long this server is left alone whatever the back-off says, in ms. */
  readonly pauseMs?: number;
  /** The server that is to be dialled in the place of this one, as the remote wrote it. */
  readonly referredTo?: string;
}

/** What is known of a connection besides how it ended. */
export interface EndFacts {
  readonly clientId: string;
  /** Whether MQTT was up. */
  readonly wasAccepted: boolean;
  /** How many connections in a row the remote has closed soon after accepting them, without a reason. */
  readonly shortLives: number;
  /** What is done about the words of remotes. */
  readonly linkRefusals: LinkRefusalOptions;
}

const delaysMin: Readonly<Record<TroubleKind, number>> = {
  planned: 0,
  lookup: 0,
  connect: 0,
  timeout: 0,
  tls: 10_000,
  upgrade: 5000,
  credentials: 30_000,
  banned: 300_000,
  'client-id': 30_000,
  version: 30_000,
  'taken-over': 20_000,
  quota: 15_000,
  busy: 3000,
  moved: 10_000,
  administrative: 30_000,
  lifetime: 0,
  silent: 0,
  refused: 0,
  lost: 0,
};

const kinds: ReadonlyMap<number, TroubleKind> = new Map([
  [ReasonCode.badUserNameOrPassword, 'credentials'],
  [ReasonCode.notAuthorized, 'credentials'],
  [ReasonCode.badAuthenticationMethod, 'credentials'],
  [ReasonCode.banned, 'banned'],
  [ReasonCode.clientIdentifierNotValid, 'client-id'],
  [ReasonCode.unsupportedProtocolVersion, 'version'],
  [ReasonCode.sessionTakenOver, 'taken-over'],
  [ReasonCode.quotaExceeded, 'quota'],
  [ReasonCode.connectionRateExceeded, 'quota'],
  [ReasonCode.messageRateTooHigh, 'quota'],
  [ReasonCode.serverUnavailable, 'busy'],
  [ReasonCode.serverBusy, 'busy'],
  [ReasonCode.serverShuttingDown, 'busy'],
  [ReasonCode.useAnotherServer, 'moved'],
  [ReasonCode.serverMoved, 'moved'],
  [ReasonCode.administrativeAction, 'administrative'],
  [ReasonCode.maximumConnectTime, 'lifetime'],
  [ReasonCode.keepAliveTimeout, 'silent'],
]);

const remedies: Partial<Readonly<Record<TroubleKind, string>>> = {
  lookup: 'check the name in server, and the name server of this machine',
  tls: 'check ssl: authorities, the name of the server, certificate and key, and the clock of this machine',
  credentials: 'check username and password, and what the remote allows this client',
  banned: 'the remote has locked this client out: ask whoever runs it',
  'client-id': 'give the bridge another clientid',
  version: 'set proto_ver to a version that the remote speaks',
  moved: 'set server to the address that the remote names, or on_link_refusal to follow it',
  administrative: 'somebody at the remote has ended the connection: ask whoever runs it',
};

/** How often a remote may close soon after accepting before another client with our identifier is suspected. */
const shortLivesMax = 2;

/** What a try that brought no socket means. */
export function troubleOfError(error: Error): Trouble {
  const isLink = error instanceof LinkError;
  const phase = isLink && error.phase !== 'listen' && error.phase !== 'open' ? error.phase : 'connect';
  const isTimeout = isLink && error.code === 'ERR_LINK_TIMEOUT';
  return troubleOf(isTimeout ? 'timeout' : phase, messageOf(error));
}

/** What the end of a connection means. */
export function troubleOfEnd(end: ConnectionEnd, facts: EndFacts): Trouble {
  const { reasonCode, detail, blame } = end;
  const text = isFailure(reasonCode) ? detail : `${detail} (${reasonName(reasonCode)})`;
  const kind = blame === 'local' ? undefined : kinds.get(reasonCode);
  if (kind === 'taken-over' || (facts.wasAccepted && blame === 'network' && facts.shortLives > shortLivesMax)) {
    const trouble = treated(troubleOf('taken-over', text), end, facts);
    return { ...trouble, remedy: `another client seems to use the client id ${facts.clientId}: each needs its own` };
  }
  if (kind !== undefined) return treated(troubleOf(kind, text), end, facts);
  return troubleOf(blame === 'network' ? 'lost' : 'refused', text);
}

/** Whether the remote, or the network, ended a connection without a word that says why. */
export function isUnexplained({ blame, reasonCode }: ConnectionEnd): boolean {
  return blame !== 'local' && !kinds.has(reasonCode);
}

/** What the table says of the word with which a connection was refused, or ended. */
function treated(trouble: Trouble, end: ConnectionEnd, { linkRefusals }: EndFacts): Trouble {
  const { reasonCode, serverReference } = end;
  const action = linkActionOf(reasonCode, linkRefusals);
  if (action === 'retry') return { ...trouble, delayMsMin: 0 };
  if (action === 'follow' && serverReference) {
    return { ...trouble, text: `${trouble.text}: it names ${serverReference}`, referredTo: serverReference };
  }
  if (action !== 'pause') return trouble;
  const { pauseMs } = linkRefusals;
  const text = `${trouble.text} (paused for ${Math.round(pauseMs / 1000)} s: ${linkReasonOf(reasonCode)})`;
  return { ...trouble, text, pauseMs };
}

function troubleOf(kind: TroubleKind, text: string): Trouble {
  const remedy = remedies[kind];
  return { kind, text, delayMsMin: delaysMin[kind], ...(remedy === undefined ? {} : { remedy }) };
}
