// hot path
// MappedRun: a run under the remote topics of one forward rule. Each topic is mapped once and then known by its bytes.
// Bounded by the table of known topics, which begins anew when it is full.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import type { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import { type Bytes, bytesOfText, copyOfBytes, textOfBytes } from '../../protocol/wire/bytes.ts';
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { PublishRun } from '../../protocol/wire/publish-run.ts';
import { RunForms } from '../../protocol/wire/run-forms.ts';
import { rewriteRun, type TopicRewriter } from '../../protocol/wire/run-rewrite.ts';

const topicsMax = 4096;

/** The remote topic; or that there is none, or that the rule is not about the topic at all. */
type Mapped = Bytes | 'faulty' | 'excluded';

/** Rewrites runs for one rule. */
export class MappedRun implements TopicRewriter {
  readonly #mapping: RuleMapping;
  /** By the bytes of the local topic, as latin1 text. */
  readonly #topics = new Map<string, Mapped>();
  readonly #run = new PublishRun();
  readonly #forms = new RunForms();
  #lastTopic: Bytes | undefined;
  #lastMapped: Mapped = 'excluded';
  #excluded = 0;
  #faulty = 0;

  constructor(mapping: RuleMapping) {
    this.#mapping = mapping;
  }

  /** Messages of the last run with topics that the rule leaves out. */
  get excluded(): number {
    return this.#excluded;
  }

  /** Messages of the last run that have no remote topic. */
  get faulty(): number {
    return this.#faulty;
  }

  /** A run with its topics mapped, valid until the next call; messages without a remote topic are left out. */
  map(run: PublishRun): PublishRun {
    this.#excluded = 0;
    this.#faulty = 0;
    this.#run.clear();
    rewriteRun(run, this, this.#run);
    this.#run.mayWait = run.mayWait;
    return this.#run;
  }

  /** The forms of the run that was mapped last. */
  forms(version: ProtocolVersion): RunForms {
    this.#forms.open(this.#run, version);
    this.#forms.isForOne = true;
    return this.#forms;
  }

  /** See `TopicRewriter`. */
  rewrite(bytes: Bytes, start: number, end: number): Bytes | undefined {
    const mapped = this.#lookUp(bytes, start, end);
    if (mapped === 'excluded') this.#excluded++;
    else if (mapped === 'faulty') this.#faulty++;
    else return mapped;
    return undefined;
  }

  #lookUp(bytes: Bytes, start: number, end: number): Mapped {
    const last = this.#lastTopic;
    if (last !== undefined && last.length === end - start && bytes.compare(last, 0, last.length, start, end) === 0) {
      return this.#lastMapped;
    }
    const key = bytes.toString('latin1', start, end);
    let mapped = this.#topics.get(key);
    if (mapped === undefined) {
      mapped = this.#map(textOfBytes(bytes, start, end));
      if (this.#topics.size >= topicsMax) this.#topics.clear();
      this.#topics.set(key, mapped);
    }
    this.#lastTopic = copyOfBytes(bytes, start, end);
    this.#lastMapped = mapped;
    return mapped;
  }

  #map(topic: string): Mapped {
    const mapped = this.#mapping.map(topic);
    if (mapped === undefined) return 'excluded';
    return mapped instanceof MappingFault ? 'faulty' : bytesOfText(mapped);
  }
}
