// SessionStore: the sessions of a broker in the journal: until when they are kept, and what they subscribe to. Their
// messages are queues of their own, their flows stand with everybody's.
//
//   sessions       client id -> expiry in seconds, wall clock when its device left (0: it is connected), durability
//   subscriptions  client id, U+0000, filter -> what was asked for
//
// A session whose record is damaged is still known by its queue: it goes on as if its device had just left, since that
// device believes in it, and to what is left of it a new session must not be added.
//
// Bounded by the limits of the session table.
import { allocateBytes, type Bytes, bytesOfText, textOfBytes } from '../../protocol/wire/bytes.ts';
import { type Durability, durabilities } from '../base/durability.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';
import { deadlineOf } from '../queue/stored-message.ts';
import type { SubscriptionOptions } from '../router/destination.ts';

/** A session as an earlier process left it. */
export interface SavedSession {
  readonly clientId: string;
  /** In ms of the monotonic clock; Infinity: for ever. */
  readonly expiresAt: number;
  readonly expirySeconds: number;
  /** As it was then. */
  readonly durability: Durability | undefined;
  readonly subscriptions: ReadonlyMap<string, SubscriptionOptions>;
}

const forEver = 0xffff_ffff;
/** How long a session is kept whose own word on that is lost: a week, in seconds. */
const damagedExpirySeconds = 604_800;
const queuePrefix = 'session/';
const optionBytes = 8;

/** Keeps sessions beyond the process. */
export class SessionStore {
  readonly storage: Storage;
  readonly #sessions: KeptValues;
  readonly #subscriptions: KeptValues;

  constructor(storage: Storage) {
    this.storage = storage;
    this.#sessions = storage.journal.keyed('sessions');
    this.#subscriptions = storage.journal.keyed('subscriptions');
  }

  /** A device is connected; its session is to be kept for `expirySeconds` from when it leaves. */
  connected(clientId: string, expirySeconds: number, durability: Durability): void {
    this.#put(clientId, expirySeconds, 0, durability);
  }

  /** A device has left. */
  left(clientId: string, expirySeconds: number, durability: Durability): void {
    this.#put(clientId, expirySeconds, this.storage.clock.wallMs(), durability);
  }

  /** Calls `done` when everything that was told so far is as safe as a level says. */
  wait(done: () => void, durability: Durability): void {
    if (durability === 'memory') done();
    else this.storage.journal.wait({ stored: done }, durability === 'synced');
  }

  /** A session subscribes to a filter. */
  subscribed(clientId: string, filter: string, options: SubscriptionOptions): void {
    const bytes = allocateBytes(optionBytes).fill(0);
    bytes[0] = options.qos | (options.isNoLocal ? 4 : 0) | (options.isRetainAsPublished ? 8 : 0);
    bytes.writeUInt32BE(options.identifier, 4);
    this.#subscriptions.put(`${clientId}\0${filter}`, bytes);
  }

  /** A session subscribes to a filter no more. */
  unsubscribed(clientId: string, filter: string): void {
    this.#subscriptions.delete(`${clientId}\0${filter}`);
  }

  /** A session is over. */
  ended(clientId: string, filters: Iterable<string>): void {
    for (const filter of filters) this.unsubscribed(clientId, filter);
    this.#sessions.delete(clientId);
    this.storage.forget(queueNameOf(clientId));
  }

  /** What an earlier process left. */
  async load(): Promise<readonly SavedSession[]> {
    const { journal, clock } = this.storage;
    const subscriptions = new Map<string, Map<string, SubscriptionOptions>>();
    await journal.load(this.#subscriptions, (key, value) => {
      const at = key.indexOf('\0');
      const clientId = key.slice(0, at);
      const own = subscriptions.get(clientId) ?? new Map<string, SubscriptionOptions>();
      subscriptions.set(clientId, own.set(key.slice(at + 1), optionsOf(value)));
      return true;
    });
    const saved: SavedSession[] = [];
    await journal.load(this.#sessions, (clientId, value) => {
      const [seconds, left, level] = textOfBytes(value).split(' ');
      const [expirySeconds, leftAt] = [Number(seconds), Number(left)];
      if (Number.isNaN(expirySeconds) || Number.isNaN(leftAt)) return false;
      const durability = durabilities.find((one) => one === level);
      const expiryMs = expirySeconds * 1000;
      const ends = leftAt === 0 ? clock.now() + expiryMs : deadlineOf(leftAt, expiryMs, clock);
      const expiresAt = expirySeconds >= forEver ? Number.POSITIVE_INFINITY : ends;
      const own = subscriptions.get(clientId) ?? new Map<string, SubscriptionOptions>();
      saved.push({ clientId, expirySeconds, expiresAt, durability, subscriptions: own });
      return true;
    });
    const known = new Set(saved.map(({ clientId }) => clientId));
    for (const name of journal.names) {
      const clientId = name.startsWith(queuePrefix) ? name.slice(queuePrefix.length) : undefined;
      if (clientId === undefined || known.has(clientId)) continue;
      const own = subscriptions.get(clientId) ?? new Map<string, SubscriptionOptions>();
      const expiresAt = clock.now() + damagedExpirySeconds * 1000;
      const expirySeconds = damagedExpirySeconds;
      // once: the week does not begin again at the next start
      this.#put(clientId, expirySeconds, clock.wallMs(), 'synced');
      saved.push({ clientId, expirySeconds, expiresAt, durability: undefined, subscriptions: own });
    }
    return saved;
  }

  #put(clientId: string, expirySeconds: number, leftAt: number, durability: Durability): void {
    this.#sessions.put(clientId, bytesOfText(`${expirySeconds} ${leftAt} ${durability}`));
  }
}

/** The name of a session's queue. */
export function queueNameOf(clientId: string): string {
  return `${queuePrefix}${clientId}`;
}

function optionsOf(value: Bytes): SubscriptionOptions {
  const flags = value[0] ?? 0;
  const qos = flags & 3;
  return {
    qos: qos === 2 ? 2 : qos === 1 ? 1 : 0,
    isNoLocal: (flags & 4) !== 0,
    isRetainAsPublished: (flags & 8) !== 0,
    identifier: value.readUInt32BE(4),
  };
}
