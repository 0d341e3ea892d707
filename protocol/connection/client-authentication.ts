// ClientAuthentication: how a client proves who it is by a method of enhanced authentication (5.0 section 4.12), and
// the judge of every AUTH that a server sends. The method itself is the owner's: it is asked for bytes and answers,
// at once or later; a connection that ended meanwhile does not hear the answer.
//
//   begin -> CONNECT or AUTH 0x19 --AUTH 0x18--> challenged -> AUTH 0x18 ... --CONNACK 0 or AUTH 0x00--> finished
import type { Bytes } from '../wire/bytes.ts';
import { Malformed } from '../wire/malformed.ts';
import type { AuthPacket } from '../wire/packets.ts';
import type { Properties } from '../wire/properties.ts';
import { ReasonCode } from '../wire/reason-code.ts';

/** One client's side of a method. One object serves one connection at a time. */
export interface ClientAuthentication {
  /** The name that CONNECT carries, as `SCRAM-SHA-256`. */
  readonly method: string;
  /** Starts anew; what the first packet carries. */
  begin(): Bytes | undefined;
  /** Works out the answer to a challenge: its bytes, or words that say why there is none. Calls `answer` once. */
  challenged(data: Bytes | undefined, answer: (data: Bytes | string) => void): void;
  /** The server has accepted; words that say why it is not believed, undefined when it is. */
  finished(data: Bytes | undefined): string | undefined;
}

/** What is wrong with properties that must name the client's method [MQTT-4.12.0-5]. */
export function methodFault(method: string, properties: Properties): Malformed | undefined {
  const { authenticationMethod } = properties;
  if (authenticationMethod === method) return undefined;
  const named = authenticationMethod === undefined ? 'no method' : `the method ${authenticationMethod}`;
  return wrong('MQTT-4.12.0-5', `the server names ${named}, CONNECT named ${method}`);
}

/** What is wrong with an AUTH from a server; `isUnderway`: an authentication has begun and is not finished. */
export function authFault(packet: AuthPacket, method: string | undefined, isUnderway: boolean): Malformed | undefined {
  if (method === undefined) return wrong('MQTT-4.12.0-6', 'AUTH came, but CONNECT named no method');
  const fault = methodFault(method, packet.properties);
  if (fault) return fault;
  const isLegal = isUnderway && packet.reasonCode !== ReasonCode.reAuthenticate;
  // [MQTT-4.12.0-2]
  const detail = `AUTH with reason code 0x${packet.reasonCode.toString(16)} does not fit here`;
  return isLegal ? undefined : wrong('MQTT-4.12.0-2', detail);
}

function wrong(statement: string, detail: string): Malformed {
  return new Malformed(ReasonCode.protocolError, statement, detail);
}
