// Replay: delivers kept messages again, in their order, through the queue of a bridge like any others. It takes the
// next one when the target has taken the last one and the rate allows it, so live messages are never far behind, and
// it tells its progress in the turn in which that happens: another process goes on where this one stopped.
//
//   running <--> waiting (the target is not there, its queue is full, the disk does not read) --> done | cancelled
//
// Bounded: one piece of what is kept in memory; it ends where the kept messages ended when it began.
import { isExpired } from '../../protocol/session/expiry.ts';
import { filterMatches } from '../../protocol/topic/topic-filter.ts';
import { messageOf } from '../base/errors.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { KeptMessage, KeptMessages } from './kept-messages.ts';
import { marked } from './replay-entrance.ts';
import type { ReplayTarget, ReplayWay } from './replay-target.ts';
import { isUnderway, type ReplayCounts, type ReplayRun, type ReplayState, type StoredReplay } from './replay-terms.ts';

/** What a replay works with. */
export interface ReplayParts {
  readonly kept: KeptMessages;
  readonly clock: Clock;
  /** The bridge whose messages they are. */
  readonly name: string;
  /** The bridge of a name; undefined while there is none. */
  readonly targetOf: (name: string) => ReplayTarget | undefined;
  /** The topic that a kept message had here, where its rule says it. */
  readonly localTopicOf: (kept: KeptMessage) => string | undefined;
  /** It has got on, or has ended. */
  readonly progressed: (replay: StoredReplay) => void;
}

/** How long it waits before it looks again for room, and for what is missing, in ms. */
const roomMs = 20;
const missingMs = 1000;
/** How much a rate may catch up, in ms. */
const catchUpMs = 100;

/** One replay at work. */
export class Replay {
  readonly #parts: ReplayParts;
  #stored: StoredReplay;
  /** What was read and is to come, oldest first. */
  #piece: readonly KeptMessage[] = [];
  #place = 0;
  #pieceNext: number;
  /** Ways of the message at the front that it has not gone. */
  #ways: readonly ReplayWay[] | undefined;
  #dueAt = 0;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(parts: ReplayParts, stored: StoredReplay) {
    this.#parts = parts;
    this.#stored = stored;
    this.#pieceNext = stored.next;
  }

  /** What it is, and how far it has got. */
  get run(): ReplayRun {
    const { first, next, end, ...run } = this.#stored;
    const share = run.state === 'done' || end <= first ? 1 : Math.min(1, Math.max(0, (next - first) / (end - first)));
    return { ...run, share };
  }

  /** Whether it has not ended. */
  get isUnderway(): boolean {
    return isUnderway(this.#stored);
  }

  /** Begins, or goes on where an earlier process stopped. */
  start(): void {
    this.#dueAt = this.#parts.clock.now();
    void this.#work();
  }

  /** Ends it. What is in the queue of the target goes on. */
  cancel(): void {
    if (this.isUnderway) this.#end('cancelled');
  }

  /** Does no more in this process. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #work(): Promise<void> {
    let delayMs = 0;
    while (delayMs === 0 && this.isUnderway && !this.#isStopped) {
      delayMs = this.#place < this.#piece.length ? this.#deliver() : await this.#read();
    }
    if (!this.isUnderway || this.#isStopped) return;
    this.#timer = this.#parts.clock.schedule(delayMs, () => void this.#work());
  }

  /** Reads the next piece. Returns how long to wait, in ms. */
  async #read(): Promise<number> {
    const { terms, end } = this.#stored;
    if (this.#pieceNext >= end) {
      this.#end('done');
      return 0;
    }
    try {
      const { messages, lost, next } = await this.#parts.kept.read(this.#pieceNext, end, terms);
      this.#piece = messages;
      this.#place = 0;
      this.#pieceNext = next;
      if (this.isUnderway && lost > 0) this.#count('damaged', lost);
      return 0;
    } catch (error) {
      if (this.isUnderway) this.#wait(`the disk does not read: ${messageOf(error)}`);
      return missingMs;
    }
  }

  /** Delivers what may be delivered now. Returns how long to wait, in ms. */
  #deliver(): number {
    const { clock, targetOf } = this.#parts;
    const target = targetOf(this.#stored.terms.target);
    if (target === undefined || target.isClosed) {
      this.#wait(`there is no bridge ${this.#stored.terms.target}`);
      return missingMs;
    }
    let delayMs = 0;
    while (delayMs === 0 && this.#place < this.#piece.length) {
      delayMs = Math.max(0, this.#dueAt - clock.now());
      if (delayMs > 0 || this.#pass(target)) continue;
      this.#wait('the target has no room');
      delayMs = roomMs;
    }
    this.#parts.progressed(this.#stored);
    return delayMs;
  }

  /** Passes the message at the front on. Returns whether that is done. */
  #pass(target: ReplayTarget): boolean {
    const kept = this.#piece[this.#place];
    if (kept === undefined || !this.#isWanted(kept)) return this.#passed(undefined);
    if (isExpired(kept.message, this.#parts.clock.now())) return this.#passed('expired');
    this.#ways ??= this.#waysOf(kept, target);
    if (this.#ways.length === 0) return this.#passed('unmatched');
    for (let [way] = this.#ways; way !== undefined; [way] = this.#ways) {
      const reason = way();
      const isPassing = reason === 'disk-full' || reason === 'memory-full';
      if (reason !== undefined) return target.isEmpty && !isPassing && this.#passed('refused');
      this.#ways = this.#ways.slice(1);
    }
    const { rate } = this.#stored.terms;
    const now = this.#parts.clock.now();
    if (rate !== undefined) this.#dueAt = Math.max(this.#dueAt, now - catchUpMs) + 1000 / rate;
    return this.#passed('queued');
  }

  #waysOf(kept: KeptMessage, target: ReplayTarget): readonly ReplayWay[] {
    const { name, kept: source, localTopicOf } = this.#parts;
    const message = marked(kept.message, source.options.property, kept.at);
    if (this.#stored.terms.target === name) return target.ownWays({ ...kept, message });
    return target.waysOf(message.withTopic(localTopicOf(kept) ?? message.topic));
  }

  #isWanted(kept: KeptMessage): boolean {
    return isTopicWanted(this.#stored.terms.topic, kept, this.#parts.localTopicOf);
  }

  #passed(fate: keyof ReplayCounts | undefined): true {
    this.#ways = undefined;
    const next = (this.#piece[this.#place]?.sequence ?? this.#stored.next) + 1;
    this.#place++;
    const { detail: _detail, ...rest } = this.#stored;
    this.#stored = { ...rest, state: 'running', next };
    if (fate !== undefined) this.#count(fate, 1);
    return true;
  }

  #count(fate: keyof ReplayCounts, count: number): void {
    const { counts } = this.#stored;
    this.#stored = { ...this.#stored, counts: { ...counts, [fate]: counts[fate] + count } };
  }

  #wait(detail: string): void {
    this.#stored = { ...this.#stored, state: 'waiting', detail };
  }

  #end(state: ReplayState): void {
    this.#timer?.cancel();
    const { detail: _detail, ...rest } = this.#stored;
    this.#stored = { ...rest, state, endedAt: Math.round(this.#parts.clock.wallMs()) };
    this.#parts.progressed(this.#stored);
  }
}

/** Whether a message has a topic, here or at the remote, that is under a filter; without one all are wanted. */
export function isTopicWanted(
  filter: string | undefined,
  kept: KeptMessage,
  localTopicOf: (kept: KeptMessage) => string | undefined,
): boolean {
  if (filter === undefined) return true;
  const local = localTopicOf(kept);
  return filterMatches(filter, kept.message.topic) || (local !== undefined && filterMatches(filter, local));
}
