// RetainHere: keeps the last message of each topic that a rule carries as a retained one here, whether or not its
// publisher asked for that: devices that connect later have it at once. A destination beside the rule, with the same
// filters. Bounded by the store of retained messages.
import type { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { Acceptance } from '../router/acceptance.ts';
import type { Destination, Grant } from '../router/destination.ts';
import type { Router } from '../router/router.ts';

/** What one rule has retained here. */
export class RetainHere implements Destination {
  readonly origin: Origin;
  /** See `Destination`. */
  readonly isReady: boolean = true;
  readonly #mapping: RuleMapping;
  #router: Router | undefined;

  constructor(origin: Origin, mapping: RuleMapping) {
    this.origin = origin;
    this.#mapping = mapping;
  }

  /** Begins to hear of messages. */
  attach(router: Router): void {
    this.#router = router;
    const options = { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 } as const;
    for (const filter of this.#mapping.filters) router.subscribe(this, filter, options);
  }

  /** Hears no more. */
  detach(router: Router): void {
    for (const filter of this.#mapping.filters) router.unsubscribe(this, filter);
  }

  /** See `Destination`. An empty message is none to keep: only its publisher can mean the end of another. */
  deliver(message: Message, _grant: Grant, acceptance: Acceptance): void {
    const { topic, retain, payload } = message;
    if (retain || payload.length === 0 || topic.startsWith('$') || !this.#mapping.matches(topic)) return;
    this.#router?.retained.keep(message.withTopic(topic, message.qos, true), acceptance);
  }
}
