// PoisonWatch: a message that costs the link, each time the remote gets it. The first that is underway when the remote
// hangs up without a word that explains it is suspected; when that has happened often enough, the window opens for it
// alone, and if the link ends again it was that message: it is given up, so that the others go on.
//
//   free --the link ends on X--> X suspected --`poisonLossesMax` times--> X alone --on X--> X given up --> free
//      ^---- X is settled, or the link ends on another message ----------------'
//
// Over restarts the suspicion is a key of a stream without values, since keys are at hand at a start. Bounded: one
// message a lane.
import type { SendEntry } from '../../protocol/session/send-window.ts';
import type { Session } from '../../protocol/session/session.ts';
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';
import type { BridgeOptions } from './bridge-options.ts';

/** What it works with. */
export interface PoisonParts {
  /** The name of the flows of the lane. */
  readonly owner: string;
  /** How often a message may cost the link before it goes alone; 0: it is not watched. They may change. */
  readonly options: Pick<BridgeOptions, 'poisonLossesMax'>;
  /** Where the suspicion is kept; absent with a queue in memory. */
  readonly storage: Storage | undefined;
}

const streamName = 'suspects';

/** Watches one lane. */
export class PoisonWatch {
  readonly #parts: PoisonParts;
  readonly #values: KeptValues | undefined;
  #token = 0;
  #losses = 0;

  constructor(parts: PoisonParts) {
    this.#parts = parts;
    const { storage, owner } = parts;
    if (storage?.knows(streamName) !== true) return;
    this.#values = storage.journal.keyed(streamName);
    for (const key of this.#values.keys()) {
      if (!key.startsWith(`${owner}\0`)) continue;
      const [token = 0, losses = 0] = key
        .slice(owner.length + 1)
        .split(' ')
        .map(Number);
      [this.#token, this.#losses] = [token, losses];
    }
  }

  /** A line is about to be opened: a message that is suspected for sure goes alone. */
  opening(session: Session): void {
    if (this.#isAlone) session.narrow();
    else session.widen();
  }

  /** The remote hung up. Returns the message that it did not bear, which the session has given up. */
  cut(session: Session): SendEntry | undefined {
    const first = session.sendWindow.entries().find(({ state, token }) => state === 'published' && token > 0);
    if (this.#parts.options.poisonLossesMax === 0 || first === undefined) return undefined;
    if (first.token !== this.#token) this.#change(session, first.token, 0);
    if (this.#isAlone) {
      this.#change(session, 0, 0);
      session.giveUp(first.token);
      return first;
    }
    this.#change(session, first.token, this.#losses + 1);
    return undefined;
  }

  /** The remote has the last word on a message: whichever it was, the one that went alone did no harm. */
  settled(session: Session, { token, state }: Pick<SendEntry, 'token' | 'state'>): void {
    if (this.#token === 0 || (token !== this.#token && (state === 'released' || !this.#isAlone))) return;
    this.#change(session, 0, 0);
  }

  /** The messages are in another queue now, under other numbers. */
  forget(session: Session): void {
    if (this.#token > 0) this.#change(session, 0, 0);
  }

  get #isAlone(): boolean {
    return this.#token > 0 && this.#losses >= this.#parts.options.poisonLossesMax;
  }

  #change(session: Session, token: number, losses: number): void {
    const { storage, owner } = this.#parts;
    const values = storage === undefined ? undefined : (this.#values ?? storage.journal.keyed(streamName));
    if (this.#token > 0) values?.delete(keyOf(owner, this.#token, this.#losses));
    session.widen();
    [this.#token, this.#losses] = [token, losses];
    if (token > 0 && losses > 0) values?.put(keyOf(owner, token, losses), emptyBytes);
  }
}

/** A bridge is gone for good: the owners of its lanes are what `isOwn` says. */
export function forgetSuspects(storage: Storage, isOwn: (owner: string) => boolean): void {
  if (!storage.knows(streamName)) return;
  const values = storage.journal.keyed(streamName);
  for (const key of [...values.keys()]) if (isOwn(key.slice(0, key.indexOf('\0')))) values.delete(key);
}

function keyOf(owner: string, token: number, losses: number): string {
  return `${owner}\0${token} ${losses}`;
}
