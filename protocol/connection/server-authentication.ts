// ServerAuthentication: where the enhanced authentication of one connection stands (5.0 section 4.12), as the server
// sees it. It exists where CONNECT named a method, and judges every AUTH.
//
//   asked --challenge--> challenged --AUTH 0x18--> asked ... --settled--> idle --AUTH 0x19--> asked
//
// The first round belongs to CONNECT and ends with CONNACK; a later one, on the live connection, with AUTH 0x00.
// Bounded by a deadline for each beginning, however many rounds there are.
import type { Bytes } from '../wire/bytes.ts';
import { Malformed } from '../wire/malformed.ts';
import type { AuthPacket } from '../wire/packets.ts';
import type { Properties } from '../wire/properties.ts';
import { ReasonCode } from '../wire/reason-code.ts';

/** The authentication of one client by a method. */
export class ServerAuthentication {
  /** The method that CONNECT named; it holds as long as the connection [MQTT-4.12.0-5]. */
  readonly method: string;
  /** When an authentication that goes on beside a live connection must be over, in ms; Infinity when none does. */
  deadline: number = Number.POSITIVE_INFINITY;
  #state: 'asked' | 'challenged' | 'idle' = 'asked';

  constructor(method: string) {
    this.method = method;
  }

  /** Whether the client's answer is awaited. */
  get isChallenged(): boolean {
    return this.#state === 'challenged';
  }

  /** Whether the server has the next word. */
  get isAsked(): boolean {
    return this.#state === 'asked';
  }

  /** The server wants to know more. Returns whether it may ask now. */
  challenge(): boolean {
    if (this.#state !== 'asked') return false;
    this.#state = 'challenged';
    return true;
  }

  /** The client has proved who it is. */
  settle(): void {
    this.#state = 'idle';
    this.deadline = Number.POSITIVE_INFINITY;
  }

  /**
   * The method [MQTT-4.12.0-5], and data, as AUTH and CONNACK carry them; where CONNECT named no method there are none
   * [MQTT-4.12.0-6].
   */
  propertiesWith(data: Bytes | undefined): Properties {
    return { authenticationMethod: this.method, ...(data === undefined ? {} : { authenticationData: data }) };
  }

  /** Judges an AUTH: the client begins again, goes on, or may not send it. `deadline` is that of a new beginning. */
  receive(packet: AuthPacket, deadline: number): 'again' | 'on' | Malformed {
    const { authenticationMethod } = packet.properties;
    if (authenticationMethod !== this.method) {
      const named = authenticationMethod === undefined ? 'no method' : `the method ${authenticationMethod}`;
      return wrong('MQTT-4.12.0-5', `AUTH names ${named}, CONNECT named ${this.method}`);
    }
    if (this.#state === 'challenged' && packet.reasonCode === ReasonCode.continueAuthentication) {
      this.#state = 'asked';
      return 'on';
    }
    if (this.#state === 'idle' && packet.reasonCode === ReasonCode.reAuthenticate) {
      this.#state = 'asked';
      this.deadline = deadline;
      return 'again'; // [MQTT-4.12.1-1]
    }
    const statement = this.#state === 'challenged' ? 'MQTT-4.12.0-3' : 'MQTT-4.12.1-1';
    return wrong(statement, `AUTH with reason code 0x${packet.reasonCode.toString(16)} does not fit here`);
  }
}

function wrong(statement: string, detail: string): Malformed {
  return new Malformed(ReasonCode.protocolError, statement, detail);
}
