// Timelines: what happened to each bridge, in words. They listen to the bridges that run; which ones run is looked at
// once a second, and after each change of the configuration.
// Bounded: `eventsMax` events of each of `bridgesMax` bridges.
import type { Bridge } from '../../bridge/bridge.ts';
import type { BridgeStatus } from '../../bridge/bridge-status.ts';
import type { Bridges } from '../../bridge/bridges.ts';
import type { LinkPlanStatus } from '../../bridge/link-plan.ts';
import type { TimelineEvent } from '../../http/api-config-types.ts';

const eventsMax = 200;
const bridgesMax = 1000;

/** The events of all bridges. */
export class Timelines {
  readonly #bridges: Bridges;
  readonly #wallMs: () => number;
  readonly #events = new Map<string, TimelineEvent[]>();
  readonly #watched = new Map<string, { readonly bridge: Bridge; readonly stop: () => void }>();
  /** What was told last of each plan. */
  readonly #plans = new Map<string, string>();
  readonly #told: (name: string, event: TimelineEvent) => void;

  constructor(bridges: Bridges, wallMs: () => number, told: (name: string, event: TimelineEvent) => void) {
    this.#bridges = bridges;
    this.#wallMs = wallMs;
    this.#told = told;
    this.look();
  }

  /** Newest last. */
  of(name: string): readonly TimelineEvent[] {
    return this.#events.get(name) ?? [];
  }

  /** Looks which bridges run. */
  look(): void {
    for (const [name, { bridge, stop }] of this.#watched) {
      if (this.#bridges.get(name) === bridge) continue;
      stop();
      this.#watched.delete(name);
      this.#plans.delete(name);
      this.add(name, 'closed', 'closed');
    }
    for (const { name, link, plan, queueDepth } of this.#bridges.status) {
      const bridge = this.#bridges.get(name);
      if (bridge === undefined || this.#watched.has(name)) continue;
      const stops = [
        bridge.onStatus((status) => this.#changed(status)),
        bridge.news.listen((kind, text) => this.add(name, kind, text)),
      ];
      this.#watched.set(name, { bridge, stop: () => stops.forEach((stop) => void stop()) });
      this.add(name, 'opened', 'opened');
      // a bridge that begins as it is planned was not resumed
      if (plan?.isOpen) this.#plans.set(name, plan.text);
      else if (plan) this.#planned(name, plan, queueDepth);
      if (link.state === 'connected') this.add(name, 'connected', 'connected');
    }
  }

  /** Adds an event. */
  add(name: string, kind: TimelineEvent['kind'], text: string): void {
    let events = this.#events.get(name);
    if (events === undefined) {
      if (this.#events.size >= bridgesMax) return;
      events = [];
      this.#events.set(name, events);
    }
    const event = { at: Math.round(this.#wallMs()), kind, text };
    events.push(event);
    if (events.length > eventsMax) events.shift();
    this.#told(name, event);
  }

  /** Listens no more. */
  close(): void {
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
  }

  #planned(name: string, { text, isOpen }: LinkPlanStatus, queueDepth: number): void {
    if (text === this.#plans.get(name)) return;
    this.#plans.set(name, text);
    this.add(name, isOpen ? 'resumed' : 'paused', `${text}; ${queueDepth} messages wait`);
  }

  #changed({ name, link, remote, queueDepth, plan }: BridgeStatus): void {
    if (plan) this.#planned(name, plan, queueDepth);
    if (link.state === 'waiting' && link.kind === 'planned') return;
    switch (link.state) {
      case 'connected': {
        const session = link.sessionPresent ? 'the session goes on' : 'a new session';
        this.add(name, 'connected', `connected to ${remote}: ${session}; ${queueDepth} messages wait`);
        return;
      }
      case 'waiting':
        this.add(name, 'lost', `no connection to ${remote}: ${link.error}; ${queueDepth} messages wait`);
        return;
      case 'connecting':
      case 'closed':
        return;
      default:
        link satisfies never;
    }
  }
}
