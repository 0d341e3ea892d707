// LinkState: the state of one connection of a bridge, as it is shown, and told in the log.
//
//   connecting --> connected --> waiting --> connecting ...      any --> closed, for good
//
// Bounded: one state.
import type { BridgeLinkState } from './bridge-status.ts';
import type { ConnectorOwner, ConnectorParts } from './connector-parts.ts';
import { type LinkFacts, LinkNews } from './link-news.ts';
import type { Remotes } from './remotes.ts';

/** The state of one link. */
export class LinkState {
  readonly #parts: ConnectorParts;
  readonly #owner: Pick<ConnectorOwner, 'stateChanged'>;
  readonly #remotes: Remotes;
  readonly #news: LinkNews;
  #state: BridgeLinkState;

  constructor(parts: ConnectorParts, owner: Pick<ConnectorOwner, 'stateChanged'>, remotes: Remotes) {
    this.#parts = parts;
    this.#owner = owner;
    this.#remotes = remotes;
    this.#news = new LinkNews(parts.log);
    this.#state = { state: 'connecting', since: this.#now };
  }

  /** The link, now. */
  get now(): BridgeLinkState {
    return this.#state;
  }

  /** A try begins. */
  connecting(): void {
    this.#change({ state: 'connecting', since: this.#now });
  }

  /** MQTT is up. */
  connected(sessionPresent: boolean, degradations: readonly string[]): void {
    this.#news.connected(this.#facts, sessionPresent, degradations);
    this.#change({ state: 'connected', since: this.#now, sessionPresent });
  }

  /** It is tried again in so many ms. */
  waiting(delayMs: number): void {
    this.#change(this.#news.waiting(this.#facts, { since: this.#now, delayMs }, this.#remotes.trouble));
  }

  /** There will be no other. */
  closed(): void {
    this.#change({ state: 'closed', since: this.#now });
  }

  get #facts(): LinkFacts {
    const { options, lane, isOneOfSeveral } = this.#parts;
    return { bridge: options.name, remote: this.#remotes.current.address, ...(isOneOfSeveral() ? { lane } : {}) };
  }

  get #now(): number {
    return this.#parts.ports.clock.now();
  }

  #change(state: BridgeLinkState): void {
    if (this.#state.state === 'closed') return;
    this.#state = state;
    this.#owner.stateChanged();
  }
}
