// RetryPace: how long a client waits before it dials again, by what ended the connection. A broken line is tried again
// by the back-off; who was told no hammers nobody with the same credentials, and two clients with one client id do not
// throw each other out in a circle; what no waiting can mend is given up.
import type { ConnectionEnd } from '../../protocol/connection/exchange.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { RetryPace } from '../link/redial.ts';

/** Reasons that a change at the server may take away: its operator's matter, which takes time. */
const late: ReadonlySet<ReasonCode> = new Set([
  ReasonCode.notAuthorized,
  ReasonCode.badUserNameOrPassword,
  ReasonCode.badAuthenticationMethod,
  ReasonCode.banned,
  ReasonCode.sessionTakenOver,
  ReasonCode.administrativeAction,
  ReasonCode.useAnotherServer,
  ReasonCode.serverMoved,
]);

/** Refusals that the same CONNECT will always get. */
const hopeless: ReadonlySet<ReasonCode> = new Set([
  ReasonCode.unsupportedProtocolVersion,
  ReasonCode.clientIdentifierNotValid,
]);

/** The pace after an end; `never` where trying again cannot help. `isRefused`: CONNACK said so. */
export function paceOf({ blame, reasonCode }: ConnectionEnd, isRefused: boolean): RetryPace | 'never' {
  if (blame !== 'remote') return 'soon';
  if (isRefused && hopeless.has(reasonCode)) return 'never';
  return late.has(reasonCode) ? 'late' : 'soon';
}
