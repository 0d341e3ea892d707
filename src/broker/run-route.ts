// hot path
// RunRoute: the ways of one connection's messages. A way is who gets the messages of a topic, found out under one
// generation of the routes and one of the access rules; topics that reach the same destinations at the same QoS share
// it. While both generations hold, whole runs are passed on without looking inside.
// Bounded by `waysMax`.
import type { RunOutcome } from '../../protocol/connection/run-exchange.ts';
import { lowerQos, type ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Access } from '../access/access.ts';
import type { RunStop } from '../router/destination.ts';
import type { Router } from '../router/router.ts';
import type { RunAcceptance } from '../router/run-acceptance.ts';

/** Who gets the messages of some topics. */
class Way {
  readonly stops: readonly RunStop[];
  readonly routerGeneration: number;
  readonly accessGeneration: number;

  constructor(stops: readonly RunStop[], routerGeneration: number, accessGeneration: number) {
    this.stops = stops;
    this.routerGeneration = routerGeneration;
    this.accessGeneration = accessGeneration;
  }
}

const waysMax = 1000;

/** What the ways of one connection are found with. */
export interface RunRouteParts {
  readonly router: Router;
  readonly access: Access;
  /** Of what is published. */
  readonly version: ProtocolVersion;
  readonly acceptance: RunAcceptance;
}

/** The ways of one connection. */
export class RunRoute {
  readonly #router: Router;
  readonly #access: Access;
  readonly #version: ProtocolVersion;
  readonly #acceptance: RunAcceptance;
  /** Made with the first message. */
  #forms: RunForms | undefined;
  #ways: Map<readonly RunStop[], Way> | undefined;

  constructor({ router, access, version, acceptance }: RunRouteParts) {
    this.#router = router;
    this.#access = access;
    this.#version = version;
    this.#acceptance = acceptance;
  }

  /** The way of a topic to which a message came and was allowed; undefined where somebody cannot take runs. */
  wayOf(topic: string): object | undefined {
    const stops = this.#router.runStopsOf(topic);
    if (stops === undefined) return undefined;
    this.#ways ??= new Map();
    let way = this.#ways.get(stops);
    if (way === undefined || !this.#isCurrent(way)) {
      // under another generation all ways are void
      if (way !== undefined || this.#ways.size >= waysMax) this.#ways = new Map();
      way = new Way(stops, this.#router.generation, this.#access.generation);
      this.#ways.set(stops, way);
    }
    return way;
  }

  /** Passes a run on; see `RunSink.runReceived`. */
  forward(run: PublishRun, ticket: number): RunOutcome {
    const { way, qos } = run;
    if (!(way instanceof Way) || !this.#isCurrent(way)) return 'declined';
    const { stops } = way;
    // nobody there: 5.0 has a reason code for that
    if (stops.length === 0 && qos > 0) return 'declined';
    for (let index = 0; index < stops.length; index++) {
      const stop = stops[index];
      if (!stop?.taker.mayTakeRun(lowerQos(qos, stop.qos), run)) return 'declined';
    }
    this.#forms ??= new RunForms();
    const forms = this.#forms;
    forms.open(run, this.#version);
    const outcome = forms.canTranslate ? this.#passOn(forms, stops, ticket) : 'declined';
    forms.close();
    return outcome;
  }

  #passOn(forms: RunForms, stops: readonly RunStop[], ticket: number): RunOutcome {
    const acceptance = this.#acceptance;
    acceptance.begin(ticket, forms.count);
    forms.isForOne = stops.length === 1;
    for (let index = 0; index < stops.length; index++) {
      const stop = stops[index];
      stop?.taker.takeRun(forms, lowerQos(forms.qos, stop.qos), acceptance);
    }
    return acceptance.seal() ? 'later' : 'held';
  }

  #isCurrent(way: Way): boolean {
    return way.routerGeneration === this.#router.generation && way.accessGeneration === this.#access.generation;
  }
}
