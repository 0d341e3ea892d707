// KeptMessages: what a bridge has delivered, kept for a while so that it can be delivered again, to the same remote or
// to another. It is a stream of the journal: the messages of one turn are one entry, written with the group that says
// that they are settled, so nothing is kept that was not delivered.
//
//   delivered --> gathered in this turn --> an entry --too old, too many bytes, the disk is short--> gone, oldest first
//
// In memory are 24 bytes an entry, of 1 to `gatheredMax` messages. Bounded by `ageMsMax` and `bytesMax`. Nothing waits
// for it: while the journal takes nothing, nothing is kept, and what is kept is the first to go.

import type { Log } from '../base/log.ts';
import { isClockSet } from '../base/wall-clock.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { KeptLog, Storage } from '../queue/storage.ts';
import type { BridgeContext } from './bridge-context.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { ForwardSource } from './forward-source.ts';
import type { KeepOptions } from './keep-options.ts';
import { keptBytesOf, keptSuffix, type OwnedMessage, ownedBy, readKept, writeKept } from './kept-form.ts';
import type { KeptStatus } from './replay-terms.ts';

/** What it works with. */
export interface KeptParts {
  /** The name of the stream. */
  readonly name: string;
  readonly options: KeepOptions;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  /** Who is told to have brought in what comes from the disk. */
  readonly origin: Origin;
}

/** The name of the stream of what a bridge keeps. */
export function keptOwnerOf(bridge: string): string {
  return `bridge/${bridge}${keptSuffix}`;
}

/** What a bridge keeps; undefined where it keeps nothing, and nothing of an earlier process is left then. */
export function openKept(
  { ports, log, storage }: BridgeContext,
  { name, replay: options }: Pick<BridgeOptions, 'name' | 'replay'>,
  origin: Origin,
): KeptMessages | undefined {
  const owner = keptOwnerOf(name);
  if (options !== undefined && storage !== undefined) {
    return new KeptMessages({ name: owner, options, storage, clock: ports.clock, log, origin });
  }
  if (storage?.knows(owner) === true) storage.forget(owner);
  return undefined;
}

/** A message that was delivered. */
export interface KeptMessage extends OwnedMessage {
  readonly sequence: number;
  /** When, in ms since 1970, to the second; 0 where the clock was not set. */
  readonly at: number;
}

/** A piece of what is kept. */
export interface KeptPiece {
  readonly messages: readonly KeptMessage[];
  /** Messages that are damaged. */
  readonly lost: number;
  /** Where to go on. */
  readonly next: number;
}

/** Messages of one entry at most, and about how many bytes. */
const gatheredMax = 1000;
const gatheredBytesMax = 262_144;
const pieceBytes = 262_144;
const lookMs = 5000;
/** Above this share of the journal's own bound, what is kept goes: it is cleaned when half of it is void. */
const fillShareMax = 0.5;

/** What one bridge keeps. */
export class KeptMessages {
  readonly options: KeepOptions;
  readonly #parts: KeptParts;
  readonly #stream: KeptLog;
  #gathered: OwnedMessage[] = [];
  #gatheredBytes = 0;
  #isDue = false;
  #timer: Timer | undefined;
  #forgotten = 0;
  #unkept = 0;
  #newest = 0;
  #isStopped = false;

  constructor(parts: KeptParts) {
    this.#parts = parts;
    this.options = parts.options;
    this.#stream = parts.storage.journal.log(parts.name);
    this.#stream.forEach(({ tag }) => {
      this.#newest = tag || this.#newest;
    });
    this.#look();
  }

  /** A message was delivered. */
  add(message: Message, source: ForwardSource): void {
    if (this.#isStopped) return;
    const owned = ownedBy(source, message);
    const bytes = keptBytesOf(owned);
    // of what an earlier process left half delivered only the place is at hand
    if (message.topic === '' || bytes > this.options.bytesMax || !this.#parts.storage.journal.isAccepting) {
      this.#unkept++;
      return;
    }
    this.#gathered.push(owned);
    this.#gatheredBytes += bytes;
    if (this.#gathered.length >= gatheredMax || this.#gatheredBytes >= gatheredBytesMax) this.flush();
    else if (!this.#isDue) this.#flushLater();
  }

  /** What was gathered becomes an entry. */
  flush(): void {
    const kept = this.#gathered;
    if (kept.length === 0) return;
    const { storage, clock } = this.#parts;
    const tag = secondsOf(clock.wallMs());
    const bytes = this.#stream.begin(kept.length, this.#gatheredBytes, tag);
    const { at } = this.#stream;
    this.#stream.end(writeKept(bytes, at, kept, storage.clock) - at);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#newest = tag || this.#newest;
    this.#keepBounds();
    this.#lookLater();
  }

  /** What is kept, in numbers. */
  get status(): KeptStatus {
    const oldest = this.#stream.entryFrom(1)?.tag ?? 0;
    return {
      count: this.#stream.count + this.#gathered.length,
      bytes: this.#stream.byteLength,
      ...(oldest === 0 ? {} : { oldestAt: oldest * 1000 }),
      ...(this.#newest === 0 || this.#stream.count === 0 ? {} : { newestAt: this.#newest * 1000 }),
      forgotten: this.#forgotten,
      unkept: this.#unkept,
    };
  }

  /** The sequence of the oldest message, or where it would be. */
  get first(): number {
    return this.#stream.entryFrom(1)?.sequence ?? this.#stream.nextSequence;
  }

  /** The sequence of the message that is kept next. */
  get end(): number {
    this.flush();
    return this.#stream.nextSequence;
  }

  /**
   * Reads what was delivered from one moment to another, in ms since 1970, of the sequences `next` up to before `end`.
   * Messages of unknown time are there where no beginning is told. Rejects with StorageError.
   */
  async read(next: number, end: number, { from = 0, until }: KeptRange): Promise<KeptPiece> {
    const { storage, origin } = this.#parts;
    const stream = this.#stream;
    const messages: KeptMessage[] = [];
    let lost = 0;
    const at = this.#skip(next, end, { from, until });
    if (at >= end) return { messages, lost, next: end };
    const after = await storage.journal.read(stream, at, pieceBytes, {
      entry: (first, count, body, tag) => {
        if (!isWithin(tag, from, until) || first >= end) return;
        let sequence = first;
        for (const owned of readKept(body, origin, storage.clock)) {
          if (sequence >= next && stream.has(sequence)) messages.push({ ...owned, sequence, at: tag * 1000 });
          sequence++;
        }
        lost += first + count - sequence;
      },
      lost: (_first, count) => {
        lost += count;
      },
    });
    return { messages, lost, next: Math.min(after, end) };
  }

  /** Keeps no more; what is kept stays. */
  stop(): void {
    this.flush();
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** The first sequence of at least `next` whose entry may be wanted. */
  #skip(next: number, end: number, { from = 0, until }: KeptRange): number {
    for (let at = next; at < end; ) {
      const entry = this.#stream.entryFrom(at);
      if (entry === undefined) return end;
      if (isWithin(entry.tag, from, until)) return Math.max(at, entry.sequence);
      at = entry.sequence + entry.count;
    }
    return end;
  }

  #flushLater(): void {
    this.#isDue = true;
    this.#parts.clock.defer(() => {
      this.#isDue = false;
      this.flush();
    });
  }

  /** What was restored, and from time to time what is there. */
  #look(): void {
    this.#forgetOld();
    this.#keepBounds();
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#timer !== undefined || this.#isStopped || this.#stream.count === 0) return;
    this.#timer = this.#parts.clock.schedule(lookMs, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  #keepBounds(): void {
    const { journal } = this.#parts.storage;
    while (this.#stream.byteLength > this.options.bytesMax && this.#forgetFirst());
    if (journal.isFull || journal.fillShare > fillShareMax) this.#giveWay();
  }

  #forgetOld(): void {
    const oldest = secondsOf(this.#parts.clock.wallMs() - this.options.ageMsMax);
    const stream = this.#stream;
    // those of unknown time are as old as what came behind them
    let until = 0;
    for (let entry = stream.entryFrom(1); entry && entry.tag < oldest; entry = stream.entryFrom(until)) {
      const { sequence, count, tag } = entry;
      until = sequence + count;
      if (tag !== 0) while ((stream.firstFrom(1) ?? until) < until && this.#forgetFirst());
    }
  }

  /** The disk is short: the older half of what is kept goes. */
  #giveWay(): void {
    const goal = this.#stream.byteLength / 2;
    const before = this.#forgotten;
    while (this.#stream.byteLength > goal && this.#forgetFirst());
    const count = this.#forgotten - before;
    if (count > 0) this.#parts.log.warn({ stream: this.#parts.name, count }, 'the disk is short: kept messages go');
  }

  #forgetFirst(): boolean {
    const stream = this.#stream;
    const entry = stream.entryFrom(1);
    if (entry === undefined) return false;
    const { sequence, count } = entry;
    for (let at = sequence; at < sequence + count; at++) if (stream.settle(at)) this.#forgotten++;
    return true;
  }
}

/** A span of time. */
export interface KeptRange {
  /** In ms since 1970; absent: from the beginning, or to the end. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

function secondsOf(wallMs: number): number {
  const seconds = Math.floor(wallMs / 1000);
  return isClockSet(wallMs) && seconds <= 0xffff_ffff ? seconds : 0;
}

function isWithin(seconds: number, from: number, until = Number.POSITIVE_INFINITY): boolean {
  if (seconds === 0) return from === 0;
  return seconds * 1000 + 999 >= from && seconds * 1000 <= until;
}
