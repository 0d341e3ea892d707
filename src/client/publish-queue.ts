// PublishQueue: what an application published and the server has not settled, each with the promise that tells. New
// messages wait in order; sent ones are found by their token; what a server forgot goes back to the front in its order.
// Bounded by `countMax` messages and `bytesMax` bytes of payloads and properties; one message of any size has room.
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';

/** One published message. */
export interface PublishJob {
  readonly token: number;
  readonly delivery: Delivery;
  readonly resolve: (reasonCode: ReasonCode) => void;
  readonly reject: (error: Error) => void;
}

/** The messages of one client. */
export class PublishQueue {
  readonly #countMax: number;
  readonly #bytesMax: number;
  #bytes = 0;
  #waiting: PublishJob[] = [];
  #head = 0;
  readonly #underway = new Map<number, PublishJob>();
  #lastToken = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  /** Messages waiting and underway. */
  get size(): number {
    return this.#waiting.length - this.#head + this.#underway.size;
  }

  /** Whether there is no room for a message with so many bytes of payload and properties. */
  isFullFor(bytes: number): boolean {
    return this.size >= this.#countMax || (this.size > 0 && this.#bytes + bytes > this.#bytesMax);
  }

  /** The oldest message that waits. */
  get next(): PublishJob | undefined {
    return this.#waiting[this.#head];
  }

  /** Adds a message to the end. Returns the job. */
  append(parts: Omit<PublishJob, 'token'>): PublishJob {
    const job = { ...parts, token: ++this.#lastToken };
    this.#waiting.push(job);
    this.#bytes += bytesOfJob(job);
    return job;
  }

  /** The oldest waiting message was sent, or is done with; `isUnderway` keeps it until it is settled. */
  taken(isUnderway: boolean): void {
    const job = this.#waiting[this.#head];
    if (job === undefined) return;
    this.#head++;
    if (this.#head > 1024 || this.#head === this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    if (isUnderway) this.#underway.set(job.token, job);
    else this.#bytes -= bytesOfJob(job);
  }

  /** A sent message is settled: its job. */
  settle(token: number): PublishJob | undefined {
    const job = this.#underway.get(token);
    this.#underway.delete(token);
    if (job !== undefined) this.#bytes -= bytesOfJob(job);
    return job;
  }

  /** Takes out a message that waits. Returns whether it did. */
  withdraw(job: PublishJob): boolean {
    const index = this.#waiting.indexOf(job, this.#head);
    if (index < 0) return false;
    this.#waiting.splice(index, 1);
    this.#bytes -= bytesOfJob(job);
    return true;
  }

  /** The server forgot these: they wait again, before all others, in their order. */
  putBack(entries: readonly SendEntry[]): void {
    const jobs = entries.flatMap(({ token }) => this.settle(token) ?? []);
    for (const job of jobs) this.#bytes += bytesOfJob(job);
    this.#waiting = [...jobs, ...this.#waiting.slice(this.#head)];
    this.#head = 0;
  }

  /** Rejects everything. */
  clear(error: Error): void {
    const jobs = [...this.#underway.values(), ...this.#waiting.slice(this.#head)];
    this.#underway.clear();
    this.#waiting = [];
    this.#head = 0;
    this.#bytes = 0;
    for (const job of jobs) job.reject(error);
  }
}

function bytesOfJob({ delivery: { message } }: PublishJob): number {
  return message.payload.length + message.properties.length;
}
