// LaneEndings: lanes that are not needed any more, while their sessions at the remote are ended in order: a session
// that is left there would gather messages that nobody fetches. Bounded: each has `timeoutMs`; then it is left to the
// remote, which forgets it when it expires. So is one of a bridge that is gone for good, after `goneMsMax`: nobody
// waits longer for a remote that is not there.
import type { Log } from '../base/log.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { Lane } from './lane.ts';

/** How long the end of a session may take, in ms, from when the lane is not needed any more. */
const timeoutMs = 60_000;

/** How long the sessions of a bridge that is gone may take to end, in ms. */
const goneMsMax = 3000;

/** Disconnects a lane whose bridge does not come again, and ends its session at the remote, if it may have one. */
export function endedForGood(lane: Lane, { log, clock }: { readonly log: Log; readonly clock: Clock }): Promise<void> {
  const { connector, options } = lane;
  if (!connector.mayHaveSession) return connector.close();
  return new Promise((resolve) => {
    const timer = clock.schedule(goneMsMax, () => {
      const facts = { bridge: options.name, remote: connector.remote, clientId: options.clientId };
      log.warn(facts, 'the session of a bridge that is gone stays at the remote until it expires');
      connector.destroy();
      resolve();
    });
    const ended = (): void => {
      timer.cancel();
      resolve();
    };
    connector.end(ended, true);
  });
}

/** The lanes of one bridge that end. */
export class LaneEndings {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ended: (lane: Lane) => void;
  readonly #lanes = new Map<Lane, Timer>();

  /** `ended`: a lane is gone, with its session or without. */
  constructor(clock: Clock, log: Log, ended: (lane: Lane) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#ended = ended;
  }

  /** The highest lane that is ending; 0 if there is none. */
  get highest(): number {
    let highest = 0;
    for (const { number } of this.#lanes.keys()) highest = Math.max(highest, number);
    return highest;
  }

  /** Whether a lane of at most this number is ending: its client id is in use. */
  isWithin(count: number): boolean {
    for (const { number } of this.#lanes.keys()) if (number <= count) return true;
    return false;
  }

  /** Ends a lane. */
  end(lane: Lane): void {
    const timer = this.#clock.schedule(timeoutMs, () => {
      const { name, clientId } = lane.options;
      this.#log.warn({ bridge: name, lane: lane.number, clientId }, 'the session of a lane stays at the remote');
      lane.connector.destroy();
      this.#over(lane);
    });
    this.#lanes.set(lane, timer);
    lane.connector.end(() => this.#over(lane));
  }

  /** The bridge is gone: nothing more is ended. */
  destroy(): void {
    for (const [lane, timer] of this.#lanes) {
      timer.cancel();
      lane.connector.destroy();
    }
    this.#lanes.clear();
  }

  #over(lane: Lane): void {
    this.#lanes.get(lane)?.cancel();
    if (this.#lanes.delete(lane)) this.#ended(lane);
  }
}
