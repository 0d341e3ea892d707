// hot path
// MappedRun: a run under the remote topics of one forward rule. Each topic is mapped once and then known by its bytes.
// Bounded by the table of known topics, which begins anew when it is full.
import { MappingFault, type TopicMapping } from '../../protocol/topic/topic-mapping.ts';
import { type Bytes, bytesOfText, copyOfBytes, textOfBytes } from '../../protocol/wire/bytes.ts';
import { PublishRun } from '../../protocol/wire/publish-run.ts';
import { RunForms } from '../../protocol/wire/run-forms.ts';
import { rewriteRun, type TopicRewriter } from '../../protocol/wire/run-rewrite.ts';

const topicsMax = 4096;

/** Rewrites runs for one rule. */
export class MappedRun implements TopicRewriter {
  readonly #mapping: TopicMapping;
  /** By the bytes of the local topic, as latin1 text; undefined for one that has no remote topic. */
  readonly #topics = new Map<string, Bytes | undefined>();
  readonly #run = new PublishRun();
  readonly #forms = new RunForms();
  #lastTopic: Bytes | undefined;
  #lastMapped: Bytes | undefined;

  constructor(mapping: TopicMapping) {
    this.#mapping = mapping;
  }

  /** The run with its topics mapped, valid until the next call; messages without a remote topic are left out. */
  map(forms: RunForms): RunForms {
    this.#run.clear();
    rewriteRun(forms.run, this, this.#run);
    this.#forms.open(this.#run, forms.version);
    this.#forms.isForOne = true;
    return this.#forms;
  }

  /** See `TopicRewriter`. */
  rewrite(bytes: Bytes, start: number, end: number): Bytes | undefined {
    const last = this.#lastTopic;
    if (last !== undefined && last.length === end - start && bytes.compare(last, 0, last.length, start, end) === 0) {
      return this.#lastMapped;
    }
    const key = bytes.toString('latin1', start, end);
    let mapped = this.#topics.get(key);
    if (mapped === undefined && !this.#topics.has(key)) {
      const topic = this.#mapping.map(textOfBytes(bytes, start, end));
      mapped = topic instanceof MappingFault ? undefined : bytesOfText(topic);
      if (this.#topics.size >= topicsMax) this.#topics.clear();
      this.#topics.set(key, mapped);
    }
    this.#lastTopic = copyOfBytes(bytes, start, end);
    this.#lastMapped = mapped;
    return mapped;
  }
}
