// LatestTopics: where the policy is `latest`, by topic the last message that may be unread; an older one gives way to
// it. What an earlier process left is looked through once, from the disk, piece by piece: there each process may have
// left one of a topic. A QoS 2 message that the remote may have heard of is finished and not replaced.
// Bounded by `topicsMax` topics, after which it begins anew, and by the messages of one look.
import type { MessageQueue } from '../queue/message-queue.ts';
import type { ForwardSource } from './forward-source.ts';

/** What an earlier process left in a queue. */
export interface EarlierMessages {
  /** The first sequence that it did not have. */
  readonly newFrom: number;
  /** The last message that it may have sent. */
  readonly knownUntil: number;
}

const topicsMax = 100_000;
const lookCount = 1000;

/** The last messages of one queue. */
export class LatestTopics {
  readonly #queue: Pick<MessageQueue<ForwardSource>, 'browse' | 'withdraw'>;
  readonly #replaced: (sequence: number, rule: ForwardSource) => void;
  readonly #topics = new Map<string, number>();
  #isOver = false;

  /** `replaced` is told of messages that gave way: they are not in the queue any more. */
  constructor(
    queue: Pick<MessageQueue<ForwardSource>, 'browse' | 'withdraw'>,
    replaced: (sequence: number, rule: ForwardSource) => void,
  ) {
    this.#queue = queue;
    this.#replaced = replaced;
  }

  /** A message of a topic comes: the one before it gives way. */
  replace(topic: string): void {
    this.#giveWay(this.#topics.get(topic));
    if (this.#topics.size >= topicsMax) this.#topics.clear();
  }

  /** A message of a topic has come. */
  came(topic: string, sequence: number): void {
    this.#topics.set(topic, sequence);
  }

  /** Looks through what an earlier process left. A disk that cannot be read ends it: nothing more is replaced then. */
  restore(earlier: EarlierMessages): void {
    this.#look(earlier).catch(() => undefined);
  }

  /** The queue is gone. */
  stop(): void {
    this.#isOver = true;
  }

  async #look({ newFrom, knownUntil }: EarlierMessages): Promise<void> {
    for (let from = 1; from < newFrom && !this.#isOver; ) {
      const seen = await this.#queue.browse(from, lookCount);
      for (const { sequence, message, tag } of seen) {
        if (sequence >= newFrom || this.#isOver) return;
        const isKnown = message.qos === 2 && sequence <= knownUntil;
        if (tag.share.terms.overflow === 'latest' && !isKnown) this.#found(message.topic, sequence);
      }
      from = (seen.at(-1)?.sequence ?? newFrom) + 1;
    }
  }

  #found(topic: string, sequence: number): void {
    const other = this.#topics.get(topic) ?? 0;
    if (other > sequence) this.#giveWay(sequence);
    else {
      this.#giveWay(other);
      if (this.#topics.size < topicsMax) this.#topics.set(topic, sequence);
    }
  }

  #giveWay(sequence: number | undefined): void {
    const entry = sequence ? this.#queue.withdraw(sequence) : undefined;
    if (entry) this.#replaced(entry.sequence, entry.tag);
  }
}
