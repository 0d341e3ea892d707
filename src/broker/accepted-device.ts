// hot path
// AcceptedDevice: what a connection knows once its CONNECT was accepted: who it is, what that rests on, its session,
// what it may publish, and which ways its messages go. The last two are made with the first message, for most devices
// only listen.
// Bounded by `AccessMemory` and `RunRoute`.
import type { RunOutcome } from '../../protocol/connection/run-exchange.ts';
import { withoutPassword } from '../../protocol/connection/server-terms.ts';
import type { ConnectPacket } from '../../protocol/wire/packets.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Identity } from '../access/acl.ts';
import type { Admission } from '../access/login.ts';
import { RunAcceptance } from '../router/run-acceptance.ts';
import { AccessMemory } from './access-memory.ts';
import type { BrokerRooms } from './broker-rooms.ts';
import type { DeviceSession } from './device-session.ts';
import { RunRoute } from './run-route.ts';

/** Who was accepted. */
export interface AcceptedParts {
  readonly connect: ConnectPacket;
  readonly identity: Identity;
  readonly session: DeviceSession;
  /** What let the device in. */
  readonly admission: Admission;
}

/** What bridges of other brokers tell of themselves, as mosquitto's and ours do. */
const bridgeState = /^\$SYS\/broker\/connection\/[^/]+\/(?:state|status)$/;

/** Whether only we publish there: the state of the broker. And nobody can hear what is below `$share`. */
function isOurs(topic: string): boolean {
  if (!topic.startsWith('$S') && !topic.startsWith('$s')) return false;
  return topic.startsWith('$share/') || (topic.startsWith('$SYS/') && !bridgeState.test(topic));
}

/** One accepted device. */
export class AcceptedDevice {
  readonly connect: ConnectPacket;
  readonly identity: Identity;
  readonly session: DeviceSession;
  /** In ms of the monotonic clock. */
  readonly acceptedAt: number;
  readonly #rooms: BrokerRooms;
  #admission: Admission;
  /** What the admission rested on. */
  #standing: string | undefined;
  #memory: AccessMemory | undefined;
  #route: RunRoute | undefined;

  constructor(rooms: BrokerRooms, parts: AcceptedParts) {
    this.#rooms = rooms;
    this.connect = withoutPassword(parts.connect);
    this.identity = parts.identity;
    this.session = parts.session;
    this.acceptedAt = rooms.turn.now;
    this.#admission = parts.admission;
    this.#standing = this.#standingNow;
  }

  /** When what let the device in is over, in ms of the monotonic clock; Infinity if never. */
  get expiresAt(): number {
    return this.#admission.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  /** Whether what it was let in by still stands. */
  get isStillKnown(): boolean {
    return this.#standingNow === this.#standing;
  }

  /** The device has proved again who it is. */
  admit(admission: Admission): void {
    this.#admission = admission;
    this.#standing = this.#standingNow;
  }

  get #standingNow(): string | undefined {
    const { access, options } = this.#rooms;
    return access.standingOf(this.#admission, options.isAnonymousAllowed);
  }

  /** Whether it may publish to a topic; a promise where that is asked elsewhere. */
  mayPublish(topic: string): boolean | Promise<boolean> {
    const { access, options } = this.#rooms;
    this.#memory ??= new AccessMemory(access, this.identity, options.topicLevelsMax);
    return !isOurs(topic) && this.#memory.mayPublish(topic);
  }

  /** See `RunRoute.wayOf`. */
  wayOf(topic: string): object | undefined {
    this.#route ??= this.#openRoute();
    return this.#route.wayOf(topic);
  }

  /** See `RunRoute.forward`. */
  forward(run: PublishRun, ticket: number): RunOutcome {
    return this.#route?.forward(run, ticket) ?? 'declined';
  }

  #openRoute(): RunRoute {
    const { router, access, options } = this.#rooms;
    const { flows } = this.session;
    const accepted = (ticket: number, count: number): void => flows.acceptRun(ticket, count);
    const acceptance = new RunAcceptance(options.publishDurability, accepted);
    return new RunRoute({ router, access, version: this.connect.version, acceptance });
  }
}
