// Ledger: the account of the demo, computed from what really arrived. Every message carries its topic's running number;
// what was published (and acknowledged) is set against what came, topic by topic.
//   lost = acknowledged but never arrived, duplicate = arrived before, reordered = came after a later one of its topic.
// Bounded by the messages of one demo run.

/** What one kind of message came to. */
export interface Account {
  readonly published: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly reordered: number;
}

interface TopicRecord {
  readonly acknowledged: Set<number>;
  readonly arrived: Set<number>;
  last: number;
  duplicates: number;
  reordered: number;
}

/** Books for one set of topics. */
export class Ledger {
  readonly #topics = new Map<string, TopicRecord>();

  /** The publisher's broker acknowledged message `number` of a topic. */
  acknowledged(topic: string, number: number): void {
    this.#recordOf(topic).acknowledged.add(number);
  }

  /** Message `number` of a topic arrived. */
  arrived(topic: string, number: number): void {
    const record = this.#recordOf(topic);
    if (record.arrived.has(number)) {
      record.duplicates++;
      return;
    }
    record.arrived.add(number);
    if (number < record.last) record.reordered++;
    else record.last = number;
  }

  /** The account as it stands. */
  get account(): Account {
    const sum = { published: 0, delivered: 0, duplicates: 0, lost: 0, reordered: 0 };
    for (const record of this.#topics.values()) {
      sum.published += record.acknowledged.size;
      sum.delivered += record.arrived.size;
      sum.duplicates += record.duplicates;
      sum.reordered += record.reordered;
      for (const number of record.acknowledged) if (!record.arrived.has(number)) sum.lost++;
    }
    return sum;
  }

  #recordOf(topic: string): TopicRecord {
    let record = this.#topics.get(topic);
    if (record === undefined) {
      record = { acknowledged: new Set(), arrived: new Set(), last: 0, duplicates: 0, reordered: 0 };
      this.#topics.set(topic, record);
    }
    return record;
  }
}
