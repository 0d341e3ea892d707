// RateGate: how many messages, and how many bytes, a bridge or a rule may send per second, over all lanes together.
// Whoever may not send waits here, and is woken in turn, for one message each while several wait: no lane starves
// another. A message larger than what is left is sent, and paid for before the next one.
//
//   open --nothing left--> limited: who asks, waits --timer--> those that wait send, in turn --nobody waits--> open
//
// Bounded: one timer, not one a message: while many wait, what has come together in `wakeMsMin` is sent at once.
import { TokenBucket } from '../base/token-bucket.ts';
import type { Clock, Timer } from '../ports/ports.ts';

/** What may go through in a second. */
export interface RateLimits {
  /** 1 and more. Default no limit. */
  readonly messagesPerS?: number;
  /** Bytes of topics, payloads and properties, 1 and more. Default no limit. */
  readonly bytesPerS?: number;
  /** As much of it may go at once as comes together in so many ms, one message at least. Default 1000. */
  readonly burstMs?: number;
}

/** What holds back, and for how long it has, in ms. */
export interface RateStatus {
  readonly by: 'messages' | 'bytes';
  readonly forMs: number;
}

/** Who sends. */
export interface RateWaiter {
  /** A gate has woken it, and it has not sent yet: at no gate it stands behind those that wait. */
  isInTurn: boolean;
  /** Sends what may be sent. */
  pump(): void;
}

const wakeMsMin = 10;
/** A gate that refused nobody for so long, in ms, does not limit any more. */
const calmMs = 1000;

/** The gate of one bridge, or of one rule. */
export class RateGate {
  readonly #clock: Clock;
  readonly #limits: RateLimits;
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  /** In their turn. */
  readonly #waiting = new Set<RateWaiter>();
  #timer: Timer | undefined;
  #passedCount = 0;
  #by: RateStatus['by'] = 'messages';
  #since = 0;
  #refusedAt: number = Number.NEGATIVE_INFINITY;

  constructor(limits: RateLimits, clock: Clock) {
    this.#clock = clock;
    this.#limits = limits;
    this.#messages = bucketOf(limits.messagesPerS, limits, clock);
    this.#bytes = bucketOf(limits.bytesPerS, limits, clock);
  }

  /** Whether somebody may send a message now; if not, it is woken when it may. */
  mayPass(waiter: RateWaiter): boolean {
    const isItsTurn = this.#waiting.size === 0 || waiter.isInTurn;
    const waitMs = this.#waitMs();
    if (isItsTurn && waitMs === 0) return true;
    const now = this.#clock.now();
    if (this.status === undefined) this.#since = now;
    this.#refusedAt = now;
    this.#waiting.add(waiter);
    this.#wakeLater(waitMs);
    return false;
  }

  /** A message of so many bytes was sent. */
  passed(bytes: number): void {
    const now = this.#clock.now();
    this.#messages?.spend(1, now);
    this.#bytes?.spend(bytes, now);
    this.#passedCount++;
  }

  /** What part of a second a message takes, at the rate that it uses most. */
  costOf(bytes: number): number {
    const { messagesPerS = Number.POSITIVE_INFINITY, bytesPerS = Number.POSITIVE_INFINITY } = this.#limits;
    return Math.max(1 / messagesPerS, bytes / bytesPerS);
  }

  /** Somebody sends nothing any more. */
  leave(waiter: RateWaiter): void {
    this.#waiting.delete(waiter);
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What it holds back; undefined while it does not. */
  get status(): RateStatus | undefined {
    const isLimiting = this.#waiting.size > 0 || this.#clock.now() - this.#refusedAt < calmMs;
    return isLimiting ? { by: this.#by, forMs: Math.round(this.#clock.now() - this.#since) } : undefined;
  }

  #waitMs(): number {
    const now = this.#clock.now();
    const forMessages = this.#messages?.waitMs(1, now) ?? 0;
    const forBytes = this.#bytes?.waitMs(0, now) ?? 0;
    if (forMessages > 0 || forBytes > 0) this.#by = forBytes > forMessages ? 'bytes' : 'messages';
    return Math.max(forMessages, forBytes);
  }

  #wakeLater(waitMs: number): void {
    this.#timer ??= this.#clock.schedule(Math.max(Math.ceil(waitMs), wakeMsMin), () => {
      this.#timer = undefined;
      this.#wake();
    });
  }

  #wake(): void {
    // those that cannot send, for another reason than this gate, are asked once
    for (let idle = 0; this.#waiting.size > idle && this.#waitMs() === 0; ) {
      const [waiter] = this.#waiting;
      if (waiter === undefined) return;
      const before = this.#passedCount;
      this.#waiting.delete(waiter);
      waiter.isInTurn = true;
      waiter.pump();
      waiter.isInTurn = false;
      idle = this.#passedCount === before ? idle + 1 : 0;
    }
    if (this.#waiting.size > 0) this.#wakeLater(this.#waitMs());
  }
}

function bucketOf(
  perSecond: number | undefined,
  { burstMs = 1000 }: RateLimits,
  clock: Clock,
): TokenBucket | undefined {
  if (perSecond === undefined) return undefined;
  return new TokenBucket({ perSecond, burst: Math.max((perSecond * burstMs) / 1000, 1) }, clock.now());
}
