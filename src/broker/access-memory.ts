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

  /** Whether the device may publish to a topic; a promise where somebody else must be asked. */
  mayPublish(topic: string): boolean | Promise<boolean> {
    if (this.#generation !== this.#access.generation) this.#forget();
    if (topic === this.#lastTopic) return this.#isLastAllowed;
    this.#decisions ??= new Map();
    let isAllowed = this.#decisions.get(topic);
    if (isAllowed === undefined) {
      const decision = levelsOf(topic) <= this.#levelsMax && this.#access.mayPublish(this.#identity, topic);
      // those who are asked remember their answers themselves, as long as they hold
      if (typeof decision !== 'boolean') return decision;
      isAllowed = decision;
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

/** Does something if a decision is, or later becomes, a yes. */
export function whenAllowed(decision: boolean | Promise<boolean>, run: () => void): void {
  if (decision instanceof Promise) void decision.then((isAllowed) => (isAllowed ? run() : undefined));
  else if (decision) run();
}
