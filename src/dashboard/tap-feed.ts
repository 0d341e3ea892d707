// TapFeed: the messages of a filter as they pass, while somebody looks. Bounded: `messagesMax` are kept, the
// oldest go first; what the server skipped, because this page was too slow, and what passed while it was paused
// is counted.
import { type Signal, signal } from '@preact/signals';
import type { TapMessage } from '../http/api-broker-types.ts';
import { endpoint } from './api.ts';

/** Messages kept. */
export const messagesMax = 500;

/** A message with its number, which only grows. */
export interface Tapped extends TapMessage {
  readonly id: number;
}

/** One tap. */
export class TapFeed {
  readonly state: Signal<'closed' | 'opening' | 'open' | 'broken'> = signal('closed');
  readonly isPaused: Signal<boolean> = signal(false);
  /** Newest first. */
  readonly messages: Signal<readonly Tapped[]> = signal([]);
  /** Messages that passed and are not in the list. */
  readonly skipped: Signal<number> = signal(0);
  readonly total: Signal<number> = signal(0);
  #source: EventSource | undefined;
  #filter = '';

  /** Begins to listen; what was heard for another filter is forgotten. */
  open(filter: string, qos: string): void {
    this.close();
    if (filter !== this.#filter) this.clear();
    this.#filter = filter;
    this.state.value = 'opening';
    const source = new EventSource(endpoint('/tap', { filter, qos }));
    this.#source = source;
    source.onopen = () => {
      this.state.value = 'open';
    };
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      // the server holds its events to TapMessage
      this.#take(JSON.parse(data) as TapMessage);
    });
    source.addEventListener('skipped', ({ data }: MessageEvent<string>) => {
      // the server says how many
      this.skipped.value += (JSON.parse(data) as { readonly count: number }).count;
    });
    source.onerror = () => {
      this.state.value = source.readyState === EventSource.CLOSED ? 'broken' : 'opening';
    };
  }

  /** Ends it; what was heard stays. */
  close(): void {
    this.#source?.close();
    this.#source = undefined;
    this.state.value = 'closed';
  }

  /** Forgets what was heard. */
  clear(): void {
    this.messages.value = [];
    this.skipped.value = 0;
    this.total.value = 0;
  }

  #take(message: TapMessage): void {
    const id = ++this.total.value;
    if (this.isPaused.value) {
      this.skipped.value++;
      return;
    }
    this.messages.value = [{ ...message, id }, ...this.messages.value].slice(0, messagesMax);
  }
}
