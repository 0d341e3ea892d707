// RateSampler: what happens per second. Once a second it reads the counters that exist anyway and keeps the
// differences; the message path does not know of it. The last hour stays for charts, in steps of `stepMs`.
// Bounded: `stepsMax` values in each of at most `seriesMax` series, 8 bytes each.
import { cpuUsage, memoryUsage } from 'node:process';
import type { BridgeStatus } from '../../bridge/bridge-status.ts';
import type { BrokerStatus } from '../../broker/broker-status.ts';
import type { BridgeRates } from '../../http/api-config-types.ts';
import type { MetricsHistoryReply, Rates } from '../../http/api-types.ts';
import type { Clock, Timer } from '../../ports/ports.ts';

const intervalMs = 1000;
const stepMs = 10_000;
const stepsMax = 360;
const seriesMax = 450;

/** What is sampled. */
export interface Sampled {
  readonly broker: () => BrokerStatus;
  readonly bridges: () => readonly BridgeStatus[];
}

interface Sums {
  readonly at: number;
  readonly broker: Rates;
  readonly bridges: ReadonlyMap<string, BridgeRates>;
  readonly cpuMs: number;
}

const noRates: BridgeRates = { sent: 0, received: 0, dropped: 0, bytesSent: 0, bytesReceived: 0 };

/** Reads the counters once a second. */
export class RateSampler {
  readonly #clock: Clock;
  readonly #sampled: Sampled;
  readonly #times = new Float64Array(stepsMax);
  readonly #series = new Map<string, Float64Array>();
  readonly #listeners = new Set<() => void>();
  #count = 0;
  #timer: Timer | undefined;
  #last: Sums;
  #stepped: Sums;
  #rates: Rates = { received: 0, sent: 0, bytesReceived: 0, bytesSent: 0, dropped: 0 };
  #bridges: ReadonlyMap<string, BridgeRates> = new Map();
  #cpu = 0;

  constructor(clock: Clock, sampled: Sampled) {
    this.#clock = clock;
    this.#sampled = sampled;
    this.#last = this.#sums();
    this.#stepped = this.#last;
    this.#later();
  }

  /** Of the broker, over the last second. */
  get rates(): Rates {
    return this.#rates;
  }

  /** Share of a core, over the last second. */
  get cpu(): number {
    return this.#cpu;
  }

  /** Of one bridge, over the last second. */
  ratesOf(bridge: string): BridgeRates {
    return this.#bridges.get(bridge) ?? noRates;
  }

  /** Calls `listener` after each sample. Returns how to stop that. */
  onSample(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last hour. */
  history(): MetricsHistoryReply {
    const first = Math.max(0, this.#count - stepsMax);
    const take = (values: Float64Array): readonly number[] =>
      Array.from({ length: this.#count - first }, (_, index) => values[(first + index) % stepsMax] ?? 0);
    const series = [...this.#series].map(([name, values]) => [name, take(values)] as const);
    return { intervalMs: stepMs, at: take(this.#times), series: Object.fromEntries(series) };
  }

  /** Samples no more. */
  close(): void {
    this.#timer?.cancel();
  }

  #later(): void {
    this.#timer = this.#clock.schedule(intervalMs, () => {
      this.#later();
      this.#sample();
    });
  }

  #sample(): void {
    const now = this.#sums();
    const { rates, bridges, cpu } = between(this.#last, now);
    this.#last = now;
    this.#rates = rates;
    this.#bridges = bridges;
    this.#cpu = cpu;
    if (now.at - this.#stepped.at >= stepMs) this.#step(now);
    for (const listener of this.#listeners) listener();
  }

  #step(now: Sums): void {
    const { rates, bridges, cpu } = between(this.#stepped, now);
    this.#stepped = now;
    const at = this.#count++ % stepsMax;
    this.#times[at] = Math.round(this.#clock.wallMs());
    for (const values of this.#series.values()) values[at] = 0;
    for (const [name, value] of Object.entries(rates)) this.#set(name, at, value);
    this.#set('connected', at, this.#sampled.broker().connected);
    this.#set('rssBytes', at, memoryUsage.rss());
    this.#set('cpu', at, cpu);
    for (const { name, queueDepth } of this.#sampled.bridges()) {
      const own = bridges.get(name) ?? noRates;
      for (const [kind, value] of Object.entries(own)) this.#set(`bridge.${name}.${kind}`, at, value);
      this.#set(`bridge.${name}.queueDepth`, at, queueDepth);
    }
  }

  #set(name: string, at: number, value: number): void {
    let values = this.#series.get(name);
    if (values === undefined) {
      if (this.#series.size >= seriesMax) return;
      values = new Float64Array(stepsMax);
      this.#series.set(name, values);
    }
    values[at] = value;
  }

  #sums(): Sums {
    const { received, sent, bytesReceived, bytesSent, dropped } = this.#sampled.broker();
    const { user, system } = cpuUsage();
    return {
      at: this.#clock.now(),
      broker: { received, sent, bytesReceived, bytesSent, dropped: sumOf(dropped) },
      bridges: new Map(this.#sampled.bridges().map((bridge) => [bridge.name, bridgeSums(bridge)])),
      cpuMs: (user + system) / 1000,
    };
  }
}

function bridgeSums({ forwards, subscriptions, bytesSent, bytesReceived }: BridgeStatus): BridgeRates {
  let [sent, received, dropped] = [0, 0, 0];
  for (const rule of forwards) sent += rule.delivered;
  for (const rule of subscriptions) received += rule.received;
  for (const rule of [...forwards, ...subscriptions]) dropped += sumOf(rule.dropped);
  return { sent, received, dropped, bytesSent, bytesReceived };
}

function sumOf(counts: Readonly<Record<string, number | undefined>>): number {
  return Object.values(counts).reduce((sum: number, count) => sum + (count ?? 0), 0);
}

function between(before: Sums, after: Sums): { rates: Rates; bridges: ReadonlyMap<string, BridgeRates>; cpu: number } {
  const seconds = Math.max(0.001, (after.at - before.at) / 1000);
  // a bridge that was opened again begins to count again
  const rate = (one: number, other: number): number => Math.max(0, Math.round(((other - one) / seconds) * 10) / 10);
  const { received, sent, bytesReceived, bytesSent, dropped } = before.broker;
  const bridges = [...after.bridges].map(([name, now]) => {
    const was = before.bridges.get(name) ?? noRates;
    const rates = {
      sent: rate(was.sent, now.sent),
      received: rate(was.received, now.received),
      dropped: rate(was.dropped, now.dropped),
      bytesSent: rate(was.bytesSent, now.bytesSent),
      bytesReceived: rate(was.bytesReceived, now.bytesReceived),
    };
    return [name, rates] as const;
  });
  return {
    rates: {
      received: rate(received, after.broker.received),
      sent: rate(sent, after.broker.sent),
      bytesReceived: rate(bytesReceived, after.broker.bytesReceived),
      bytesSent: rate(bytesSent, after.broker.bytesSent),
      dropped: rate(dropped, after.broker.dropped),
    },
    bridges: new Map(bridges),
    cpu: Math.round(((after.cpuMs - before.cpuMs) / (seconds * 1000)) * 1000) / 1000,
  };
}
