// DuplicateFilter: which messages a rule has let pass before, by a key: topic and payload, or a user property that
// publishers give each message. A repeat within the window is known; after it, it is news again.
// Bounded by `keysMax` remembered keys: the oldest is forgotten, and could pass a second time.
import { decodePublishProperties } from '../../protocol/wire/property-block.ts';
import type { Message } from '../message/message.ts';
import { digestOf } from './payload-digest.ts';

/** What counts as a repeat. */
export interface DuplicateOptions {
  /** How long a key is remembered, in ms. Absent: everything passes. */
  readonly duplicateWindowMs?: number;
  /** The user property that is the key; a message without it passes. Absent: topic and payload. */
  readonly duplicateProperty?: string;
}

const keysMax = 100_000;

/** The filter of one rule. */
export class DuplicateFilter {
  readonly #windowMs: number;
  readonly #property: string | undefined;
  /** When each key passed, oldest first. */
  readonly #passed = new Map<string, number>();

  constructor(windowMs: number, property: string | undefined) {
    this.#windowMs = windowMs;
    this.#property = property;
  }

  /** Whether a message has passed within the window; remembered if not. */
  isRepeat(message: Message, now: number): boolean {
    const key = this.#keyOf(message);
    if (key === undefined) return false;
    const before = this.#passed.get(key);
    if (before !== undefined && now - before < this.#windowMs) return true;
    this.#passed.delete(key);
    this.#passed.set(key, now);
    this.#forget(now);
    return false;
  }

  /** A message that passed was not taken after all. */
  forget(message: Message): void {
    const key = this.#keyOf(message);
    if (key !== undefined) this.#passed.delete(key);
  }

  #keyOf({ topic, payload, properties }: Message): string | undefined {
    if (this.#property === undefined) return `${topic}\n${digestOf(payload)}`;
    const { userProperties = [] } = decodePublishProperties(properties);
    return userProperties.find(([name]) => name === this.#property)?.[1];
  }

  #forget(now: number): void {
    for (const [key, at] of this.#passed) {
      if (this.#passed.size <= keysMax && now - at < this.#windowMs) return;
      this.#passed.delete(key);
    }
  }
}
