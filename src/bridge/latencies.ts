// hot path
// Latencies: how long messages wait in a bridge's queue, how long the remote takes to settle them, and both together.
// Only some are measured: all while they are few, at most every 64th while they come faster than the clock should be
// read; whoever is not measured costs a comparison. What a restart brings back is not measured.
//
//   taken --> sent --> settled        queue wait: taken to sent; round trip: sent to settled; end to end: both
//
// The oldest measured message that still waits tells the age of the queue: after a break of the link, or a pause, the
// next message is measured. Where there is a ledger, its trail hears of every message here.
// Bounded by `samplesMax`: beyond, every second one is forgotten, and fewer are taken.
import type { Message } from '../message/message.ts';
import { Histogram, type HistogramView } from '../metrics/histogram.ts';
import type { LedgerTrail } from './delivery-ledger.ts';

/** Spans of one bridge. */
export interface LatencyViews {
  /** From being taken to being sent. */
  readonly queueWait: HistogramView;
  /** From being sent, for the first time, to the remote's last acknowledgement; QoS 1 and 2. */
  readonly roundTrip: HistogramView;
  /** From being taken to the last acknowledgement, or to being sent at QoS 0. */
  readonly endToEnd: HistogramView;
}

/** What the spans of a bridge are gathered in. */
export type LatencyHistograms = Readonly<Record<keyof LatencyViews, Histogram>>;

/** Empty ones. */
export function newHistograms(): LatencyHistograms {
  return { queueWait: new Histogram(), roundTrip: new Histogram(), endToEnd: new Histogram() };
}

/** What they have gathered. */
export function viewsOf({ queueWait, roundTrip, endToEnd }: LatencyHistograms): LatencyViews {
  return { queueWait: queueWait.view, roundTrip: roundTrip.view, endToEnd: endToEnd.view };
}

interface Sample {
  readonly sequence: number;
  readonly at: number;
  sentAt: number | undefined;
}

const samplesMax = 256;
const strideMax = 64;
/** Samples that come faster than this are too many, in ms. */
const fastMs = 2;
/** Samples that come slower than this leave room for more, in ms. */
const slowMs = 20;
/** A sample so far behind what is sent will not be sent any more: it was dropped. */
const behindMax = 4096;

/** Measures the messages of one queue. */
export class Latencies {
  /** From this sequence on, the next message is to be measured: `taken`. */
  takeDue = 0;
  /** From this sequence on, `sent` wants to know. */
  sendDue: number = Number.POSITIVE_INFINITY;
  /** From this sequence on, `settled` wants to know. */
  settleDue: number = Number.POSITIVE_INFINITY;
  readonly #now: () => number;
  readonly #queueWait: Histogram;
  readonly #roundTrip: Histogram;
  readonly #endToEnd: Histogram;
  /** In the order of their sequences. */
  #samples: Sample[] = [];
  #stride = 1;
  #lastAt: number = Number.NEGATIVE_INFINITY;
  #measureDue = 0;
  #trail: LedgerTrail | undefined;

  /** `now`: ms of the monotonic clock; `histograms`: where several lanes are measured as one, those of all. */
  constructor(now: () => number, histograms: LatencyHistograms = newHistograms()) {
    this.#now = now;
    this.#queueWait = histograms.queueWait;
    this.#roundTrip = histograms.roundTrip;
    this.#endToEnd = histograms.endToEnd;
  }

  /** Told of every message from now on. */
  follow(trail: LedgerTrail): void {
    this.#trail = trail;
    this.#dueAgain();
  }

  /** Everything measured so far. */
  get views(): LatencyViews {
    return viewsOf({ queueWait: this.#queueWait, roundTrip: this.#roundTrip, endToEnd: this.#endToEnd });
  }

  /** When the oldest measured message was taken that is not settled; undefined where none is. */
  get oldestAt(): number | undefined {
    return this.#samples[0]?.at;
  }

  /** Something has stopped: the next message is measured. */
  restart(): void {
    this.#measureDue = 0;
    this.takeDue = 0;
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#samples = [];
    this.#trail?.clear('removed');
    this.#dueAgain();
  }

  /** A message of at least `takeDue` came to wait. */
  taken(sequence: number, message?: Message, rule = ''): void {
    if (message !== undefined) this.#trail?.taken(sequence, message, rule);
    if (sequence < this.#measureDue) return;
    const now = this.#now();
    if (now - this.#lastAt < fastMs) this.#stride = Math.min(this.#stride * 2, strideMax);
    else if (now - this.#lastAt > slowMs) this.#stride = 1;
    this.#lastAt = now;
    if (this.#samples.length >= samplesMax) this.#thin();
    this.#samples.push({ sequence, at: now, sentAt: undefined });
    this.#measureDue = sequence + this.#stride;
    this.#dueAgain();
  }

  /** A message of at least `sendDue` was sent; `isSettled`: at QoS 0, there is nothing to wait for. */
  sent(sequence: number, isSettled: boolean): void {
    this.#trail?.sent(sequence, isSettled);
    const sample = this.#find(sequence);
    this.#samples = this.#samples.filter((one) => one.sentAt !== undefined || one.sequence > sequence - behindMax);
    if (sample !== undefined && sample.sentAt === undefined) {
      const now = this.#now();
      sample.sentAt = now;
      this.#queueWait.add(now - sample.at);
      if (isSettled) this.#finish(sample, now);
    }
    this.#dueAgain();
  }

  /** Messages that follow each other were settled, the last of at least `settleDue`. */
  settled(first: number, count = 1, refused?: string): void {
    this.#trail?.settled(first, refused);
    const now = this.#now();
    for (const sample of [...this.#samples]) {
      if (sample.sequence < first || sample.sequence >= first + count) continue;
      if (sample.sentAt !== undefined) this.#roundTrip.add(now - sample.sentAt);
      this.#finish(sample, now);
    }
    this.#dueAgain();
  }

  /** A message of at least `settleDue` was dropped: it has no latency. */
  dropped(sequence: number, reason: string): void {
    this.#trail?.dropped(sequence, reason);
    const sample = this.#find(sequence);
    if (sample === undefined) return;
    this.#samples.splice(this.#samples.indexOf(sample), 1);
    this.#dueAgain();
  }

  #finish(sample: Sample, now: number): void {
    this.#endToEnd.add(now - sample.at);
    this.#samples.splice(this.#samples.indexOf(sample), 1);
  }

  #find(sequence: number): Sample | undefined {
    for (const sample of this.#samples) if (sample.sequence === sequence) return sample;
    return undefined;
  }

  /** The first stays: it is the oldest. */
  #thin(): void {
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    this.#stride = strideMax;
  }

  #dueAgain(): void {
    this.takeDue = this.#trail === undefined ? this.#measureDue : 0;
    if (this.#trail !== undefined) {
      this.sendDue = 0;
      this.settleDue = 0;
      return;
    }
    this.settleDue = this.#samples[0]?.sequence ?? Number.POSITIVE_INFINITY;
    this.sendDue = this.#samples.find(({ sentAt }) => sentAt === undefined)?.sequence ?? Number.POSITIVE_INFINITY;
  }
}
