// BridgeNews: what happens to a bridge besides the states of its link, in words, for whoever
// listens: a replay begins or ends, a message was isolated.
// Bounded by who listens; nothing is remembered here.

/** The kinds of news. */
export type NewsKind = 'replay' | 'poison';

/** Told of news. */
export type NewsListener = (kind: NewsKind, text: string) => void;

/** The news of one bridge. */
export class BridgeNews {
  readonly #listeners = new Set<NewsListener>();

  /** Calls `listener` for all that happens from now on. Returns how to stop that. */
  listen(listener: NewsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something has happened. */
  tell(kind: NewsKind, text: string): void {
    for (const listener of this.#listeners) listener(kind, text);
  }
}
