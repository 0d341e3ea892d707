// RuleRuns: the runs of one forward rule that take one lane. The router asks each way by itself, so that the topics of
// a run all go to the same queue.
// Without state of its own.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { RunHold } from '../queue/hold.ts';
import type { RunTaker } from '../router/destination.ts';
import type { ForwardQueue } from './forward-rule-context.ts';
import type { ForwardSource } from './forward-source.ts';

/** A rule whose runs go several ways. */
export interface RunRule {
  /** Whether a run may go one way now. */
  mayTakeRunInto(queue: ForwardQueue, qos: Qos, run: PublishRun): boolean;
  /** It goes that way; `mayTakeRunInto` has said that it may. */
  takeRunInto(way: RunWay, forms: RunForms, qos: Qos, hold: RunHold): void;
}

/** Where the runs of a rule go that take one lane. */
export interface RunWay {
  readonly queue: ForwardQueue;
  readonly source: ForwardSource;
}

/** The runs of one rule on one lane. */
export class RuleRuns implements RunTaker {
  readonly #rule: RunRule;
  readonly #way: RunWay;

  constructor(rule: RunRule, way: RunWay) {
    this.#rule = rule;
    this.#way = way;
  }

  /** See `RunTaker`. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean {
    return this.#rule.mayTakeRunInto(this.#way.queue, qos, run);
  }

  /** See `RunTaker`. */
  takeRun(forms: RunForms, qos: Qos, hold: RunHold): void {
    this.#rule.takeRunInto(this.#way, forms, qos, hold);
  }
}
