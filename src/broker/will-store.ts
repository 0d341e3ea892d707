// WillStore: the wills that wait for their delay, in the journal, so that a device that has vanished is told of
// although the broker was down when its time came. One value for each client id; the moment is kept like every
// deadline. Bounded by the sessions: at most one will waits for each.
import { allocateBytes } from '../../protocol/wire/bytes.ts';
import { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';
import { readMessage, storedBytesOf, writeMessage } from '../queue/stored-message.ts';

/** A will that waits. */
export interface WaitingWill {
  /** Without a deadline of its own: that begins when it is published. */
  readonly message: Message;
  /** In ms of the monotonic clock. */
  readonly dueAt: number;
  /** How long it may be delivered once it is published, in seconds; undefined for ever. */
  readonly expirySeconds: number | undefined;
}

const noExpiry = 0xffff_ffff;

/** Keeps waiting wills beyond the process. */
export class WillStore {
  readonly #storage: Storage;
  readonly #wills: KeptValues;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#wills = storage.journal.keyed('wills');
  }

  /** A will waits. */
  put(clientId: string, { message, dueAt, expirySeconds }: WaitingWill): void {
    const tags = [expirySeconds ?? noExpiry];
    const { topic, payload, qos, retain, properties, origin } = message;
    const timed = new Message({ topic, payload, qos, retain, properties, origin, expiresAt: dueAt });
    const bytes = allocateBytes(storedBytesOf(timed, tags));
    const end = writeMessage(bytes, 0, { message: timed, tags }, this.#storage.clock);
    this.#wills.put(clientId, bytes.subarray(0, end));
  }

  /** A will waits no more. */
  remove(clientId: string): void {
    this.#wills.delete(clientId);
  }

  /** Tells of all wills that an earlier process left waiting. */
  async load(visit: (clientId: string, will: WaitingWill) => void): Promise<void> {
    const { journal, clock } = this.#storage;
    await journal.load(this.#wills, (clientId, value) => {
      const stored = readMessage(value, new Origin('will', clientId), clock);
      if (stored === undefined) return false;
      const { message: timed, tags } = stored;
      const { topic, payload, qos, retain, properties, origin } = timed;
      const [expiry = noExpiry] = tags;
      const message = new Message({ topic, payload, qos, retain, properties, origin });
      visit(clientId, { message, dueAt: timed.expiresAt, expirySeconds: expiry === noExpiry ? undefined : expiry });
      return true;
    });
  }
}
