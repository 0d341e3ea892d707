// LiveFeed: what happens, as it happens, to everybody who listens: server-sent events with the same shapes that the
// API returns. Events have numbers, so that a receiver goes on after a break where it was; the status of each second
// has none, for the next one says it all. A receiver who may not see it any more is sent away within a second.
// Bounded: `receiversMax` receivers, `keptMax` events for those who come back; slow ones skip.
import type { LiveEvent } from './api-types.ts';
import { type EventStream, eventText } from './event-stream.ts';
import { HttpRefusal } from './http-refusal.ts';

const receiversMax = 100;
const keptMax = 500;

interface Receiver {
  readonly stream: EventStream;
  readonly kinds: ReadonlySet<string> | undefined;
  readonly isAllowed: () => boolean;
}

/** How somebody listens. */
export interface Listening {
  /** Undefined: all kinds. */
  readonly kinds: ReadonlySet<string> | undefined;
  /** The last event that came; undefined: from now on. */
  readonly lastId: number | undefined;
  readonly isAllowed: () => boolean;
}

/** Tells everybody who listens. */
export class LiveFeed {
  readonly #receivers = new Set<Receiver>();
  readonly #kept: { readonly id: number; readonly kind: string; readonly text: string }[] = [];
  #lastId = 0;

  /** Whether anybody listens: what is only for them need not be made otherwise. */
  get hasReceivers(): boolean {
    return this.#receivers.size > 0;
  }

  /** Throws HttpRefusal when there are as many as there may be. */
  checkRoom(): void {
    if (this.#receivers.size >= receiversMax) throw new HttpRefusal('UNAVAILABLE', `${receiversMax} listen already`);
  }

  /** Begins to tell somebody. Returns how to stop. */
  listen(stream: EventStream, { kinds, lastId, isAllowed }: Listening): () => void {
    const receiver = { stream, kinds, isAllowed };
    if (lastId !== undefined && lastId <= this.#lastId) {
      const oldest = this.#kept[0]?.id ?? this.#lastId + 1;
      stream.skip(oldest - 1 - lastId);
      for (const { id, kind, text } of this.#kept) {
        if (id > lastId && isWanted(receiver, kind)) stream.send(text);
      }
    }
    this.#receivers.add(receiver);
    return () => this.#receivers.delete(receiver);
  }

  /** Tells an event. */
  tell({ kind, data }: LiveEvent): void {
    if (kind === 'status') {
      this.#send(kind, eventText(kind, data));
      return;
    }
    const id = ++this.#lastId;
    const text = eventText(kind, data, id);
    this.#kept.push({ id, kind, text });
    if (this.#kept.length > keptMax) this.#kept.shift();
    this.#send(kind, text);
  }

  /** Sends those away who may not listen any more. */
  review(): void {
    for (const receiver of this.#receivers) {
      if (receiver.isAllowed()) continue;
      this.#receivers.delete(receiver);
      receiver.stream.end();
    }
  }

  /** Sends everybody away. */
  close(): void {
    for (const { stream } of this.#receivers) stream.end();
    this.#receivers.clear();
  }

  #send(kind: string, text: string): void {
    for (const receiver of this.#receivers) if (isWanted(receiver, kind)) receiver.stream.send(text);
  }
}

function isWanted({ kinds }: Receiver, kind: string): boolean {
  return kinds === undefined || kinds.has(kind);
}
