// RetainedSync: what is retained here gets to the remote once, when a rule is new or another server is in use, and from
// then on by the messages that change it; a lost connection alone repeats nothing. Changes that did not get into the
// queue (QoS 0 while the link was down, no room), deletes above all, are owed: the topic is remembered, and what it
// retains then, or that it retains nothing, is sent when the link is up again.
//
//   rule --new, other server--> walking its filters --all queued--> in step with the server --topic owed--> ... paid
//
// Which rules are in step, and what is owed, stands in the journal where there is one. Bounded: `owedMax` topics; the
// walk and what is owed go on in pieces of `pieceMax`, each while less than `depthMax` messages wait.
import { filterMatches } from '../../protocol/topic/topic-filter.ts';
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Log } from '../base/log.ts';
import { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';
import { Acceptance } from '../router/acceptance.ts';
import type { Grant } from '../router/destination.ts';
import type { RetainedStore } from '../router/retained.ts';
import type { RetainedReplay } from '../router/retained-replay.ts';

/** How many topics may be owed, of all rules together. */
const owedMax = 10_000;
/** Messages queued at a time, and how long between two times, in ms. */
const pieceMax = 500;
const pieceMs = 50;
/** With so many messages waiting nothing is added to them. */
const depthMax = 2000;
const streamName = 'retained-sync';

/** A rule, as far as retained messages go. */
export interface SyncedRule {
  /** By which it is known after a restart. */
  readonly key: number;
  readonly filters: readonly string[];
  /** Whether what is retained here gets to the remote. */
  readonly isSyncing: boolean;
  /** See `Destination`. */
  deliver(message: Message, grant: Grant, acceptance: Acceptance): void;
}

/** What it works with. */
export interface RetainedSyncParts {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly retained: RetainedStore;
  /** Without it everything is forgotten with the process. */
  readonly storage: Storage | undefined;
  /** Whether a topic is the remote's own, by the rules: what an earlier process kept of it may come from there. */
  readonly isRemote: (topic: string) => boolean;
  /** The bridge: whether messages get to the remote now, and how many wait. */
  readonly line: { readonly isReady: boolean; readonly depth: number };
}

/** What is still to be done for a rule that is not in step with its server. */
interface Walk {
  readonly rule: SyncedRule;
  readonly filters: readonly string[];
  readonly replays: readonly RetainedReplay[];
  place: number;
}

const nobody = { accepted: (): void => undefined };
const everything: Grant = { qos: 2, isRetainAsPublished: true, identifiers: undefined };

/** The retained messages of one bridge. */
export class RetainedSync {
  readonly #parts: RetainedSyncParts;
  readonly #origin: Origin;
  readonly #stream: KeptValues | undefined;
  #rules: readonly SyncedRule[] = [];
  /** By rule, the server that it is in step with. */
  readonly #inStep = new Map<number, string>();
  /** By rule, topics that the remote has not heard of. */
  readonly #owed = new Map<number, Set<string>>();
  #owedCount = 0;
  #walks: Walk[] = [];
  /** That of the last connection; empty before the first. */
  #server = '';
  #isKept = true;
  #isOverfull = false;
  #timer: Timer | undefined;

  constructor(parts: RetainedSyncParts) {
    this.#parts = parts;
    this.#origin = new Origin('application', 'retained-sync');
    this.#stream = parts.storage?.journal.keyed(streamName);
    for (const key of this.#stream?.keys() ?? []) {
      const [bridge, rule = '', kind, value = ''] = key.split('\0');
      if (bridge !== parts.name) continue;
      if (kind === 'in-step') this.#inStep.set(Number(rule), value);
      else this.#note(Number(rule), value);
    }
  }

  /** Whether everything that is retained is on its way. */
  get isDone(): boolean {
    return this.#walks.length === 0 && this.#owedCount === 0;
  }

  /** These rules carry what is retained; those that are new begin with what is there now. */
  use(rules: readonly SyncedRule[]): void {
    this.#rules = rules.filter(({ isSyncing }) => isSyncing);
    const keys = new Set(this.#rules.map(({ key }) => key));
    for (const key of [...this.#inStep.keys(), ...this.#owed.keys()]) if (!keys.has(key)) this.#forget(key);
    this.#walks = this.#walks.filter(({ rule }) => this.#rules.includes(rule));
    for (const rule of this.#rules) if (!this.#inStep.has(rule.key)) this.#walk(rule);
    if (!this.#isKept) this.#walks = [];
    this.#goOn();
  }

  /** The link is up: the session is that of this server. `isKept`: the remote keeps retained messages at all. */
  connected(server: string, isKept: boolean): void {
    // what the server before this one was told of a rule, this one was not
    if (server !== this.#server) this.#walks = [];
    this.#server = server;
    this.#isKept = isKept;
    if (!isKept) {
      this.#walks = [];
      return;
    }
    for (const rule of this.#rules) {
      const before = this.#inStep.get(rule.key);
      if (before === server) continue;
      if (before !== undefined) this.#stream?.delete(this.#keyOf(rule.key, 'in-step', before));
      this.#inStep.delete(rule.key);
      if (!this.#walks.some((walk) => walk.rule === rule)) this.#walk(rule);
    }
    this.#goOn();
  }

  /** A message that changes what a topic retains came to a rule, which queued it or not. */
  changed(rule: SyncedRule, topic: string, isQueued: boolean): void {
    const owed = this.#owed.get(rule.key);
    if (isQueued) {
      if (owed?.has(topic)) this.#paid(rule.key, topic);
      return;
    }
    if (owed?.has(topic)) return;
    if (this.#owedCount >= owedMax) {
      const { log, name } = this.#parts;
      if (!this.#isOverfull) log.warn({ bridge: name, topic }, 'too many retained messages are owed');
      this.#isOverfull = true;
      return;
    }
    this.#note(rule.key, topic);
    this.#stream?.put(this.#keyOf(rule.key, 'owed', topic), emptyBytes);
    this.#goOn();
  }

  /** Nothing more is queued. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#rules = [];
    this.#walks = [];
  }

  #goOn(): void {
    if (this.isDone || this.#rules.length === 0 || this.#server === '' || !this.#parts.line.isReady) return;
    this.#timer ??= this.#parts.clock.schedule(pieceMs, () => {
      this.#timer = undefined;
      if (this.#parts.line.isReady) this.#piece();
      this.#goOn();
    });
  }

  #piece(): void {
    let left = this.#parts.line.depth < depthMax ? pieceMax : 0;
    for (const rule of this.#rules) {
      for (const topic of [...(this.#owed.get(rule.key) ?? [])].slice(0, left)) {
        left--;
        this.#paid(rule.key, topic);
        this.#send(rule, this.#parts.retained.get(topic) ?? this.#tombstone(topic));
      }
    }
    for (const walk of [...this.#walks]) {
      while (left-- > 0 && this.#step(walk));
      if (left < 0) return;
      this.#walks.splice(this.#walks.indexOf(walk), 1);
      this.#inStep.set(walk.rule.key, this.#server);
      this.#stream?.put(this.#keyOf(walk.rule.key, 'in-step', this.#server), emptyBytes);
    }
  }

  /** Queues the next message of a walk. Returns whether there was one. */
  #step(walk: Walk): boolean {
    const { filters, replays } = walk;
    for (let replay = replays[walk.place]; replay !== undefined; replay = replays[walk.place]) {
      const message = replay.peek();
      if (message === undefined) {
        walk.place++;
        continue;
      }
      const hasExpired = message.expiresAt > 0 && message.expiresAt <= this.#parts.clock.now();
      replay.taken(hasExpired);
      // a filter before this one has had it
      const isTwice = filters.slice(0, walk.place).some((filter) => filterMatches(filter, message.topic));
      if (!hasExpired && !isTwice) this.#send(walk.rule, message);
      return true;
    }
    return false;
  }

  /** State is to arrive: what was published at QoS 0 goes at 1, unless the rule has a say. */
  #send(rule: SyncedRule, message: Message): void {
    if (message.origin.kind === 'application' && this.#parts.isRemote(message.topic)) return;
    const sent = message.qos === 0 ? message.withTopic(message.topic, 1) : message;
    rule.deliver(sent, everything, new Acceptance(nobody, 0));
  }

  #tombstone(topic: string): Message {
    return new Message({ topic, payload: emptyBytes, qos: 1, retain: true, origin: this.#origin });
  }

  #walk(rule: SyncedRule): void {
    const filters = rule.filters.filter((filter) => !filter.startsWith('$'));
    const replays = filters.map((filter) => this.#parts.retained.replay(filter));
    this.#walks.push({ rule, filters, replays, place: 0 });
  }

  #note(rule: number, topic: string): void {
    const topics = this.#owed.get(rule) ?? new Set();
    this.#owed.set(rule, topics);
    topics.add(topic);
    this.#owedCount++;
  }

  #paid(rule: number, topic: string): void {
    if (!this.#owed.get(rule)?.delete(topic)) return;
    this.#owedCount--;
    this.#isOverfull = false;
    this.#stream?.delete(this.#keyOf(rule, 'owed', topic));
  }

  #forget(rule: number): void {
    for (const topic of [...(this.#owed.get(rule) ?? [])]) this.#paid(rule, topic);
    this.#owed.delete(rule);
    const server = this.#inStep.get(rule);
    if (server !== undefined) this.#stream?.delete(this.#keyOf(rule, 'in-step', server));
    this.#inStep.delete(rule);
  }

  #keyOf(rule: number, kind: 'in-step' | 'owed', value: string): string {
    return `${this.#parts.name}\0${rule}\0${kind}\0${value}`;
  }
}

/** A bridge is gone for good. */
export function forgetRetainedSync(storage: Storage, bridge: string): void {
  storage.forgetKeys(streamName, (key) => key.startsWith(`${bridge}\0`));
}
