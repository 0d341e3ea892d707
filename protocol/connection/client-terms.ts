// ClientTerms: what a client connection and its owner agree on: what the owner is told, and how it connects; and what
// is made of a server that accepts or disconnects. Plain data and judgements without state. The machine itself is
// `client-connection.ts`.
import type { SendEntry } from '../session/send-entry.ts';
import { Malformed } from '../wire/malformed.ts';
import type { ConnackPacket, ConnectPacket, DisconnectPacket } from '../wire/packets.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';
import { ReasonCode } from '../wire/reason-code.ts';
import type { ClientAuthentication } from './client-authentication.ts';
import type { ExchangeSink } from './exchange.ts';
import type { RunSink } from './run-exchange.ts';

/** What a client does with one connection. */
export interface ClientSink extends ExchangeSink {
  /**
   * The server has no session, so ours is over: of what was underway, in order, the `published` messages are the
   * owner's again and the `released` ones the server's. Before `connected`.
   */
  sessionLost(entries: readonly SendEntry[]): void;
  /** The server accepted. Whether it has the session is in the packet. */
  connected(connack: ConnackPacket): void;
  /** The server refused; `ended` follows. */
  refused(reasonCode: ReasonCode, detail: string): void;
  /** One reason code for each filter, in order. */
  subscribed(packetId: number, reasonCodes: readonly ReasonCode[]): void;
  /** One reason code for each filter in 5.0; none in 3.x. */
  unsubscribed(packetId: number, reasonCodes: readonly ReasonCode[]): void;
  /** The server has accepted what `reauthenticate` began. */
  reauthenticated?(): void;
}

/** How a client connects. */
export interface ClientTerms {
  readonly connect: ConnectPacket;
  /**
   * Whether anything is remembered here of a session that the server may have: where nothing is, it is not gone on
   * with, in 5.0. Default true.
   */
  readonly hasState?: boolean;
  /** Longest wait for CONNACK and for PINGRESP, in ms. */
  readonly answerTimeoutMs: number;
  /** Longest time without any acknowledgement while some are owed, in ms; 0 turns it off. */
  readonly acknowledgeTimeoutMs: number;
  /** QoS 2 messages underway at most; default as the server allows. */
  readonly qos2WindowMax?: number;
  /** Hears of runs that were sent; default nobody, and none can be sent. */
  readonly runSink?: RunSink;
  /** Proves who the client is by a method of enhanced authentication, 5.0 only; default user name and password. */
  readonly authentication?: ClientAuthentication;
}

/**
 * The statement that a server's session breaks which nobody here knows of: `ConnectionEnd.statement` then. The owner is
 * to connect anew with clean start.
 */
export const unknownSession = 'MQTT-3.2.2-4';

/** What is wrong with the word of a server that has accepted, and with its session. */
export function connackFault({ sessionPresent, properties }: ConnackPacket, terms: ClientTerms): Malformed | undefined {
  const { connect, hasState = true } = terms;
  const isV5 = connect.version === ProtocolVersion.v5;
  if (isV5 && connect.clientId === '' && properties.assignedClientIdentifier === undefined) {
    return wrong('MQTT-3.2.2-16', 'no client identifier was assigned to a client that has none');
  }
  if (terms.authentication === undefined && properties.authenticationMethod !== undefined) {
    return wrong('MQTT-4.12.0-6', 'CONNACK names an authentication method, CONNECT named none');
  }
  if (!sessionPresent) return undefined;
  // [MQTT-3.2.2-4] 3.1.1 lets a client without state go on
  if (connect.cleanStart) return wrong(unknownSession, 'a session is present that was to start clean');
  if (hasState || !isV5) return undefined;
  return wrong(unknownSession, 'the server has a session of which nothing is left here');
}

/** What is wrong with the DISCONNECT of a server [MQTT-3.14.2-1] [MQTT-3.14.2-2]. */
export function serverDisconnectFault({ properties, reasonCode }: DisconnectPacket): Malformed | undefined {
  if (reasonCode === ReasonCode.disconnectWithWill) {
    return wrong('MQTT-3.14.2-1', 'servers do not disconnect with the reason disconnect with will');
  }
  if (properties.sessionExpiryInterval === undefined) return undefined;
  return wrong('MQTT-3.14.2-2', 'DISCONNECT of a server with a session expiry interval');
}

function wrong(statement: string, detail: string): Malformed {
  return new Malformed(ReasonCode.protocolError, statement, detail);
}
