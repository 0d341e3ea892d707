// DeviceIdentity: who a device is, for the rules, and what it showed when it came in, for the methods that decide about
// logins. Address and port cost a system call each, so they are found out when somebody asks. Classes, and no literals
// with getters: V8 gives each of those a shape and a table of its own, which were a tenth of an idle connection.
import type { ConnectPacket } from '../../protocol/wire/packets.ts';
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { Identity } from '../access/acl.ts';
import type { Admission, Login } from '../access/login.ts';
import type { Link } from '../link/link.ts';

/** Whom the access rules see in a device that was admitted. */
export class DeviceIdentity implements Identity {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly isSuperuser: boolean;
  readonly rules: Identity['rules'];
  readonly #link: Link;

  constructor(clientId: string, { username, isSuperuser, rules }: Admission, link: Link) {
    this.clientId = clientId;
    this.username = username;
    this.isSuperuser = isSuperuser;
    this.rules = rules;
    this.#link = link;
  }

  /** See `Identity`. */
  get address(): string {
    return this.#link.remoteAddress;
  }

  /** See `Identity`. */
  get fingerprint(): string | undefined {
    return this.#link.peerCertificate?.fingerprint256;
  }
}

/** What a device shows on its way in. */
export class ShownLogin implements Login {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Login['password'];
  readonly version: ProtocolVersion;
  readonly isAnonymousAllowed: boolean | undefined;
  readonly #link: Link;

  constructor(connect: ConnectPacket, link: Link, isAnonymousAllowed: boolean | undefined) {
    this.clientId = connect.clientId;
    this.username = connect.username;
    this.password = connect.password;
    this.version = connect.version;
    this.isAnonymousAllowed = isAnonymousAllowed;
    this.#link = link;
  }

  /** See `Login`. */
  get address(): string {
    return this.#link.remoteAddress;
  }

  /** See `Login`. */
  get port(): number {
    return this.#link.localPort;
  }

  /** See `Login`. */
  get certificate(): Login['certificate'] {
    return this.#link.peerCertificate;
  }
}

/** The address of a device in a line of the log, found out when the line is really written. */
export class LoggedAddress {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  /** What is written. */
  toJSON(): string {
    return this.#link.remoteAddress;
  }
}
