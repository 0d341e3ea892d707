// ServiceTargets: the servers behind a name with SRV records (RFC 2782), as one server of a bridge: its nodes, which
// share what it has. Of the lowest priority first, among equals drawn by weight; each try takes the next one, and when
// all have been tried, or the answer is older than `answerMsMax`, the name is asked for again. An answer that does not
// come leaves the one before.
//
//   asked --answer--> in order: [first] [second] ... --all tried--> asked ...      connected: from the top
//
// Bounded: `targetsMax` targets of an answer are used.
import { LinkError } from '../base/errors.ts';
import { describeAddress } from '../base/remote-address.ts';
import type { Net, Random, ServiceTarget } from '../ports/ports.ts';

/** How long an answer is used, in ms. Node does not tell how long it may be. */
const answerMsMax = 60_000;
/** Targets of an answer that are used. */
const targetsMax = 64;

/** One target in numbers. */
export interface TargetStatus {
  /** `host:port`. */
  readonly address: string;
  readonly priority: number;
  readonly weight: number;
  readonly tries: number;
  readonly connects: number;
}

interface Target extends ServiceTarget {
  tries: number;
  connects: number;
}

/** The name of the records of a domain. */
export function serviceNameOf(domain: string, isEncrypted: boolean): string {
  return `${isEncrypted ? '_secure-mqtt' : '_mqtt'}._tcp.${domain}`;
}

/** The targets of one name. */
export class ServiceTargets {
  readonly name: string;
  readonly #net: Net;
  readonly #random: Random;
  #order: readonly Target[] = [];
  #next = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #current: Target | undefined;
  #probed: Target | undefined;

  /** `name`: as `_mqtt._tcp.example.com`. */
  constructor(name: string, net: Net, random: Random) {
    this.name = name;
    this.#net = net;
    this.#random = random;
  }

  /** The target that is used, or tried. */
  get current(): ServiceTarget | undefined {
    return this.#current;
  }

  /** Whether there is one that was not tried since the last connection. */
  get isOneLeft(): boolean {
    return this.#next > 0 && this.#next < this.#order.length;
  }

  /** Whether one of a lower priority than that in use is named. */
  get isBetterKnown(): boolean {
    const [best] = this.#order;
    return best !== undefined && this.#current !== undefined && best.priority < this.#current.priority;
  }

  /** The targets in numbers, in their order. */
  get status(): readonly TargetStatus[] {
    return this.#order.map(({ host, port, priority, weight, tries, connects }) => {
      return { address: describeAddress(host, port), priority, weight, tries, connects };
    });
  }

  /** The target of a try at `now` in ms. Rejects with LinkError where the name has none. */
  async next(now: number, signal: AbortSignal): Promise<ServiceTarget> {
    if (this.#next >= this.#order.length || now - this.#askedAt >= answerMsMax) await this.#ask(now, signal);
    const target = this.#order[this.#next++];
    if (target === undefined) throw none(this.name);
    target.tries++;
    this.#current = target;
    return target;
  }

  /** The best target, to look whether it is back while another one is used. Rejects where that one is as good. */
  async best(now: number, signal: AbortSignal): Promise<ServiceTarget> {
    if (now - this.#askedAt >= answerMsMax) await this.#ask(now, signal);
    const [best] = this.#order;
    if (best === undefined || !this.isBetterKnown) throw none(this.name);
    this.#probed = best;
    return best;
  }

  /** The best target is used from now on. */
  moved(): void {
    this.#current = this.#probed ?? this.#current;
    this.#probed = undefined;
  }

  /** The target in use is connected: the next try begins from the top. */
  connected(): void {
    this.#next = 0;
    if (this.#current) this.#current.connects++;
  }

  async #ask(now: number, signal: AbortSignal): Promise<void> {
    const answer = await this.#net.lookupService(this.name, signal).catch((error: unknown) => {
      if (this.#order.length === 0) throw error;
      return undefined;
    });
    this.#next = 0;
    if (answer === undefined) return;
    this.#askedAt = now;
    const known = new Map(this.#order.map((one) => [describeAddress(one.host, one.port), one]));
    const targets = answer.slice(0, targetsMax).map((target) => {
      const { tries = 0, connects = 0 } = known.get(describeAddress(target.host, target.port)) ?? {};
      return { ...target, tries, connects };
    });
    this.#order = orderOf(targets, this.#random);
  }
}

/** Lower priorities first; among equals each is drawn with the chance of its weight (RFC 2782, usage rules). */
function orderOf(targets: readonly Target[], random: Random): readonly Target[] {
  const left = [...targets].sort((one, other) => one.priority - other.priority || one.weight - other.weight);
  const order: Target[] = [];
  while (left.length > 0) {
    const equals = left.filter(({ priority }) => priority === left[0]?.priority);
    const total = equals.reduce((sum, { weight }) => sum + weight, 0);
    let place = random.unit() * total;
    const drawn = equals.findIndex(({ weight }) => {
      place -= weight;
      return place < 0;
    });
    // those that are equal stand first; without any weight the last of them is as good as any
    order.push(...left.splice(drawn < 0 ? equals.length - 1 : drawn, 1));
  }
  return order;
}

function none(name: string): LinkError {
  return new LinkError('lookup', `no server of ${name} is to be had`);
}
