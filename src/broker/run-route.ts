// hot path
// RunRoute: the ways of one connection's QoS 0 messages. A way is who gets the messages of a topic, found out under one
// generation of the routes and one of the access rules; topics that reach the same destinations share it. While
// both generations hold, whole runs are passed on without looking inside; frames are translated once for all.
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import { canTranslate, translateFrames } from '../../protocol/wire/run-translation.ts';
import type { FrameTaker } from '../router/destination.ts';
import type { Router } from '../router/router.ts';
import type { Access } from './access.ts';

/** Who gets the messages of some topics. */
class Way {
  readonly takers: readonly FrameTaker[];
  readonly routerGeneration: number;
  readonly accessGeneration: number;

  constructor(takers: readonly FrameTaker[], routerGeneration: number, accessGeneration: number) {
    this.takers = takers;
    this.routerGeneration = routerGeneration;
    this.accessGeneration = accessGeneration;
  }
}

/** The ways of one connection. */
export class RunRoute {
  readonly #router: Router;
  readonly #access: Access;
  readonly #isV5: boolean;
  #ways = new Map<readonly FrameTaker[], Way>();

  constructor(router: Router, access: Access, version: ProtocolVersion) {
    this.#router = router;
    this.#access = access;
    this.#isV5 = version === ProtocolVersion.v5;
  }

  /** The way of a topic to which a message came and was allowed; undefined where somebody cannot take frames. */
  wayOf(topic: string): object | undefined {
    const takers = this.#router.takersOf(topic);
    if (takers === undefined) return undefined;
    let way = this.#ways.get(takers);
    if (way === undefined || !this.#isCurrent(way)) {
      // under another generation all ways are void
      if (way !== undefined || this.#ways.size >= 1000) this.#ways = new Map();
      way = new Way(takers, this.#router.generation, this.#access.generation);
      this.#ways.set(takers, way);
    }
    return way;
  }

  /** Passes a run on. Returns false, having done nothing, when it must be read message by message. */
  forward(run: PublishRun): boolean {
    const { way } = run;
    if (!(way instanceof Way) || !this.#isCurrent(way)) return false;
    const { takers } = way;
    let isMixed = false;
    for (let index = 0; index < takers.length; index++) {
      const taker = takers[index];
      if (!taker?.mayTakeFrames) return false;
      if (taker.takesV5 !== this.#isV5) isMixed = true;
    }
    const frames = run.frames();
    if (isMixed && !canTranslate(frames)) return false;
    const others = isMixed ? translateFrames(frames, run.count, !this.#isV5) : frames;
    for (let index = 0; index < takers.length; index++) {
      const taker = takers[index];
      taker?.takeFrames(taker.takesV5 === this.#isV5 ? frames : others, run.count);
    }
    return true;
  }

  #isCurrent(way: Way): boolean {
    return way.routerGeneration === this.#router.generation && way.accessGeneration === this.#access.generation;
  }
}
