// hot path
// AccessMemory: what the rules said about the topics that one device publishes to,
// so that a steady stream asks them once. Void as soon as the rules change.
// Bounded by `topicsMax`.
import { levelsOf } from '../../protocol/topic/topic-name.ts';
import type { Access } from '../access/access.ts';
import type { Identity } from '../access/acl.ts';

const topicsMax = 64;

/** One connection's memory of access decisions. */
export class AccessMemory {
  readonly #access: Access;
  readonly #identity: Identity;
  readonly #levelsMax: number;
  #decisions: Map<string, boolean> | undefined;
  #generation = -1;
  #lastTopic: string | undefined;
  #isLastAllowed = false;

  /** `levelsMax`: levels of the topics that devices may publish to. */
  constructor(access: Access, identity: Identity, levelsMax: number) {
    this.#access = access;
    this.#levelsMax = levelsMax;
    this.#identity = identity;
  }

  /** Whether the device may publish to a topic. */
  mayPublish(topic: string): boolean {
    if (this.#generation !== this.#access.generation) this.#forget();
    if (topic === this.#lastTopic) return this.#isLastAllowed;
    this.#decisions ??= new Map();
    let isAllowed = this.#decisions.get(topic);
    if (isAllowed === undefined) {
      isAllowed = levelsOf(topic) <= this.#levelsMax && this.#access.isAllowed(this.#identity, 'publish', topic);
      if (this.#decisions.size >= topicsMax) this.#decisions.clear();
      this.#decisions.set(topic, isAllowed);
    }
    this.#lastTopic = topic;
    this.#isLastAllowed = isAllowed;
    return isAllowed;
  }

  #forget(): void {
    this.#generation = this.#access.generation;
    this.#decisions = undefined;
    this.#lastTopic = undefined;
  }
}
