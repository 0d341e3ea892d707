// Reason codes of MQTT 5.0 (section 2.4): one table of numbers and names for every packet.
// Inside Viaduct every outcome is a 5.0 reason code; 3.x is a translation
// (`older-codes.ts`).
import { PacketType } from './packet-type.ts';

/** Every reason code of MQTT 5.0. Codes of 0x80 and above are failures. */
export const ReasonCode = {
  success: 0x00,
  grantedQos1: 0x01,
  grantedQos2: 0x02,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  continueAuthentication: 0x18,
  reAuthenticate: 0x19,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  banned: 0x8a,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  payloadFormatInvalid: 0x99,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  useAnotherServer: 0x9c,
  serverMoved: 0x9d,
  sharedSubscriptionsNotSupported: 0x9e,
  connectionRateExceeded: 0x9f,
  maximumConnectTime: 0xa0,
  subscriptionIdentifiersNotSupported: 0xa1,
  wildcardSubscriptionsNotSupported: 0xa2,
} as const;

/** One of the reason codes of MQTT 5.0. */
export type ReasonCode = (typeof ReasonCode)[keyof typeof ReasonCode];

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(ReasonCode).map(([name, code]) => [
    code,
    name.replace(/[A-Z0-9]+/g, (part) => ` ${part.toLowerCase()}`),
  ]),
);

/** The standard's name of a reason code in lower case, for logs and errors: `not authorized`, `packet too large`. */
export function reasonName(code: number): string {
  return names.get(code) ?? `reason code ${code}`;
}

/** Whether a code says that the peer refused or failed: 0x80 and above. */
export function isFailure(code: number): boolean {
  return code >= 0x80;
}

const R: typeof ReasonCode = ReasonCode;
const publishCodes: readonly number[] = [
  R.success,
  R.noMatchingSubscribers,
  R.unspecifiedError,
  R.implementationSpecificError,
  R.notAuthorized,
  R.topicNameInvalid,
  R.packetIdentifierInUse,
  R.quotaExceeded,
  R.payloadFormatInvalid,
];
const releaseCodes: readonly number[] = [R.success, R.packetIdentifierNotFound];

const legal: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [
    PacketType.connack,
    new Set<number>([
      R.success,
      R.unspecifiedError,
      R.malformedPacket,
      R.protocolError,
      R.implementationSpecificError,
      R.unsupportedProtocolVersion,
      R.clientIdentifierNotValid,
      R.badUserNameOrPassword,
      R.notAuthorized,
      R.serverUnavailable,
      R.serverBusy,
      R.banned,
      R.badAuthenticationMethod,
      R.topicNameInvalid,
      R.packetTooLarge,
      R.quotaExceeded,
      R.payloadFormatInvalid,
      R.retainNotSupported,
      R.qosNotSupported,
      R.useAnotherServer,
      R.serverMoved,
      R.connectionRateExceeded,
    ]),
  ],
  [PacketType.puback, new Set(publishCodes)],
  [PacketType.pubrec, new Set(publishCodes)],
  [PacketType.pubrel, new Set(releaseCodes)],
  [PacketType.pubcomp, new Set(releaseCodes)],
  [
    PacketType.suback,
    new Set<number>([
      R.success,
      R.grantedQos1,
      R.grantedQos2,
      R.unspecifiedError,
      R.implementationSpecificError,
      R.notAuthorized,
      R.topicFilterInvalid,
      R.packetIdentifierInUse,
      R.quotaExceeded,
      R.sharedSubscriptionsNotSupported,
      R.subscriptionIdentifiersNotSupported,
      R.wildcardSubscriptionsNotSupported,
    ]),
  ],
  [
    PacketType.unsuback,
    new Set<number>([
      R.success,
      R.noSubscriptionExisted,
      R.unspecifiedError,
      R.implementationSpecificError,
      R.notAuthorized,
      R.topicFilterInvalid,
      R.packetIdentifierInUse,
    ]),
  ],
  [
    PacketType.disconnect,
    new Set<number>([
      R.success,
      R.disconnectWithWill,
      R.unspecifiedError,
      R.malformedPacket,
      R.protocolError,
      R.implementationSpecificError,
      R.notAuthorized,
      R.serverBusy,
      R.serverShuttingDown,
      R.badAuthenticationMethod,
      R.keepAliveTimeout,
      R.sessionTakenOver,
      R.topicFilterInvalid,
      R.topicNameInvalid,
      R.receiveMaximumExceeded,
      R.topicAliasInvalid,
      R.packetTooLarge,
      R.messageRateTooHigh,
      R.quotaExceeded,
      R.administrativeAction,
      R.payloadFormatInvalid,
      R.retainNotSupported,
      R.qosNotSupported,
      R.useAnotherServer,
      R.serverMoved,
      R.sharedSubscriptionsNotSupported,
      R.connectionRateExceeded,
      R.maximumConnectTime,
      R.subscriptionIdentifiersNotSupported,
      R.wildcardSubscriptionsNotSupported,
    ]),
  ],
  [PacketType.auth, new Set<number>([R.success, R.continueAuthentication, R.reAuthenticate])],
]);

const disconnectFromClient: ReadonlySet<number> = new Set([
  R.success,
  R.disconnectWithWill,
  R.unspecifiedError,
  R.malformedPacket,
  R.protocolError,
  R.implementationSpecificError,
  R.topicNameInvalid,
  R.receiveMaximumExceeded,
  R.topicAliasInvalid,
  R.packetTooLarge,
  R.messageRateTooHigh,
  R.quotaExceeded,
  R.administrativeAction,
  R.payloadFormatInvalid,
]);

/** Whether a code of DISCONNECT is one that clients send, as most but `disconnect with will` servers do too. */
export function mayClientDisconnectWith(code: ReasonCode): boolean {
  return disconnectFromClient.has(code);
}

/** Whether the standard lists `code` for packets of `type`; false for types that carry no reason code. */
export function isReasonCodeOf(type: PacketType, code: number): code is ReasonCode {
  return legal.get(type)?.has(code) ?? false;
}
