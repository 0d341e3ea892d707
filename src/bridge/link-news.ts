// LinkNews: what the log says of a bridge's link. That it is down is told once for each
// reason, and quietly at every further try; that it is up, each time. Without state but
// the last reason.
import type { Log } from '../base/log.ts';
import type { WaitingState } from './bridge-status.ts';
import type { Trouble } from './link-trouble.ts';

/** What is told of every event. */
export interface LinkFacts {
  readonly bridge: string;
  readonly remote: string;
  /** Present where there are several. */
  readonly lane?: number;
}

/** Tells of one link. */
export class LinkNews {
  readonly #log: Log;
  #lastError = '';

  constructor(log: Log) {
    this.#log = log;
  }

  /** MQTT is up. */
  connected(facts: LinkFacts, sessionPresent: boolean, degradations: readonly string[]): void {
    this.#lastError = '';
    const more = { ...facts, sessionPresent };
    this.#log.info(degradations.length === 0 ? more : { ...more, degradations }, 'bridge connected');
  }

  /** It is not, and is tried again. Returns the state that says so. */
  waiting(facts: LinkFacts, times: { since: number; delayMs: number }, trouble: Trouble | undefined): WaitingState {
    const { kind = 'lost', text = '', remedy } = trouble ?? {};
    const { since, delayMs } = times;
    const told = { ...facts, kind, retryInMs: Math.round(delayMs), ...(remedy === undefined ? {} : { remedy }) };
    if (text === this.#lastError) this.#log.debug(told, `bridge not connected: ${text}`);
    else this.#log.warn(told, `bridge not connected: ${text}`);
    this.#lastError = text;
    const state = { state: 'waiting', since, retryAt: since + delayMs, error: text, kind } as const;
    return remedy === undefined ? state : { ...state, remedy };
  }
}
