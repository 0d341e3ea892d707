// LaneWaiting: what waits in all lanes of a bridge, as people look at it: as one queue, in which a message has its
// place by its sequence, and among those of one sequence by the number of its queue. A place is made of both, so it is
// that of one message for ever: when the lanes change, the message has another place, and the old one is nobody's. With
// one lane that has never changed, places are those of its queue.
// Bounded: a look reads as many messages of each queue as are asked for.
import type { Message } from '../message/message.ts';
import type { SeenEntry } from '../queue/message-queue.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { Waiting } from './bridge-delivery.ts';
import type { ForwardRule } from './forward-rules.ts';
import type { Forwarder } from './forwarder.ts';
import type { NumberedQueue } from './lane-set.ts';
import type { Lanes } from './lanes.ts';

/** Sequences of one queue: with the numbers of 128 queues before them, places are whole numbers still. */
const sequencesMax = 2 ** 45;

/** The queues of one bridge as one. */
export class LaneWaiting implements Waiting {
  readonly #lanes: Lanes;
  readonly #ruleOf: (key: number) => ForwardRule;

  constructor(lanes: Lanes, ruleOf: (key: number) => ForwardRule) {
    this.#lanes = lanes;
    this.#ruleOf = ruleOf;
  }

  /** See `Waiting`. */
  async browse(from: number, countMax: number): Promise<readonly SeenEntry<ForwardRule>[]> {
    const first = splitPlace(from);
    const seen = await Promise.all(
      this.#lanes.numbered.map(async ({ queue, number }) => {
        const start = first.sequence + (number < first.number ? 1 : 0);
        const entries = await queue.places.browse(start, countMax);
        return entries.map((entry) => ({ entry, number }));
      }),
    );
    const all = seen.flat().sort((a, b) => a.entry.sequence - b.entry.sequence || a.number - b.number);
    return all.slice(0, countMax).map(({ entry: { sequence, tag, ...same }, number }) => {
      return { ...same, sequence: number * sequencesMax + sequence, tag: this.#ruleOf(tag.key) };
    });
  }

  /** See `Waiting`. */
  after(place: number): number {
    const { number, sequence } = splitPlace(place);
    const isLast = this.#lanes.numbered.every((one) => one.number <= number);
    return isLast ? sequence + 1 : place + sequencesMax;
  }

  /** See `Waiting`. */
  withdraw(place: number, reason: DropReason): boolean {
    const { number, sequence } = splitPlace(place);
    return this.#queueOf(number)?.withdraw(sequence, reason) ?? false;
  }

  /** See `Waiting`. */
  ageOf(place: number): number {
    const { number, sequence } = splitPlace(place);
    return this.#queueOf(number)?.ageOf(sequence) ?? 0;
  }

  /** See `Waiting`. */
  append(message: Message, rule: ForwardRule): DropReason | undefined {
    return this.#lanes.append(message, rule);
  }

  #queueOf(number: number): Forwarder | undefined {
    return this.#lanes.numbered.find((one: NumberedQueue) => one.number === number)?.queue;
  }
}

function splitPlace(place: number): { readonly number: number; readonly sequence: number } {
  return { number: Math.floor(place / sequencesMax), sequence: place % sequencesMax };
}
