// DeviceLogin: one device on its way in, from CONNECT to the decision; and later, when it proves again who it is. It
// brings together the protocol machine (which stops scanning meanwhile, and has the deadline), the broker's access and,
// for enhanced authentication, one conversation.
//
//   CONNECT -> chain of methods ------------------------------> admitted or refused
//   CONNECT with a method, AUTH 0x19 -> conversation, any number of rounds -> admitted or refused
//
// Decisions may come later than the connection lives: then nobody hears of them.
import type { ServerConnection } from '../../protocol/connection/server-connection.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { ConnectPacket } from '../../protocol/wire/packets.ts';
import { ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import { denial } from '../access/access.ts';
import type { Authentication, AuthenticationStep } from '../access/authenticator.ts';
import { certificateUser } from '../access/certificate-name.ts';
import { type Admission, type Decision, isGuess, type Login } from '../access/login.ts';
import type { Link } from '../link/link.ts';
import type { BrokerRooms } from './broker-rooms.ts';
import { LoggedAddress, ShownLogin } from './device-identity.ts';

/** Told when the device is in; `data` is the last word of its method. */
export type Admitted = (admission: Admission, data: Bytes | undefined) => void;

/** One device that proves who it is. */
export class DeviceLogin {
  readonly #rooms: BrokerRooms;
  readonly #machine: ServerConnection;
  readonly #login: Login;
  readonly #method: string | undefined;
  readonly #admitted: Admitted;
  #conversation: Authentication | undefined;
  #isConnected = false;
  #isOver = false;

  constructor(
    rooms: BrokerRooms,
    machine: ServerConnection,
    shown: { readonly connect: ConnectPacket; readonly link: Link },
    admitted: Admitted,
  ) {
    this.#rooms = rooms;
    this.#machine = machine;
    this.#login = new ShownLogin(shown.connect, shown.link, rooms.options.isAnonymousAllowed);
    this.#method = shown.connect.properties.authenticationMethod;
    this.#admitted = admitted;
  }

  /** Begins with what CONNECT or AUTH 0x19 brought. */
  begin(data: Bytes | undefined): void {
    const { access, options } = this.#rooms;
    const method = this.#method;
    if (!this.#isConnected && options.versions?.includes(this.#login.version) === false) {
      this.#take(denial('version-not-served', ReasonCode.unsupportedProtocolVersion));
      return;
    }
    const user = certificateUser(options.certificateName, this.#login.certificate);
    if (user !== undefined) {
      this.#take({ kind: 'allow', admission: access.admissionOf('certificate', user) });
      return;
    }
    if (method === undefined) {
      const decision = access.authenticate(this.#login);
      if (decision instanceof Promise) this.#later(decision);
      else this.#take(decision);
      return;
    }
    const wait = access.penance(this.#login);
    if (wait === undefined) this.#converse(method, data);
    else void wait.then(() => this.#converse(method, data));
  }

  #converse(method: string, data: Bytes | undefined): void {
    if (this.#isOver) return;
    this.#conversation = this.#rooms.access.converse(method, this.#login);
    // [MQTT-4.12.0-1]
    if (this.#conversation === undefined) this.#take(denial('unknown-method', ReasonCode.badAuthenticationMethod));
    else this.next(data);
  }

  /** Goes on with what AUTH brought. */
  next(data: Bytes | undefined): void {
    const step = this.#conversation?.next(data);
    if (step instanceof Promise) this.#later(step);
    else if (step !== undefined) this.#take(step);
  }

  /** The device is in: what comes from now on is a new beginning. */
  connected(): void {
    this.#isConnected = true;
  }

  /** The connection is over. */
  over(): void {
    this.#isOver = true;
  }

  #later(pending: Promise<Decision | AuthenticationStep>): void {
    pending.then(
      (step) => this.#take(step),
      (error: unknown) => {
        this.#rooms.log.error({ clientId: this.#login.clientId, error: String(error) }, 'a login could not be decided');
        this.#take(denial('busy', ReasonCode.serverUnavailable));
      },
    );
  }

  #take(step: Decision | AuthenticationStep): void {
    if (this.#isOver) return;
    switch (step.kind) {
      case 'challenge':
        this.#machine.challenge(step.data);
        return;
      case 'allow':
        this.#admitted(step.admission, 'data' in step ? step.data : undefined);
        return;
      case 'deny':
        this.#refuse(step);
        return;
      default:
        step satisfies never;
    }
  }

  #refuse({ reasonCode, why }: Extract<Decision, { readonly kind: 'deny' }>): void {
    const { log, counters, access } = this.#rooms;
    const { clientId, username, address } = this.#login;
    counters.refusedLogins.add(why);
    if (isGuess(why)) access.refused(this.#login);
    log.info({ clientId, username, address, why }, `refused: ${reasonName(reasonCode)}`);
    // [MQTT-4.12.0-4] [MQTT-4.12.1-2]
    if (this.#isConnected) this.#machine.disconnect(ReasonCode.notAuthorized, reasonName(reasonCode));
    else this.#machine.refuse(reasonCode, reasonName(reasonCode));
  }
}

/** Tells log and listeners that a device is here. The address is found out when the line is really written. */
export function tellConnected(rooms: BrokerRooms, { version }: ConnectPacket, clientId: string, link: Link): void {
  rooms.log.debug({ clientId, version, address: new LoggedAddress(link) }, 'device connected');
  rooms.onDevice?.('connected', clientId);
}
