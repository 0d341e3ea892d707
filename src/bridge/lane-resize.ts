// LaneResize: how the lanes of a bridge become more or fewer while messages are on their way.
//
//   steady --another count is wanted--> waiting --all lanes are up or have nothing underway--> settling
//     ^                                    ^--------------- a lane is lost ----------------------'  |
//     |                                                       nothing is underway, and nothing new was sent
//     +---- all is moved: routes are found anew, lanes too many end their sessions ---- moving <----'
//
// So a partition that has another lane now is sent there only when all that was sent before is settled. While messages
// are moved into the new queues, those send; what comes still joins the old ones, and is moved in its turn. Bounded:
// one change at a time; a lane that is down while others are up is waited for `graceMs`.
import type { Log } from '../base/log.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { Storage } from '../queue/storage.ts';
import type { Lane } from './lane.ts';
import { LaneEndings } from './lane-endings.ts';
import { type LaneMove, LaneMover } from './lane-mover.ts';
import type { LaneOrder } from './lane-order.ts';
import { type LaneSet, laneCountOf } from './lane-set.ts';
import type { QueuePool } from './queue-pool.ts';

/** What a resize works with. */
export interface LaneResizeParts {
  /** The name of the bridge. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly set: LaneSet;
  readonly pool: QueuePool;
  readonly storage: Storage | undefined;
  /** A lane is new: it is to be made ready and started. */
  readonly added: (lane: Lane) => void;
  /** Messages go other ways now. */
  readonly moved: () => void;
  readonly order: LaneOrder;
}

/** How long a lane that is down may keep others from a new layout, and how often that is looked at, in ms. */
const graceMs = 30_000;
const checkMs = 5000;

/** The changes of one bridge's lanes. */
export class LaneResize {
  readonly #parts: LaneResizeParts;
  readonly #endings: LaneEndings;
  #phase: 'steady' | 'waiting' | 'settling' | 'moving' = 'steady';
  #wanted: number;
  #mover: LaneMover | undefined;
  #timer: Timer | undefined;
  #isClosing = false;

  constructor(parts: LaneResizeParts, wanted: number) {
    this.#parts = parts;
    this.#wanted = laneCountOf(wanted);
    const { clock, log, set } = parts;
    this.#endings = new LaneEndings(clock, log, (lane) => {
      set.ended(lane, this.#endings.highest);
      this.check();
    });
  }

  /** How many lanes there are to be; undefined while there are as many. */
  get wanted(): number | undefined {
    return this.#phase === 'steady' ? undefined : this.#wanted;
  }

  /** Whether messages are on their way from queue to queue. */
  get isMoving(): boolean {
    return this.#phase === 'moving';
  }

  /** Begins: goes on with what an earlier process was about. */
  start(): void {
    const { set } = this.#parts;
    for (const number of set.endingNumbers) {
      const lane = set.make(number, true);
      lane.connector.start();
      this.#endings.end(lane);
    }
    const { unfinished } = set;
    if (unfinished) this.#move(unfinished);
    this.check();
  }

  /** There are to be so many lanes. */
  to(count: number): void {
    this.#wanted = laneCountOf(count);
    this.check();
  }

  /** Something has happened on a lane: the change goes on as far as it can now. */
  check(): void {
    if (this.#phase === 'moving' || this.#isClosing) return;
    const { set } = this.#parts;
    if (this.#wanted === set.count) {
      this.#release('steady');
      return;
    }
    const isTurning = this.#parts.order.isTurning;
    if (isTurning || this.#endings.isWithin(this.#wanted) || !set.lanes.every((lane) => this.#isReady(lane))) {
      this.#release('waiting');
      return;
    }
    this.#stopTimer();
    if (this.#phase !== 'settling') this.#hold();
    if (set.lanes.every((lane) => lane.isSettled || this.#isGivenUp(lane))) this.#begin();
  }

  /** No other change is begun any more; one that moves messages goes on. */
  closing(): void {
    this.#isClosing = true;
    if (this.#phase !== 'moving') this.#release('steady');
  }

  /** Nothing goes on any more. */
  stop(): void {
    this.#isClosing = true;
    this.#mover?.stop();
    this.#stopTimer();
    this.#endings.destroy();
  }

  #isReady(lane: Lane): boolean {
    const isUp = lane.connector.isConnected && !lane.isHoldingBack;
    return isUp || lane.isSettled || this.#isGivenUp(lane);
  }

  /** Whether a lane is down for so long, while others are up, that it will hardly come again. */
  #isGivenUp(lane: Lane): boolean {
    return lane.lostMs >= graceMs && this.#parts.set.lanes.some(({ connector }) => connector.isConnected);
  }

  #hold(): void {
    this.#phase = 'settling';
    for (const { forwarder } of this.#parts.set.lanes) forwarder.hold(true);
  }

  /** Everything goes on as it is. */
  #release(phase: 'steady' | 'waiting'): void {
    const wasHeld = this.#phase === 'settling';
    this.#phase = phase;
    if (phase === 'steady') this.#stopTimer();
    else {
      this.#timer ??= this.#parts.clock.schedule(checkMs, () => {
        this.#timer = undefined;
        this.check();
      });
    }
    if (wasHeld) for (const { forwarder } of this.#parts.set.lanes) forwarder.hold(false);
  }

  #begin(): void {
    const { name, log, set, added } = this.#parts;
    for (const lane of set.lanes) {
      if (lane.isSettled) continue;
      log.warn({ bridge: name, lane: lane.number }, 'a lane is down: what it had underway may come twice');
      lane.abandon();
    }
    log.info({ bridge: name, from: set.count, to: this.#wanted }, 'the lanes of the bridge change');
    this.#move(set.begin(this.#wanted, added));
  }

  #move(move: LaneMove): void {
    const { pool, clock, storage, order, set } = this.#parts;
    this.#phase = 'moving';
    for (const queue of move.from) queue.beginMove();
    const isAccepting = (): boolean => storage?.journal.isAccepting ?? true;
    const turns = { ends: () => set.turnsFrom[0], reached: () => order.reached() };
    this.#mover = new LaneMover({ clock, pool, isAccepting, ...turns, done: () => this.#moved(move) }, move);
    this.#mover.start();
  }

  #moved(move: LaneMove): void {
    const { set, moved } = this.#parts;
    this.#mover = undefined;
    this.#phase = 'steady';
    const rest = set.finish(move);
    moved();
    for (const lane of rest) this.#endings.end(lane);
    this.check();
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
