// BridgePace: when and how fast a bridge may send: its rates, and its plan of time windows, budget and thresholds, as
// one thing for the bridge that has them.
// Bounded as these are.
import type { Clock } from '../ports/ports.ts';
import type { Storage } from '../queue/storage.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { BridgeStatus, RuleCounters } from './bridge-status.ts';
import type { CountedLink } from './link-bytes.ts';
import { LinkPlan, type PlannedBridge, type Waiting } from './link-plan.ts';
import type { QueueForecast } from './queue-plan.ts';
import { RateGate, type RateLimits } from './rate-gate.ts';
import type { SideOwner } from './side-source.ts';

/** What a pace works with. */
export interface BridgePaceParts {
  readonly clock: Clock;
  readonly storage: Storage | undefined;
  readonly bytes: CountedLink;
}

/** The lanes of the bridge, as far as a plan concerns them. */
export interface PlannedLanes extends Pick<PlannedBridge, 'release'> {
  /** What waits, those underway included. */
  readonly depth: number;
  readonly byteLength: number;
  /** Connects no more until `release`, for a reason; `untilMs`: for so long at least. */
  hold(text: string, now: number, untilMs: number | undefined): void;
  /** Something may be sent that could not before. */
  pump(): void;
}

/** The rules of the bridge, as far as a plan concerns them. */
export interface PlannedRules {
  readonly forwards: readonly (Pick<SideOwner, 'share' | 'qos0Share' | 'replayShare'> & Counted)[];
  readonly subscriptions: readonly Counted[];
}

interface Counted {
  readonly counters: RuleCounters;
}

/** The pace of one bridge. */
export class BridgePace {
  readonly gate: RateGate | undefined;
  readonly #options: BridgeOptions;
  readonly #parts: BridgePaceParts;
  #plan: LinkPlan | undefined;
  #lanes: PlannedLanes | undefined;

  constructor(options: BridgeOptions, parts: BridgePaceParts) {
    this.#options = options;
    this.#parts = parts;
    this.gate = options.rate && new RateGate(options.rate, parts.clock);
  }

  /** The lowest class that is sent now. */
  get priorityMin(): number {
    return this.#plan?.priorityMin ?? 0;
  }

  /** A gate for the rates of a rule. */
  gateOf(limits: RateLimits): RateGate {
    return new RateGate(limits, this.#parts.clock);
  }

  /**
   * Begins to plan, before the lanes dial. `rules`: those of now; `changed`: the plan has something new to tell. Throws
   * RangeError for a time zone that does not exist.
   */
  start(lanes: PlannedLanes, rules: () => PlannedRules, changed: () => void): void {
    const { plan, name } = this.#options;
    if (plan === undefined) return;
    this.#lanes = lanes;
    const { clock, storage } = this.#parts;
    this.#plan = new LinkPlan(plan, this.#planned(lanes, rules, changed), clock, storage?.budgetOf(`bridge/${name}`));
    this.#plan.start();
  }

  /** Plans no more. */
  stop(): void {
    this.#plan?.stop();
  }

  /** What the status of the bridge tells of it; a queue that cannot drain now drains later by so much. */
  status(forecast: QueueForecast | undefined): Pick<BridgeStatus, 'limited' | 'plan' | 'forecast'> {
    const limited = this.gate?.status;
    const plan = this.#plan?.status;
    const delayMs = this.#plan?.delayMs(this.#lanes?.byteLength ?? 0) ?? 0;
    const drainMs = forecast?.drainMs === undefined ? undefined : forecast.drainMs + Math.round(delayMs);
    return {
      ...(limited === undefined ? {} : { limited }),
      ...(plan === undefined ? {} : { plan }),
      ...(forecast === undefined ? {} : { forecast: drainMs === undefined ? forecast : { ...forecast, drainMs } }),
    };
  }

  #planned(lanes: PlannedLanes, rules: () => PlannedRules, changed: () => void): PlannedBridge {
    const { clock, storage, bytes } = this.#parts;
    const { name } = this.#options;
    return {
      waiting: (priorityMin) =>
        priorityMin === 0 ? { count: lanes.depth, bytes: lanes.byteLength } : waitingOf(rules().forwards, priorityMin),
      get messageCount() {
        const { forwards, subscriptions } = rules();
        const counters = [...forwards, ...subscriptions].map((rule) => rule.counters);
        return counters.reduce((sum, { delivered, received }) => sum + delivered.value + received.value, 0);
      },
      get linkBytes() {
        return bytes.bytesSent + bytes.bytesReceived;
      },
      hold: (text, untilMs) => lanes.hold(text, clock.now(), untilMs),
      release: () => lanes.release(),
      changed: () => {
        lanes.pump();
        changed();
      },
      keep: (text) => storage?.setBudget(`bridge/${name}`, text),
    };
  }
}

/** What rules of a class and higher ones have in the queues. */
function waitingOf(rules: PlannedRules['forwards'], priorityMin: number): Waiting {
  const sent = rules.filter(({ share }) => share.terms.priority >= priorityMin);
  const shares = new Set(sent.flatMap(({ share, qos0Share, replayShare }) => [share, qos0Share, replayShare]));
  return {
    count: sent.reduce((sum, { counters }) => sum + counters.queued, 0),
    bytes: [...shares].reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
