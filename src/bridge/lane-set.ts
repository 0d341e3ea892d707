// LaneSet: which lanes and queues a bridge has, and under which names they are kept. In the midst of a move there are
// the lanes of both layouts: those that send have the queues of the new one, and what comes goes into the old ones.
// What it holds is changed by `LaneResize` alone.
import { assert } from '../base/errors.ts';
import type { Storage } from '../queue/storage.ts';
import type { Forwarder } from './forwarder.ts';
import { Lane, type LaneOwner, type LaneParts } from './lane.ts';
import { laneOf, lanesMax } from './lane-key.ts';
import {
  type LaneLayout,
  type LaneTurn,
  oneLane,
  type QueueSet,
  queueOwnerOf,
  readLayout,
  readSessions,
  writeLayout,
  writeSessions,
} from './lane-layout.ts';
import type { LaneMove } from './lane-mover.ts';

/** A queue with its number among those of the bridge. */
export interface NumberedQueue {
  readonly queue: Forwarder;
  /** 0 to 127. */
  readonly number: number;
}

/** The lanes of one bridge. */
export class LaneSet {
  /** In their order; there is one at least. */
  readonly lanes: Lane[] = [];
  /** Where new messages go, by the place of the lane; never empty. */
  queues: readonly Forwarder[];
  readonly #parts: LaneParts;
  readonly #owner: LaneOwner;
  readonly #storage: Storage | undefined;
  #layout: LaneLayout;
  /** The highest sequence in queues that are gone. */
  #sequenceMax = 0;

  /** `parts.options.hasSessionState`: an earlier process has left something. */
  constructor(parts: LaneParts, owner: LaneOwner) {
    const { options, stored } = parts;
    this.#parts = parts;
    this.#owner = owner;
    this.#storage = stored?.storage;
    const wanted = laneCountOf(options.laneCount);
    const kept = readLayout(this.#storage, options.name);
    // where nothing is kept, there is nothing to be moved
    const isFresh = kept === oneLane && (stored === undefined || !options.hasSessionState);
    const sessions = Math.max(wanted, this.#storage ? 1 : readSessions(parts.context.storage, options.name));
    this.#layout = isFresh ? { ...oneLane, count: wanted, sessions } : kept;
    if (isFresh) this.#keep();
    const { count, from } = this.#layout;
    const all = Math.max(count, from?.count ?? 0);
    for (let number = 1; number <= all; number++) this.add(number, options.hasSessionState && number <= kept.sessions);
    this.queues =
      from === undefined
        ? this.#senders(count)
        : this.lanes
            .slice(0, from.count)
            .map((lane) => (lane.number > count ? lane.forwarder : this.#queue(lane, from.generation)));
  }

  /** Lanes that there are, or are being made. */
  get count(): number {
    return this.#layout.count;
  }

  /** How many lanes share the subscriptions: as many as have been there for a while. */
  get groupSize(): number {
    return this.#layout.from?.count ?? this.#layout.count;
  }

  /** Lanes of earlier layouts that may have a session at the remote. */
  get endingNumbers(): readonly number[] {
    const { sessions } = this.#layout;
    const rest = Math.max(0, sessions - this.lanes.length);
    return Array.from({ length: rest }, (_, index) => this.lanes.length + index + 1);
  }

  /** The move in whose midst an earlier process was. */
  get unfinished(): LaneMove | undefined {
    const { from, count } = this.#layout;
    return from === undefined ? undefined : { from: this.queues, to: this.#senders(count) };
  }

  /** Where the messages of a partition go. */
  queueOf(partition: number): Forwarder {
    const queue = this.queues[laneOf(partition, this.queues.length)];
    assert(queue !== undefined, 'a bridge has a lane');
    return queue;
  }

  /** All queues that hold messages. */
  get forwarders(): ReadonlySet<Forwarder> {
    return new Set([...this.queues, ...this.lanes.map(({ forwarder }) => forwarder)]);
  }

  /** All queues that hold messages, each with its number: that of no other queue before the second change from now. */
  get numbered(): readonly NumberedQueue[] {
    const { count, generation, from } = this.#layout;
    const numberOf = (index: number, { generation: own }: Pick<QueueSet, 'generation'>): number =>
      own * lanesMax + index;
    const taking = from ?? this.#layout;
    const queues = this.queues.map((queue, index) => ({ queue, number: numberOf(index, taking) }));
    if (from === undefined) return queues;
    const sending = this.#senders(count).map((queue, index) => ({ queue, number: numberOf(index, { generation }) }));
    return [...queues, ...sending];
  }

  /** See `LaneLayout`. */
  get order(): number {
    return this.#layout.order ?? 0;
  }

  /** See `LaneLayout`. */
  get turns(): readonly LaneTurn[] {
    return this.#layout.turns ?? [];
  }

  /** See `LaneLayout`. */
  get turnsFrom(): readonly LaneTurn[] {
    return this.#layout.turnsFrom ?? [];
  }

  /** Whether messages are on their way from queue to queue. */
  get isMoving(): boolean {
    return this.#layout.from !== undefined;
  }

  /** Keeps another order, or where it changed. */
  keepOrder(change: Pick<LaneLayout, 'order' | 'turns' | 'turnsFrom'>): void {
    this.#layout = { ...this.#layout, ...change };
    this.#keep();
  }

  /** Makes a lane that has no place in the set, for the end of its session. */
  make(number: number, hasState: boolean): Lane {
    const { count, generation, from } = this.#layout;
    const ofQueue = number <= count ? generation : (from?.generation ?? generation);
    const queue = queueOwnerOf(this.#parts.options.name, number, ofQueue);
    return new Lane(this.#parts, this.#owner, { number, queue, hasState });
  }

  /** Adds a lane at the end. */
  add(number: number, hasState: boolean): Lane {
    const lane = this.make(number, hasState);
    this.lanes.push(lane);
    return lane;
  }

  /**
   * Begins a move to so many lanes: those that send have new queues. `added` hears of each lane that is new. Two
   * generations take turns: the queues of the one before the last are gone.
   */
  begin(wanted: number, added: (lane: Lane) => void): LaneMove {
    const from = this.queues;
    const { count, generation, sessions } = this.#layout;
    const next = generation === 0 ? 1 : 0;
    const before = { count, generation };
    const { order = 0 } = this.#layout;
    this.#layout = { count: wanted, generation: next, sessions: Math.max(sessions, wanted), from: before, order };
    this.#keep();
    const start = this.#startBehind(from);
    for (let number = 1; number <= wanted; number++) {
      const known = this.lanes[number - 1];
      const lane = known ?? this.add(number, false);
      if (known) known.use(this.#queue(known, next));
      lane.forwarder.places.beginAt(start);
      if (!known) added(lane);
    }
    return { from, to: this.#senders(wanted) };
  }

  /** A move is over: the old queues go. Returns the lanes that are too many. */
  finish({ from, to }: LaneMove): readonly Lane[] {
    const { from: old, ...layout } = this.#layout;
    this.queues = to;
    this.#startBehind(from);
    for (const [index, queue] of from.entries()) {
      queue.clear();
      this.#parts.pool.delete(queue);
      if (old !== undefined) this.#remove(index + 1, old.generation);
    }
    this.#layout = layout;
    this.#keep();
    return this.lanes.splice(layout.count);
  }

  /** The session of a lane that is not in the set is over; of others the highest is still to be ended. */
  ended(lane: Lane, highest: number): void {
    const { count, generation } = this.#layout;
    this.#parts.pool.delete(lane.forwarder);
    if (lane.number > this.lanes.length) this.#remove(lane.number, generation);
    this.#layout = { ...this.#layout, sessions: Math.max(count, this.lanes.length, highest) };
    this.#keep();
  }

  /** The first sequence that none of these queues has had, nor any of an earlier layout: it names one message only. */
  #startBehind(queues: readonly Forwarder[]): number {
    this.#sequenceMax = Math.max(this.#sequenceMax, ...queues.map(({ places }) => places.lastSequence));
    return this.#sequenceMax + 1;
  }

  #queue(lane: Lane, generation: number): Forwarder {
    return lane.makeForwarder(queueOwnerOf(this.#parts.options.name, lane.number, generation));
  }

  #senders(count: number): readonly Forwarder[] {
    return this.lanes.slice(0, count).map(({ forwarder }) => forwarder);
  }

  #remove(number: number, generation: number): void {
    this.#storage?.journal.remove(queueOwnerOf(this.#parts.options.name, number, generation));
  }

  #keep(): void {
    const { count, generation, sessions, from } = this.#layout;
    if (this.#storage === undefined) {
      writeSessions(this.#parts.context.storage, this.#parts.options.name, sessions);
      return;
    }
    const isOrdered = (this.#layout.order ?? 0) === 0 && this.turns.length === 0;
    const isPlain = count === 1 && generation === 0 && sessions === 1 && from === undefined && isOrdered;
    writeLayout(this.#storage, this.#parts.options.name, isPlain ? undefined : this.#layout);
  }
}

/** A count of lanes within its bounds, 1 to 64. */
export function laneCountOf(count: number): number {
  return Math.max(1, Math.min(lanesMax, Math.floor(count)));
}
