// SessionEnding: a session at a server that is to be over for good. 5.0 says so at DISCONNECT; in 3.x, or without a
// connection, a clean session takes its place and ends.
//
//   asked --5.0, connected--> DISCONNECT with expiry 0 --> over
//         --else--> next connection is clean --> over
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
  readonly #server: RemoteServer;
  #isOver = false;

  /** From now on the server is asked for a new session. */
  constructor(server: RemoteServer, done: () => void) {
    this.#server = server;
    this.done = done;
    server.isCleanDue = true;
  }

  /** Whether the server has been told, so that there is no session when the line is gone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** There is a connection with the session that is to end. */
  leave(machine: ClientConnection): void {
    if (this.#server.version === ProtocolVersion.v5) this.connected(machine);
    else machine.disconnect(ReasonCode.success, words);
  }

  /** There is a connection with a session that ends with it. */
  connected(machine: ClientConnection | undefined): void {
    this.#isOver = true;
    const properties = this.#server.version === ProtocolVersion.v5 ? { sessionExpiryInterval: 0 } : noProperties;
    machine?.disconnect(ReasonCode.success, words, properties);
  }
}
