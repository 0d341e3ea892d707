// ScramAuthenticator: SCRAM-SHA-256 over the broker's table of users. A user who does not exist, or whose stored hash
// does not serve for SCRAM, has a conversation like any other; it fails at its end, and only the log
// knows why.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Random } from '../ports/ports.ts';
import { scramMethod } from '../secrets/scram.ts';
import { ScramServer } from '../secrets/scram-server.ts';
import type { Authentication, AuthenticationStep, Authenticator } from './authenticator.ts';
import type { Admission } from './login.ts';
import type { UserTable } from './user-table.ts';

/** What the method needs of the broker's access. */
export interface ScramGround {
  readonly random: Random;
  /** The users of this moment. */
  readonly users: () => UserTable;
  /** What a user who has proved itself may rely on. */
  readonly admit: (username: string) => Admission;
}

/** SCRAM-SHA-256. */
export class ScramAuthenticator implements Authenticator {
  /** See `Authenticator`. */
  readonly method: string = scramMethod;
  readonly #ground: ScramGround;

  constructor(ground: ScramGround) {
    this.#ground = ground;
  }

  /** See `Authenticator`. */
  begin(): Authentication {
    return new Conversation(this.#ground);
  }
}

class Conversation implements Authentication {
  readonly #ground: ScramGround;
  readonly #server: ScramServer;
  #username: string | undefined;

  constructor(ground: ScramGround) {
    this.#ground = ground;
    this.#server = new ScramServer(ground.random.bytes(18));
  }

  async next(data: Bytes | undefined): Promise<AuthenticationStep> {
    if (this.#username !== undefined) return this.#finish(this.#username, data);
    // a client that has nothing to say in CONNECT is asked to begin
    if (data === undefined || data.length === 0) return { kind: 'challenge', data: undefined };
    const username = this.#server.claimed(data);
    if (username === undefined) return { kind: 'deny', reasonCode: ReasonCode.notAuthorized, why: 'wrong-proof' };
    this.#username = username;
    const { verifier } = await this.#ground.users().verifierOf(username);
    return { kind: 'challenge', data: this.#server.challenge(verifier) };
  }

  #finish(username: string, data: Bytes | undefined): AuthenticationStep {
    const signature = data && this.#server.prove(data);
    return signature
      ? { kind: 'allow', admission: this.#ground.admit(username), data: signature }
      : { kind: 'deny', reasonCode: ReasonCode.notAuthorized, why: 'wrong-proof' };
  }
}
