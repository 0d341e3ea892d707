// hot path
// RunRoute: where runs of one connection go. When two messages in a row have the same topic, the way of
// that topic is remembered: the right to publish to it and who gets it, each with the generation
// under which it was found out. While both hold, whole runs are passed on without looking inside.
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { FrameTaker } from '../router/destination.ts';
import type { Router } from '../router/router.ts';
import type { Access } from './access.ts';

/** The way of one connection's current topic. */
export class RunRoute {
  readonly #router: Router;
  readonly #access: Access;
  readonly #version: ProtocolVersion;
  #topic = '';
  #takers: readonly FrameTaker[] | undefined;
  #routerGeneration = -1;
  #accessGeneration = -1;

  constructor(router: Router, access: Access, version: ProtocolVersion) {
    this.#router = router;
    this.#access = access;
    this.#version = version;
  }

  /**
   * A QoS 0 message without retain flag and properties came and was allowed. Returns whether messages like it may come
   * as runs: the one before it had the same topic, and all who get it can take frames.
   */
  learn(topic: string): boolean {
    if (topic !== this.#topic) {
      this.#topic = topic;
      this.#takers = undefined;
      return false;
    }
    this.#takers = this.#router.takersOf(topic);
    this.#routerGeneration = this.#router.generation;
    this.#accessGeneration = this.#access.generation;
    return this.#takers !== undefined;
  }

  /** Passes a run on. Returns false, having done nothing, when it must be read message by message. */
  forward(run: PublishRun): boolean {
    const takers = this.#takers;
    const isCurrent =
      this.#routerGeneration === this.#router.generation && this.#accessGeneration === this.#access.generation;
    if (takers === undefined || !isCurrent) return false;
    for (let index = 0; index < takers.length; index++) {
      if (!takers[index]?.mayTakeFrames(this.#version)) return false;
    }
    const frames = run.bytes.subarray(run.start, run.end);
    for (let index = 0; index < takers.length; index++) takers[index]?.takeFrames(frames, run.count);
    return true;
  }
}
