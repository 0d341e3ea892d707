// PassingRuns: runs on their way past a bridge's queue. While nothing waits, they go to the remote at once; in the
// queue they take their places, and where it is in the journal they are stored there, each as one entry, before
// whoever published them is acknowledged. The remote settles them many at a time; what it forgets or refuses comes to
// stand in the queue.
//
// Bounded by the limits of the queue and the window.
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { RunHold } from '../queue/hold.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { RunPassage } from '../queue/run-passage.ts';
import type { Departures } from './departures.ts';
import type { ForwardSource } from './forward-source.ts';
import type { ForwardLine } from './forwarder-parts.ts';
import type { Latencies } from './latencies.ts';
import { RunsUnderway } from './runs-underway.ts';

/** What it works with. */
export interface PassingParts {
  readonly queue: Pick<MessageQueue, 'unreadCount' | 'lastSequence' | 'byteLength'>;
  readonly passage: RunPassage<ForwardSource>;
  readonly line: ForwardLine;
  readonly latencies: Latencies;
  readonly departures: Departures;
}

/** The runs of one queue. */
export class PassingRuns {
  readonly #parts: PassingParts;
  readonly #underway: RunsUnderway<ForwardSource> = new RunsUnderway();

  constructor(parts: PassingParts) {
    this.#parts = parts;
  }

  /** Bytes of runs that are not settled and that the queue does not count. */
  get byteLength(): number {
    return this.#underway.byteLength;
  }

  /** Whether a run may go now; `countRoom`, `bytesRoom`: what is left of the limits of the queue. */
  mayTake(qos: Qos, run: PublishRun, countRoom: number, bytesRoom: number): boolean {
    const { queue, passage, line } = this.#parts;
    if (queue.unreadCount > 0 || line.isCongested || (qos > 0 && !passage.mayPass(qos, run))) return false;
    if (run.count > countRoom || 2 * (run.end - run.start) > bytesRoom) return false;
    return line.maySendRun(qos, run, queue.lastSequence + 1);
  }

  /** Sends a run of a rule; `mayTake` has said that it may go. `hold`: who waits for it to be safe. */
  take(forms: RunForms, qos: Qos, rule: ForwardSource, hold: RunHold): void {
    const { passage, line, latencies, departures } = this.#parts;
    const { count } = forms;
    if (qos === 0) {
      departures.count(rule, count);
      line.sendRun(forms, qos, 0);
      return;
    }
    const first = passage.pass(forms, qos, rule, hold);
    this.#underway.add({ first, count, bytes: passage.passedBytesOf(forms.run), owner: rule });
    line.sendRun(forms, qos, first);
    if (first >= latencies.takeDue) {
      latencies.taken(first);
      latencies.sent(first, false);
    }
  }

  /** `count` messages of one run, from a place on, are settled. Returns whose they were; undefined if they are none. */
  settle(first: number, count = 1): ForwardSource | undefined {
    const rule = this.#underway.settle(first, count);
    if (rule) this.#parts.passage.passed(first, count, rule);
    return rule;
  }

  /** Whose a message of a run is; undefined if it is of none. */
  ownerOf(place: number): ForwardSource | undefined {
    return this.#underway.ownerOf(place);
  }

  /** A message is to stand in the queue from now on. Returns whose it is; undefined if it is of no run. */
  recall({ token }: SendEntry): ForwardSource | undefined {
    return this.#underway.settle(token, 1);
  }

  /** Forgets all of them, and tells how many messages of whom were not settled. */
  clear(forgotten: (rule: ForwardSource, count: number) => void): void {
    this.#underway.clear(forgotten);
  }
}
