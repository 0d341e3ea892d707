// Who gives way in a queue that several share: a naive twin, which looks at everything, says the same.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { givesWayOldest, type OverflowPolicy } from '../../../src/queue/overflow.ts';
import { Queue } from '../../../src/queue/queue.ts';
import { QueueShare, Shares } from '../../../src/queue/share.ts';
import { Chance } from '../../kit/chance.ts';

const origin = new Origin('device', 'd');
const policies: readonly OverflowPolicy[] = ['oldest', 'newest', 'priority', 'latest', 'block'];

interface Held {
  readonly sequence: number;
  readonly tag: number;
  isRead: boolean;
}

/** A queue of at most `countMax` messages that looks at all of them. */
class NaiveQueue {
  held: Held[] = [];
  dropped: number[] = [];
  readonly #shares: readonly QueueShare[];
  readonly #countMax: number;
  #last = 0;

  constructor(shares: readonly QueueShare[], countMax: number) {
    this.#shares = shares;
    this.#countMax = countMax;
  }

  append(tag: number): void {
    const { overflow, priority, countMax = Number.POSITIVE_INFINITY } = this.#termsOf(tag);
    const own = (): readonly Held[] => this.held.filter((one) => one.tag === tag);
    while (own().length >= countMax) {
      const victim = own().find(({ isRead }) => !isRead);
      if (victim === undefined || !givesWayOldest(overflow)) return;
      this.#drop(victim);
    }
    while (this.held.length >= this.#countMax) {
      const possible = this.held.filter((one) => {
        const terms = this.#termsOf(one.tag);
        return !one.isRead && terms.priority <= priority && givesWayOldest(terms.overflow);
      });
      const lowest = Math.min(...possible.map((one) => this.#termsOf(one.tag).priority));
      const victim = possible.find((one) => overflow !== 'priority' || this.#termsOf(one.tag).priority === lowest);
      if (victim === undefined || !givesWayOldest(overflow)) return;
      this.#drop(victim);
    }
    this.held.push({ sequence: ++this.#last, tag, isRead: false });
  }

  #termsOf(tag: number): QueueShare['terms'] {
    return this.#shares[tag]?.terms ?? { overflow: 'oldest', priority: 0 };
  }

  #drop(victim: Held): void {
    this.held = this.held.filter((one) => one !== victim);
    this.dropped.push(victim.sequence);
  }
}

/** The two of them, told the same. */
class Twins {
  readonly #chance: Chance;
  readonly #shares: readonly QueueShare[];
  readonly #queue: Queue<number>;
  readonly #naive: NaiveQueue;
  readonly #dropped: number[] = [];

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#shares = sharesOf(seed);
    const countMax = this.#chance.int(1, 12);
    const limits = { countMax, bytesMax: 1_000_000, overflow: 'oldest' as const };
    const shares = new Shares<number>(
      (tag) => this.#shares[tag] ?? new QueueShare({ overflow: 'oldest', priority: 0 }),
    );
    this.#queue = new Queue<number>(limits, ({ sequence }) => void (sequence > 0 && this.#dropped.push(sequence)), {
      shares,
    });
    this.#naive = new NaiveQueue(sharesOf(seed), countMax);
  }

  /** Does something; returns how they differ then. */
  step(): string {
    const what = this.#chance.int(0, 29);
    if (what < 18) this.#append(this.#chance.int(0, 3));
    else if (what < 24) this.#read();
    else if (what < 29) this.#acknowledge();
    else this.#rewind();
    const counts = this.#shares.map(({ count }) => count);
    const expected = this.#shares.map((_share, tag) => this.#naive.held.filter((one) => one.tag === tag).length);
    const next = this.#naive.held.find(({ isRead }) => !isRead)?.sequence;
    const found = [this.#dropped, counts, this.#queue.peek()?.sequence];
    const wanted = [this.#naive.dropped, expected, next];
    return `${found}` === `${wanted}` ? '' : `${found} instead of ${wanted}`;
  }

  #append(tag: number): void {
    this.#queue.append(new Message({ topic: 'a', payload: bytesOfText('x'), qos: 1, retain: false, origin }), tag);
    this.#naive.append(tag);
  }

  #read(): void {
    this.#queue.next();
    const first = this.#naive.held.find(({ isRead }) => !isRead);
    if (first) first.isRead = true;
  }

  #acknowledge(): void {
    const read = this.#naive.held.filter(({ isRead }) => isRead);
    const one = read.length === 0 ? undefined : this.#chance.pick(read);
    if (one) this.#queue.acknowledge(one.sequence);
    this.#naive.held = this.#naive.held.filter((other) => other !== one);
  }

  #rewind(): void {
    this.#queue.rewind();
    for (const one of this.#naive.held) one.isRead = false;
  }
}

function sharesOf(seed: number): readonly QueueShare[] {
  const chance = new Chance(seed);
  return Array.from({ length: 4 }, () => {
    const limit = chance.isTrue(0.3) ? { countMax: chance.int(1, 4) } : {};
    return new QueueShare({ overflow: chance.pick(policies), priority: chance.int(0, 2), ...limit });
  });
}

t.test('whoever gives way is whom a queue finds that looks at every message', async (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const twins = new Twins(seed);
    let difference = '';
    for (let step = 0; step < 200 && difference === ''; step++) difference = twins.step();
    if (difference !== '') t.fail(`seed ${seed}: ${difference}`);
  }
  t.pass('60 conversations');
});
