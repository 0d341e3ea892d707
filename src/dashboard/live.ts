// Live: the feed of the server, as signals that pages read. While a session lasts it stays open; when it breaks it is
// opened again, later each time, and the page says so. Bounded: `samplesMax` moments of each line, `eventsMax` events.
//
//   idle --open--> connecting --first event--> live --broken--> waiting --retryMs--> connecting ...    --close--> idle
import { type Signal, signal } from '@preact/signals';
import type { TimelineEvent } from '../http/api-config-types.ts';
import type { LiveEvent, MetricsHistoryReply, StatusReply } from '../http/api-types.ts';
import { endpoint } from './api.ts';
import type { BridgeStatus } from './bridge-words.ts';
import { after, now } from './world.ts';

/** Moments kept of every line of a chart: ten minutes at one a second. */
export const samplesMax = 600;
const eventsMax = 100;
const retryMsMin = 1000;
const retryMsMax = 15_000;

/** Whether the feed runs. */
export type LiveState =
  | { readonly state: 'idle' | 'connecting' | 'live' }
  | { readonly state: 'waiting'; readonly retryAt: number };

/** One moment of a bridge in a chart. */
export interface Sample {
  readonly at: number;
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
  readonly depth: number;
}

/** An event of the whole, newest first in lists. */
export interface FeedEvent {
  readonly at: number;
  readonly about: string;
  readonly kind: TimelineEvent['kind'] | 'client-connected' | 'client-disconnected';
  readonly text: string;
}

/** The feed. */
export class Live {
  readonly state: Signal<LiveState> = signal({ state: 'idle' });
  /** The latest status; undefined until the first. */
  readonly status: Signal<StatusReply | undefined> = signal(undefined);
  /** The events since the page was opened, newest first. */
  readonly events: Signal<readonly FeedEvent[]> = signal([]);
  /** Grows with every change of the configuration: pages that show it read it again. */
  readonly configRevision: Signal<number> = signal(0);
  /** Lines by bridge; the whole broker under the empty name. Oldest first. */
  readonly samples: Signal<ReadonlyMap<string, readonly Sample[]>> = signal(new Map());
  #source: EventSource | undefined;
  #cancelRetry: () => void = () => undefined;
  #retryMs = retryMsMin;
  /** The last event that has a number: from it on the server goes on after a break. */
  #lastEventId = '';

  /** Opens the feed, unless it is open. */
  open(): void {
    if (this.state.value.state !== 'idle') return;
    this.#connect();
  }

  /** Ends it, as at logout. */
  close(): void {
    this.#cancelRetry();
    this.#source?.close();
    this.#source = undefined;
    this.#lastEventId = '';
    this.state.value = { state: 'idle' };
  }

  /** Puts what the server remembers before what came live, once. */
  fill(history: MetricsHistoryReply): void {
    const all = new Map(this.samples.value);
    const names = Object.keys(history.series).flatMap((name) => /^bridge\.(.+)\.sent$/.exec(name)?.[1] ?? []);
    for (const name of ['', ...names]) {
      const prefix = name === '' ? '' : `bridge.${name}.`;
      const column = (key: string): readonly number[] => history.series[`${prefix}${key}`] ?? [];
      const [sent, received, dropped, depth] = [
        column('sent'),
        column('received'),
        column('dropped'),
        column('queueDepth'),
      ];
      const live = all.get(name) ?? [];
      const oldest = live[0]?.at ?? Number.POSITIVE_INFINITY;
      const past = history.at
        .map((at, index) => ({
          at,
          sent: sent[index] ?? 0,
          received: received[index] ?? 0,
          dropped: dropped[index] ?? 0,
          depth: depth[index] ?? 0,
        }))
        .filter(({ at }) => at < oldest);
      all.set(name, [...past, ...live].slice(-samplesMax));
    }
    this.samples.value = all;
  }

  /** Takes one event, as the feed tells it. */
  take(event: LiveEvent): void {
    switch (event.kind) {
      case 'status':
        this.status.value = event.data;
        this.#sample(event.data);
        return;
      case 'bridge':
        this.#note({ ...event.data.event, about: event.data.name });
        return;
      case 'client':
        this.#note({ at: event.data.at, about: event.data.clientId, kind: `client-${event.data.event}`, text: '' });
        return;
      case 'config':
      case 'skipped':
        this.configRevision.value++;
        return;
      case 'log':
        return;
      default:
        // a server that is newer than the page
        event satisfies never;
    }
  }

  #connect(): void {
    this.state.value = { state: 'connecting' };
    const source = new EventSource(
      endpoint('/live', { kinds: 'status,bridge,client,config', lastEventId: this.#lastEventId }),
    );
    this.#source = source;
    for (const kind of ['status', 'bridge', 'client', 'config', 'skipped'] as const) {
      source.addEventListener(kind, ({ data, lastEventId }: MessageEvent<string>) => {
        if (lastEventId !== '') this.#lastEventId = lastEventId;
        this.#retryMs = retryMsMin;
        if (this.state.value.state !== 'live') {
          // not the first time: what changed meanwhile is read anew
          if (this.status.value !== undefined) this.configRevision.value++;
          this.state.value = { state: 'live' };
        }
        // the server holds its events to LiveEvent
        this.take({ kind, data: JSON.parse(data) } as LiveEvent);
      });
    }
    source.onerror = () => {
      source.close();
      this.state.value = { state: 'waiting', retryAt: now() + this.#retryMs };
      this.#cancelRetry = after(this.#retryMs, () => this.#connect());
      this.#retryMs = Math.min(retryMsMax, this.#retryMs * 2);
    };
  }

  #note(event: FeedEvent): void {
    this.events.value = [event, ...this.events.value].slice(0, eventsMax);
  }

  #sample({ now: moment, rates, broker, bridges }: StatusReply): void {
    const all = new Map(this.samples.value);
    const at = moment.wallMs;
    const add = (name: string, sample: Sample): void => {
      all.set(name, [...(all.get(name) ?? []), sample].slice(-samplesMax));
    };
    add('', { at, sent: rates.sent, received: rates.received, dropped: rates.dropped, depth: broker.queued });
    for (const { name, rates: own, status } of bridges) {
      add(name, { at, sent: own.sent, received: own.received, dropped: own.dropped, depth: status?.queueDepth ?? 0 });
    }
    this.samples.value = all;
  }
}

/** A moment of the server's monotonic clock as ms since 1970. */
export function wallOf(status: StatusReply, monotonic: number): number {
  return status.now.wallMs - status.now.monotonicMs + monotonic;
}

/** What the rules of a bridge account for, together. */
export interface Account {
  readonly received: number;
  readonly delivered: number;
  readonly queued: number;
  readonly dropped: number;
  readonly reasons: readonly (readonly [reason: string, count: number])[];
}

/** The account of bridges, both directions, summed over their rules. */
export function accountOf(statuses: readonly BridgeStatus[]): Account {
  const rules = statuses.flatMap(({ forwards, subscriptions }) => [...forwards, ...subscriptions]);
  const reasons = new Map<string, number>();
  let [received, delivered, queued, dropped] = [0, 0, 0, 0];
  for (const rule of rules) {
    received += rule.received;
    delivered += rule.delivered;
    queued += rule.queued;
    for (const [reason, count] of Object.entries(rule.dropped)) {
      dropped += count;
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    }
  }
  return { received, delivered, queued, dropped, reasons: [...reasons].sort(([, a], [, b]) => b - a) };
}
