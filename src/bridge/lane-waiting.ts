// LaneWaiting: what waits in all lanes of a bridge, as people look at it: as one queue, in which a message
// has its place in its lane times the number of lanes, plus that of its lane. With one lane, places are
// those of its queue. Bounded: a look reads as many messages of each lane as are asked for.
import type { Message } from '../message/message.ts';
import type { SeenEntry } from '../queue/message-queue.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { Waiting } from './bridge-delivery.ts';
import type { ForwardRule } from './forward-rules.ts';
import type { Forwarder } from './forwarder.ts';
import type { Lanes } from './lanes.ts';

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
    const { queues } = this.#lanes;
    const { length } = queues;
    const seen = await Promise.all(
      queues.map(async (queue, lane) => {
        const entries = await queue.browse(Math.max(0, Math.ceil((from - lane) / length)), countMax);
        return entries.map(({ sequence, tag, ...same }) => {
          return { ...same, sequence: sequence * length + lane, tag: this.#ruleOf(tag.key) };
        });
      }),
    );
    const all = seen.flat().sort((one, other) => one.sequence - other.sequence);
    return all.slice(0, countMax);
  }

  /** See `Waiting`. */
  withdraw(place: number, reason: DropReason): boolean {
    const [queue, sequence] = this.#at(place);
    return queue?.withdraw(sequence, reason) ?? false;
  }

  /** See `Waiting`. */
  ageOf(place: number): number {
    const [queue, sequence] = this.#at(place);
    return queue?.ageOf(sequence) ?? 0;
  }

  /** See `Waiting`. */
  append(message: Message, rule: ForwardRule): DropReason | undefined {
    return this.#lanes.append(message, rule);
  }

  #at(place: number): readonly [Forwarder | undefined, number] {
    const { queues } = this.#lanes;
    return [queues[place % queues.length], Math.floor(place / queues.length)];
  }
}
