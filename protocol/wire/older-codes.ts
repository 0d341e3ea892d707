// OlderCodes: what 3.1 and 3.1.1 hear of a reason code of 5.0, one table for all packets. CONNACK has six return codes,
// SUBACK of 3.1.1 has one for every refusal and that of 3.1 none, PUBACK and PUBREC have none at all: a refusal that
// another try would meet too is acknowledged like a success, any other ends the connection, so that the message comes
// again. Where a 5.0 peer gets DISCONNECT, these hear nothing: the connection closes silently, whatever the code.
import { ProtocolVersion } from './protocol-version.ts';
import { isFailure, ReasonCode } from './reason-code.ts';

/** Return codes of CONNACK [MQTT31-9]. */
type ReturnCode = 0 | 1 | 2 | 3 | 4 | 5;

/** What becomes of a message that is refused with a code. */
type Refused = 'acknowledged' | 'closed';

const R: typeof ReasonCode = ReasonCode;

/** Every failure of 5.0: the return code of CONNACK that comes closest, and the end of a refused message. */
const failures: ReadonlyMap<ReasonCode, readonly [ReturnCode, Refused]> = new Map([
  [R.unspecifiedError, [3, 'closed']],
  [R.malformedPacket, [3, 'closed']],
  [R.protocolError, [3, 'closed']],
  [R.implementationSpecificError, [3, 'closed']],
  [R.unsupportedProtocolVersion, [1, 'closed']],
  [R.clientIdentifierNotValid, [2, 'closed']],
  [R.badUserNameOrPassword, [4, 'closed']],
  [R.notAuthorized, [5, 'acknowledged']], // [MQTT3-3.3.5-2]
  [R.serverUnavailable, [3, 'closed']],
  [R.serverBusy, [3, 'closed']],
  [R.banned, [5, 'closed']],
  [R.serverShuttingDown, [3, 'closed']],
  [R.badAuthenticationMethod, [5, 'closed']],
  [R.keepAliveTimeout, [3, 'closed']],
  [R.sessionTakenOver, [3, 'closed']],
  [R.topicFilterInvalid, [3, 'closed']],
  [R.topicNameInvalid, [3, 'acknowledged']],
  [R.packetIdentifierInUse, [3, 'closed']],
  [R.packetIdentifierNotFound, [3, 'closed']],
  [R.receiveMaximumExceeded, [3, 'closed']],
  [R.topicAliasInvalid, [3, 'closed']],
  [R.packetTooLarge, [3, 'acknowledged']],
  [R.messageRateTooHigh, [3, 'closed']],
  // a queue whose policy lets the newest go; what cannot be taken for now ends the connection before this is asked
  [R.quotaExceeded, [3, 'acknowledged']],
  [R.administrativeAction, [3, 'closed']],
  [R.payloadFormatInvalid, [3, 'acknowledged']],
  [R.retainNotSupported, [3, 'closed']],
  [R.qosNotSupported, [3, 'closed']],
  [R.useAnotherServer, [3, 'closed']],
  [R.serverMoved, [3, 'closed']],
  [R.sharedSubscriptionsNotSupported, [3, 'closed']],
  [R.connectionRateExceeded, [3, 'closed']],
  [R.maximumConnectTime, [3, 'closed']],
  [R.subscriptionIdentifiersNotSupported, [3, 'closed']],
  [R.wildcardSubscriptionsNotSupported, [3, 'closed']],
]);

/** The return code (0 to 5) of CONNACK in 3.1 [MQTT31-9] and 3.1.1 that comes closest to a reason code. */
export function returnCodeOf(code: ReasonCode): ReturnCode {
  return failures.get(code)?.[0] ?? 0;
}

/** The reason code that a return code of CONNACK in 3.1 or 3.1.1 stands for; undefined for codes above 5. */
export function reasonOfReturnCode(returnCode: number): ReasonCode | undefined {
  return [
    R.success,
    R.unsupportedProtocolVersion,
    R.clientIdentifierNotValid,
    R.serverUnavailable,
    R.badUserNameOrPassword,
    R.notAuthorized,
  ][returnCode];
}

/**
 * The code of SUBACK in a version: 3.1.1 has one code for every refusal [MQTT3-3.9.3-2]; 3.1 has none and says the
 * lowest QoS instead [MQTT31-12].
 */
export function subackCode(code: ReasonCode, version: ProtocolVersion): ReasonCode {
  if (!isFailure(code) || version === ProtocolVersion.v5) return code;
  return version === ProtocolVersion.v311 ? ReasonCode.unspecifiedError : ReasonCode.success;
}

/**
 * Whether a peer of 3.x hears of a message as of a success [MQTT3-3.3.5-2]; otherwise its connection ends
 * [MQTT3-4.8.0-2]: unacknowledged the message stays the peer's, and comes again.
 */
export function isAcknowledged(code: ReasonCode): boolean {
  return failures.get(code)?.[1] !== 'closed';
}
