// SessionEnding: a session at a server that is to be over for good. A clean session takes its place, and ends with its
// connection: the CONNACK says that the one before is gone, while a DISCONNECT may get lost with the line.
//
//   asked --connected--> DISCONNECT (5.0: with expiry 0, which mostly is enough) --> dialled again
//         --else--> dialled --> CONNECT with a clean session (5.0: with expiry 0) --CONNACK--> over
import type { ClientConnection } from '../../protocol/connection/client-connection.ts';
import { noProperties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { RemoteServer } from './remote-server.ts';

const words = 'the session is not needed any more';

/** The end of one session. */
export class SessionEnding {
  /** Told when it is over. */
  readonly done: () => void;
  /** Where a clean session was asked for last. */
  #server: RemoteServer | undefined;
  readonly #isBrief: boolean;
  #isOver = false;

  /** `isBrief`: a DISCONNECT of 5.0 is enough, whether or not it gets there; there is no time for more. */
  constructor(done: () => void, isBrief: boolean) {
    this.done = done;
    this.#isBrief = isBrief;
  }

  /** Whether the server has confirmed it, as far as that is waited for. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A connection to a server begins: with a session that ends with it. */
  opening(server: RemoteServer): void {
    server.isCleanDue = true;
    server.isSessionEnding = true;
    this.#server = server;
  }

  /** There is a connection to a server. */
  connected(machine: ClientConnection | undefined, { version }: RemoteServer): void {
    this.#isOver = this.#server !== undefined || (this.#isBrief && version === ProtocolVersion.v5);
    const properties = version === ProtocolVersion.v5 ? { sessionExpiryInterval: 0 } : noProperties;
    machine?.disconnect(ReasonCode.success, words, properties);
  }
}
