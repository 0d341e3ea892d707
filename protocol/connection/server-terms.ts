// ServerTerms: what a server connection and its owner agree on: what the owner is asked and told, and how it answers.
// Plain data, and how it becomes SUBACK in each version. What the server allows is `server-limits.ts`, the machine
// itself `server-connection.ts`.
import type { Bytes } from '../wire/bytes.ts';
import { Malformed } from '../wire/malformed.ts';
import type { ConnectPacket, DisconnectPacket, SubscribePacket, UnsubscribePacket } from '../wire/packets.ts';
import { mayClientDisconnectWith, ReasonCode, reasonName } from '../wire/reason-code.ts';
import type { ExchangeSink } from './exchange.ts';
import type { RunSink } from './run-exchange.ts';

/** What a server does with one connection. */
export interface ServerSink extends ExchangeSink, RunSink {
  /** Answered by `accept` or `refuse`, inside this call or later. */
  connectRequested(connect: ConnectPacket): void;
  /**
   * The client that named an authentication method answered a challenge; or, on a live connection, begins `again`.
   * Answered by `challenge`; by `accept` or `refuse` before, `reauthenticated` or `disconnect` after it was accepted.
   * Absent: no method is offered.
   */
  authenticationReceived?(data: Bytes | undefined, isAgain: boolean): void;
  /** Answered by `subscribed`. */
  subscribeRequested(packet: SubscribePacket): void;
  /** Answered by `unsubscribed`. */
  unsubscribeRequested(packet: UnsubscribePacket): void;
}

/** The server's answer to a CONNECT that it accepts. */
export interface ConnectAnswer {
  readonly sessionPresent: boolean;
  /** The client sent no client id and got this one. */
  readonly assignedClientId?: string;
  /** Seconds; stated when it is not what the client asked for. */
  readonly sessionExpiryInterval?: number;
  /** Stated where it is to be less than the limits say; held to is what those say. */
  readonly receiveMaximum?: number;
  /** For a client that asked: where it finds topics for its responses. */
  readonly responseInformation?: string;
  /** The last word of the authentication method that CONNECT named. */
  readonly authenticationData?: Bytes | undefined;
}

/** CONNECT without its password, which nobody needs once the client is accepted. */
export function withoutPassword(connect: ConnectPacket): ConnectPacket {
  if (connect.password === undefined) return connect;
  const { password: _password, ...rest } = connect;
  return rest;
}

/** What is wrong with the DISCONNECT of a client whose session was to be kept for `sessionExpiryInterval` seconds. */
export function disconnectFault(packet: DisconnectPacket, sessionExpiryInterval: number): Malformed | undefined {
  const { properties, reasonCode } = packet;
  if ((properties.sessionExpiryInterval ?? 0) > 0 && sessionExpiryInterval === 0) {
    return new Malformed(ReasonCode.protocolError, '', 'DISCONNECT prolongs a session that was to end with it');
  }
  if (mayClientDisconnectWith(reasonCode)) return undefined;
  const detail = `clients do not disconnect with the reason ${reasonName(reasonCode)}`;
  return new Malformed(ReasonCode.protocolError, 'MQTT-3.14.2-1', detail); // [MQTT-3.14.2-1]
}
