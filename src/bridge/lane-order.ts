// LaneOrder: what keeps the messages of a bridge in order changes while some of them wait. Those were shared out among
// the lanes by one key, those that come are by another; so nothing that came after the change is sent, on any lane,
// before everything that came before it is settled, on all of them.
//
//   ... sent under the old order | turn: the last sequence of each queue | what came under the new one, held ...
//
// A turn is kept in the layout, since it outlives the process; in the midst of a move it is one of the queues that are
// emptied, and becomes one of those that send when all before it is moved. Bounded: `turnsMax` changes at a time; a
// turn at which nothing moves for `stuckMs`, with a lane up, is given up with a warning.
import type { Log } from '../base/log.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import { tagOf } from '../queue/stored-message.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { LaneTurn } from './lane-layout.ts';
import type { LaneSet } from './lane-set.ts';

/** Changes that may wait for each other; one more is taken together with the last of them. */
const turnsMax = 16;
/** How long nothing may be settled before others go on, and how often that is looked at, in ms. */
const stuckMs = 60_000;
const checkMs = 5000;

/** Stands for what keeps the messages of rules in order: 0 where all do so by their topic at the remote. */
export function orderTagOf({ forwards, laneOrder }: Pick<BridgeOptions, 'forwards' | 'laneOrder'>): number {
  let tag = 0;
  for (const { localTopic, remoteTopic, moreFilters = [], laneOrder: own = laneOrder, isRemapping } of forwards) {
    // what waits for such a rule may have its topics without being in their lanes
    if (own !== 'topic' || isRemapping)
      tag = (tag + tagOf([localTopic, remoteTopic, ...moreFilters, own].join('\n'))) >>> 0;
  }
  return tag;
}

/** What it works with. */
export interface LaneOrderParts {
  /** The name of the bridge. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly set: LaneSet;
  /** Whether an operator has stopped the sending. */
  readonly isPaused: () => boolean;
  /** No turn is waited for any more. */
  readonly turned: () => void;
}

/** The changes of one bridge's order. */
export class LaneOrder {
  /** Whether messages are held until others are settled. */
  isTurning = false;
  readonly #parts: LaneOrderParts;
  #timer: Timer | undefined;
  #progressAt = 0;

  constructor(parts: LaneOrderParts) {
    this.#parts = parts;
  }

  /** What comes from now on is kept in order by what this tag stands for. */
  change(order: number): void {
    const { set } = this.#parts;
    if (order !== set.order) {
      const ends = set.queues.map(({ places }) => places.lastSequence);
      if (!this.#isAnythingThere) this.#keep({ order });
      else if (set.isMoving) this.#keep({ order, turnsFrom: added(set.turnsFrom, ends) });
      else this.#keep({ order, turns: added(set.turns, ends) });
    }
    this.#apply();
    this.check();
  }

  /** All before the first turn of the queues that are emptied is moved. */
  reached(): void {
    const { set } = this.#parts;
    const { turns, turnsFrom } = set;
    const ends = set.lanes.slice(0, set.count).map(({ forwarder }) => forwarder.places.lastSequence);
    this.#keep({ turns: added(turns, ends), turnsFrom: turnsFrom.slice(1) });
  }

  /** Something has happened on a lane. */
  check(): void {
    if (!this.isTurning) return;
    const { set, clock } = this.#parts;
    this.#progressAt = clock.now();
    while (set.turns[0] !== undefined && this.#isPassed(set.turns[0])) this.#pass();
  }

  /** Nothing is looked at any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get #isAnythingThere(): boolean {
    const { lanes, forwarders } = this.#parts.set;
    return lanes.some(({ connector }) => connector.underwayCount > 0) || [...forwarders].some(({ depth }) => depth > 0);
  }

  #isPassed(turn: LaneTurn): boolean {
    return this.#parts.set.lanes.every((lane, index) => lane.isSettledUntil(turn[index] ?? 0));
  }

  #pass(): void {
    const { set, turned } = this.#parts;
    this.#keep({ turns: set.turns.slice(1) });
    if (!this.isTurning) turned();
  }

  #keep(change: Parameters<LaneSet['keepOrder']>[0]): void {
    this.#parts.set.keepOrder(change);
    this.#apply();
  }

  /** Lets each queue send as far as the next turn. */
  #apply(): void {
    const { set, clock } = this.#parts;
    const [turn] = set.turns;
    this.isTurning = set.turns.length + set.turnsFrom.length > 0;
    const senders = set.lanes.map(({ forwarder }) => forwarder);
    for (const [index, sender] of senders.entries()) sender.holding.behind = turn?.[index] ?? Number.POSITIVE_INFINITY;
    for (const sender of senders) sender.pump();
    if (turn === undefined) this.stop();
    else this.#timer ??= clock.schedule(checkMs, () => this.#look());
  }

  #look(): void {
    const { name, clock, log, set, isPaused } = this.#parts;
    this.#timer = undefined;
    const isUp = set.lanes.some(({ connector }) => connector.isConnected) && !isPaused();
    if (!isUp) this.#progressAt = clock.now();
    if (clock.now() - this.#progressAt >= stuckMs) {
      const text = 'messages that came before lane_order changed do not leave: others go on, out of order';
      log.warn({ bridge: name }, text);
      this.#pass();
      return;
    }
    this.#timer = clock.schedule(checkMs, () => this.#look());
  }
}

function added(turns: readonly LaneTurn[], ends: LaneTurn): readonly LaneTurn[] {
  return [...turns.slice(0, turnsMax - 1), ends];
}
