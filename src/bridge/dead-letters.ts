// DeadLetters: messages that a bridge could not deliver and did not want to lose: refused by the remote for what they
// are, too large for it, or taken out of the queue by a person. They wait here with the reason until somebody looks,
// and may be queued again, under another topic if that was what was wrong.
//
// Bounded by `countMax`, `bytesMax` and `ageMsMax`: the oldest go, counted. Where there is a storage they are values of
// a stream of the journal and outlive the process; in memory are all of them, within the same bounds.
import type { Log } from '../base/log.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { Clock } from '../ports/ports.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';
import type { BridgeContext } from './bridge-context.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { DeadLetter, DeadLetterFacts, DeadLetterLimits, DeadLetterStatus } from './dead-letter.ts';
import { deadLetterBytes, readDeadLetter } from './dead-letter-form.ts';

/** What dead letters work with. */
export interface DeadLetterParts {
  /** The name of their stream. */
  readonly name: string;
  readonly limits: DeadLetterLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Who is told to have brought in what comes from the disk. */
  readonly origin: Origin;
  readonly storage?: Storage | undefined;
}

/** The dead letters of a bridge: in the journal where its queue is, else in memory. */
export function openDeadLetters(
  { ports, log, storage }: BridgeContext,
  { name, durability, deadLetters }: Pick<BridgeOptions, 'name' | 'durability' | 'deadLetters'>,
  origin: Origin,
): DeadLetters {
  const kept = durability === 'memory' ? undefined : storage;
  const stream = `bridge/${name}:dead-letters`;
  return new DeadLetters({ name: stream, limits: deadLetters, clock: ports.clock, log, origin, storage: kept });
}

/** The dead letters of one bridge. */
export class DeadLetters {
  readonly #parts: DeadLetterParts;
  readonly #values: KeptValues | undefined;
  readonly #letters = new Map<number, DeadLetter>();
  #lastId = 0;
  #bytes = 0;
  #added = 0;
  #forgotten = 0;

  constructor(parts: DeadLetterParts) {
    const { storage, name } = parts;
    this.#parts = parts;
    this.#values = storage?.journal.keyed(name);
    for (const key of this.#values?.keys() ?? []) this.#lastId = Math.max(this.#lastId, Number(key));
    if (this.#values !== undefined && this.#values.size > 0) void this.#load(this.#values);
  }

  /** The letters, oldest first. */
  list(): Iterable<DeadLetter> {
    this.#forgetOld();
    return this.#letters.values();
  }

  /** One letter; undefined if it is not there. */
  get(id: number): DeadLetter | undefined {
    this.#forgetOld();
    return this.#letters.get(id);
  }

  /** The letters in numbers. */
  get status(): DeadLetterStatus {
    return { count: this.#letters.size, bytes: this.#bytes, added: this.#added, forgotten: this.#forgotten };
  }

  /** Whether a message would be kept. */
  mayAdd({ byteLength }: Message): boolean {
    const { countMax, bytesMax } = this.#parts.limits;
    return countMax > 0 && byteLength <= bytesMax;
  }

  /** Takes a message. Returns its letter; undefined where none are kept, or none so large. */
  add(message: Message, facts: DeadLetterFacts): DeadLetter | undefined {
    this.#added++;
    if (!this.mayAdd(message)) {
      this.#forgotten++;
      return undefined;
    }
    const letter = { ...facts, id: ++this.#lastId, at: Math.round(this.#parts.clock.wallMs()), message: message.own() };
    this.#keep(letter);
    this.#forgetOld();
    return letter;
  }

  /** Gives a letter another topic. Returns it; undefined if it is not there. */
  changeTopic(id: number, topic: string): DeadLetter | undefined {
    const letter = this.#letters.get(id);
    if (letter === undefined) return undefined;
    this.#bytes -= letter.message.byteLength;
    const changed = { ...letter, message: letter.message.withTopic(topic) };
    this.#keep(changed);
    return changed;
  }

  /** Lets a letter go: queued again, or dropped. Returns whether it was there. */
  remove(id: number): boolean {
    const letter = this.#letters.get(id);
    if (letter === undefined) return false;
    this.#letters.delete(id);
    this.#bytes -= letter.message.byteLength;
    this.#values?.delete(String(id));
    return true;
  }

  #keep(letter: DeadLetter): void {
    const { storage } = this.#parts;
    this.#letters.set(letter.id, letter);
    this.#bytes += letter.message.byteLength;
    if (storage) this.#values?.put(String(letter.id), deadLetterBytes(letter, storage.clock));
  }

  /** In the order of their ids, which is that of their ages. */
  #forgetOld(): void {
    const { limits, clock } = this.#parts;
    const { countMax, bytesMax, ageMsMax } = limits;
    const oldest = clock.wallMs() - ageMsMax;
    for (const { id, at } of this.#letters.values()) {
      if (this.#letters.size <= countMax && this.#bytes <= bytesMax && at >= oldest) return;
      this.remove(id);
      this.#forgotten++;
    }
  }

  /** What an earlier process left. Letters that came meanwhile have later ids. */
  async #load(values: KeptValues): Promise<void> {
    const { storage, origin, log, name } = this.#parts;
    const found: DeadLetter[] = [];
    const damaged = await storage?.journal.load(values, (key, value) => {
      const letter = readDeadLetter(Number(key), value, origin, storage.clock);
      if (letter !== undefined && values.has(key)) found.push(letter);
      return letter !== undefined;
    });
    const since = [...this.#letters.values()];
    this.#letters.clear();
    this.#bytes = 0;
    found.sort((one, other) => one.id - other.id);
    for (const letter of [...found, ...since]) {
      if (!this.#letters.has(letter.id)) this.#bytes += letter.message.byteLength;
      this.#letters.set(letter.id, letter);
    }
    if (damaged !== undefined && damaged > 0)
      log.warn({ stream: name, damaged }, 'dead letters cannot be read any more');
    this.#forgetOld();
  }
}
