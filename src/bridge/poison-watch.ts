// PoisonWatch: a message that costs the link, each time the remote gets it: the first that is underway when it hangs up
// without a word. It is condemned only by others: a remote that hangs up on all of them, its disk full, costs none.
//
//   free --the link ends on X, `poisonLossesMax` times--> alone: one message at a time, X first; X settled --> free
//   alone --it ends on X--> held back: others go, one at a time, nothing of X's key; `witnessMs` without any --> alone
//   held back --Y is taken--> alone; or, if X cost the link after others had passed, X is given up
//   held back --it ends on Y--> Y is suspected too; with more than `suspectsMax` all are free
//
// Alone is on a new connection each time. Over restarts a suspicion is a key of a stream without values, since keys are
// at hand at a start; what was proven is proven anew. Bounded: `suspectsMax` messages a lane.
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import type { Session } from '../../protocol/session/session.ts';
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { Storage } from '../queue/storage.ts';
import type { BridgeOptions } from './bridge-options.ts';

/** Says of a message, by its sequence and the slot of its key, whether it is not to be sent now. */
export type HeldBack = (sequence: number, slot: number) => boolean;

/** What a watch does with the lane that it watches. */
export interface WatchedLane {
  /** The slot of what a sent message must stay in order with. */
  slotOf(sent: SendEntry): number;
  /** A sent message is suspected: it goes alone from now on. */
  suspected(sent: SendEntry): void;
  /** From now on this is not sent; undefined: all is. */
  holdBack(isHeldBack: HeldBack | undefined): void;
  /** A message is given up: it goes to the dead letters. */
  setAside(token: number): void;
  /** The connection ends in order, and the next one is dialled at once. */
  renew(detail: string): void;
}

/** What it works with. */
export interface PoisonParts {
  /** The name of the flows of the lane. */
  readonly owner: string;
  /** How often a message may cost the link before it goes alone; 0: it is not watched. They may change. */
  readonly options: Pick<BridgeOptions, 'poisonLossesMax'>;
  /** Where the suspicion is kept; absent with a queue in memory. */
  readonly storage: Storage | undefined;
  readonly clock: Clock;
  readonly lane: WatchedLane;
}

interface Suspect {
  readonly token: number;
  readonly losses: number;
  /** That of its key; undefined before it has failed alone, in this process. */
  slot: number | undefined;
  /** Where it cost the link, alone, after others had passed. */
  failedOn: Session | undefined;
}

const streamName = 'suspects';
/** Messages that are suspected together: with one more it is the remote. */
const suspectsMax = 4;
/** How long a suspect waits for another message to go before it, in ms. */
const witnessMs = 30_000;

/** Watches one lane. */
export class PoisonWatch {
  readonly #parts: PoisonParts;
  #phase: 'free' | 'alone' | 'held-back' = 'free';
  /** In the order of the queue. */
  #suspects: readonly Suspect[] = [];
  /** Where others passed while the suspects were held back. */
  #passedOn: Session | undefined;
  /** QoS 2 messages that the remote had before this connection: their end says nothing of it. */
  #ownedBefore = 0;
  #timer: Timer | undefined;

  constructor(parts: PoisonParts) {
    this.#parts = parts;
    const { storage, owner } = parts;
    if (storage?.knows(streamName) !== true) return;
    const own = [...storage.journal.keyed(streamName).keys()].filter((key) => key.startsWith(`${owner}\0`));
    const known = own.map((key) => key.slice(owner.length + 1).split(' '));
    this.#suspects = known.map(([token, losses]) => newSuspect(Number(token), Number(losses)));
    this.#rest();
  }

  /** Whether messages are held back for the sake of a suspect. */
  get isHoldingBack(): boolean {
    return this.#phase === 'held-back';
  }

  /** A line is about to be opened, in a session. */
  opening(session: Session): void {
    const isFree = this.#phase === 'free';
    const isHeldBack = this.isHoldingBack ? this.#isHeldBack : undefined;
    if (isFree) session.widen();
    else session.narrow();
    session.isHeldBack = isHeldBack && ((sent) => isHeldBack(sent.token, this.#parts.lane.slotOf(sent)));
    this.#parts.lane.holdBack(isHeldBack);
    if (!isFree) this.#ownedBefore = session.sendWindow.entries().filter(({ state }) => state === 'released').length;
  }

  /** MQTT is up. */
  connected(): void {
    if (!this.isHoldingBack) return;
    this.#timer = this.#parts.clock.schedule(witnessMs, () => this.#goAlone());
  }

  /** The connection is over. */
  disconnected(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The remote hung up. Returns whether a suspect explains it. */
  cut(session: Session): boolean {
    const first = this.#parts.options.poisonLossesMax > 0 ? this.#firstOf(session) : undefined;
    if (first === undefined) return false;
    const suspect = this.#suspects.find(({ token }) => token === first.token);
    if (this.#phase === 'held-back') return this.#costAlso(first);
    if (this.#phase === 'free' || suspect === undefined) {
      this.#suspect([newSuspect(first.token, (suspect?.losses ?? 0) + 1)]);
      this.#rest();
      if (this.#phase !== 'free') this.#parts.lane.suspected(first);
      return false;
    }
    suspect.slot = this.#parts.lane.slotOf(first);
    if (this.#passedOn === session) suspect.failedOn = session;
    // of others the key is not known, and nothing of it may overtake
    this.#suspect(this.#suspects.filter(({ slot }) => slot !== undefined));
    this.#phase = 'held-back';
    return true;
  }

  /** The remote has the last word on a message; `isTaken`: it has it. */
  settled(session: Session, { token, state }: Pick<SendEntry, 'token' | 'state'>, isTaken: boolean): void {
    if (this.#suspects.length === 0) return;
    const isOld = this.#phase !== 'free' && state === 'released' && this.#ownedBefore > 0;
    if (isOld) this.#ownedBefore--;
    if (this.#suspects.some((one) => one.token === token)) {
      const wasHoldingBack = this.isHoldingBack;
      this.#acquit(session, (one) => one.token === token);
      if (wasHoldingBack) this.#goAlone();
    } else if (!isOld && token > 0) {
      // one at a time: what went after a suspect, which is not underway, was before it no more
      if (this.#phase === 'alone') this.#acquit(session, (one) => one.token < token);
      else if (this.#phase === 'held-back' && isTaken) this.#passed(session);
    }
  }

  /** The messages are in another queue now, under other numbers. */
  forget(session: Session): void {
    if (this.#suspects.length > 0) this.#acquit(session, () => true);
  }

  readonly #isHeldBack: HeldBack = (sequence, slot) =>
    this.#suspects.some((one) => sequence === one.token || (slot === one.slot && sequence > one.token));

  /** The first message that was underway. */
  #firstOf(session: Session): SendEntry | undefined {
    const { lane } = this.#parts;
    return session.sendWindow.entries().find((sent) => {
      if (sent.state !== 'published' || sent.token === 0) return false;
      return !this.isHoldingBack || !this.#isHeldBack(sent.token, lane.slotOf(sent));
    });
  }

  /** The link ended on another message while the suspects were held back. */
  #costAlso(first: SendEntry): boolean {
    const { options, lane } = this.#parts;
    const isRemote = this.#suspects.length >= suspectsMax;
    const also = { ...newSuspect(first.token, options.poisonLossesMax), slot: lane.slotOf(first) };
    this.#suspect(isRemote ? [] : [...this.#suspects, also].sort((one, other) => one.token - other.token));
    if (isRemote) this.#rest();
    return !isRemote;
  }

  /** Another message has passed while the suspects were held back. */
  #passed(session: Session): void {
    const { lane } = this.#parts;
    const condemned = this.#suspects.filter(({ failedOn }) => failedOn === session);
    for (const { token } of condemned) lane.setAside(token);
    const isAnyLeft = this.#isAnyHeldBack(session);
    this.#suspect(this.#suspects.filter((one) => !condemned.includes(one)));
    this.#passedOn = session;
    if (this.#suspects.length > 0 || isAnyLeft) {
      this.#goAlone();
      return;
    }
    this.disconnected();
    lane.holdBack(undefined);
    this.#rest();
    session.widen();
  }

  /** Whether anything that was sent before is not sent on this connection. */
  #isAnyHeldBack(session: Session): boolean {
    const { lane } = this.#parts;
    const sent = session.sendWindow.entries().filter(({ state, token }) => state === 'published' && token > 0);
    return sent.some((one) => this.#isHeldBack(one.token, lane.slotOf(one)));
  }

  /** Nothing is sent again on a live link: what was held back goes on a new one. */
  #goAlone(): void {
    this.disconnected();
    this.#phase = 'alone';
    if (this.#suspects.length === 0) this.#rest();
    this.#parts.lane.renew('a message that was held back is tried again');
  }

  #acquit(session: Session, isAcquitted: (one: Suspect) => boolean): void {
    this.#suspect(this.#suspects.filter((one) => !isAcquitted(one)));
    if (this.#suspects.length > 0) return;
    this.#rest();
    session.widen();
  }

  /** The phase is that of the suspects alone: nothing is known of others. */
  #rest(): void {
    const { poisonLossesMax } = this.#parts.options;
    const isAlone = poisonLossesMax > 0 && this.#suspects.some(({ losses }) => losses >= poisonLossesMax);
    this.#phase = isAlone ? 'alone' : 'free';
    this.#passedOn = undefined;
  }

  #suspect(suspects: readonly Suspect[]): void {
    const { storage, owner } = this.#parts;
    const before = new Set(this.#suspects.map((one) => keyOf(owner, one)));
    const after = new Set(suspects.map((one) => keyOf(owner, one)));
    this.#suspects = suspects;
    if (storage === undefined || (before.size === 0 && after.size === 0)) return;
    const values = storage.journal.keyed(streamName);
    for (const key of before) if (!after.has(key)) values.delete(key);
    for (const key of after) if (!before.has(key)) values.put(key, emptyBytes);
  }
}

/** A bridge is gone for good: the owners of its lanes are what `isOwn` says. */
export function forgetSuspects(storage: Storage, isOwn: (owner: string) => boolean): void {
  storage.forgetKeys(streamName, (key) => isOwn(key.slice(0, key.indexOf('\0'))));
}

function newSuspect(token: number, losses: number): Suspect {
  return { token, losses, slot: undefined, failedOn: undefined };
}

function keyOf(owner: string, { token, losses }: Suspect): string {
  return `${owner}\0${token} ${losses}`;
}
