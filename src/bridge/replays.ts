// Replays: what a bridge keeps of what it has delivered, and the replay of it that is underway, one at a time. A replay
// is a value of a stream of the journal, so that it goes on after a restart; the last one that ended is remembered.
//
//   off (nothing is kept) | reading what an earlier process left --> keeping | underway
//   keeping --start--> underway --done, cancelled--> keeping
//
// Bounded by what is kept.
import { topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import { messageOf, UsageError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Clock } from '../ports/ports.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';
import type { BridgeNews } from './bridge-news.ts';
import type { ForwardRule } from './forward-rules.ts';
import type { KeptMessage, KeptMessages } from './kept-messages.ts';
import { isTopicWanted, Replay } from './replay.ts';
import type { ReplayTarget } from './replay-target.ts';
import {
  noCounts,
  type ReplayRun,
  type ReplayStatus,
  type ReplayTerms,
  readReplay,
  replayBytes,
  replayOwnerOf,
  type StoredReplay,
} from './replay-terms.ts';

/** What they work with. */
export interface ReplaysParts {
  readonly name: string;
  /** Undefined: nothing is kept. */
  readonly kept: KeptMessages | undefined;
  readonly storage?: Storage | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly news: BridgeNews;
  /** Where the bridge itself, and others by their names, take what is replayed. */
  readonly entrance: ReplayTarget;
  readonly replayTargetOf?: (name: string) => ReplayTarget | undefined;
  /** The rule of a key; one that stands for it where it is not there any more. */
  readonly ruleOf: (key: number) => Pick<ForwardRule, 'inverse'>;
}

/** What a replay would deliver. */
export interface ReplayPreview {
  readonly messages: number;
  /** Of their payloads. */
  readonly bytes: number;
  /** Messages that cannot be read any more. */
  readonly damaged: number;
}

/** What to look for. */
export type ReplayChoice = Pick<ReplayTerms, 'from' | 'until' | 'topic'>;

const runKey = 'run';

/** The replays of one bridge. */
export class Replays {
  readonly #parts: ReplaysParts;
  readonly #values: KeptValues | undefined;
  #replay: Replay | undefined;
  /** The topic that a kept message had here, where its rule says it. */
  readonly #localTopicOf: (kept: KeptMessage) => string | undefined;
  #isStopped = false;
  /** Whether it is not known yet what an earlier process has left. */
  #isReading = false;
  /** It is to end as soon as that is known. */
  #isCancelDue = false;
  /** How far the replay had got when that was written last. */
  #written = 0;

  constructor(parts: ReplaysParts) {
    this.#parts = parts;
    this.#localTopicOf = ({ ruleKey, message }) => parts.ruleOf(ruleKey).inverse(message.topic);
    const { storage, kept, name } = parts;
    const owner = replayOwnerOf(name);
    this.#values = kept === undefined ? undefined : storage?.journal.keyed(owner);
    this.#isReading = (this.#values?.size ?? 0) > 0;
  }

  /** What is kept and replayed; undefined where nothing is kept. */
  get status(): ReplayStatus | undefined {
    const { kept } = this.#parts;
    if (kept === undefined) return undefined;
    const { ageMsMax, bytesMax } = kept.options;
    const status = { ageMsMax, bytesMax, kept: kept.status };
    return this.#replay === undefined ? status : { ...status, run: this.#replay.run };
  }

  /** Goes on with what an earlier process began. */
  resume(): void {
    const { storage, log, name } = this.#parts;
    const values = this.#values;
    if (values === undefined || !this.#isReading) return;
    let found: StoredReplay | undefined;
    const load = storage?.journal.load(values, (_key, value) => {
      found = readReplay(value);
      return found !== undefined;
    });
    load?.then(
      () => {
        this.#isReading = false;
        if (found === undefined || this.#isStopped) return;
        const replay = this.#begin(found, this.#isCancelDue);
        if (this.#isCancelDue) replay.cancel();
      },
      (error: unknown) => {
        this.#isReading = false;
        log.warn({ bridge: name, error: messageOf(error) }, 'the replay cannot be read');
      },
    );
  }

  /** Counts what a replay would deliver. Throws UsageError, rejects with StorageError when it cannot be read. */
  async count(choice: ReplayChoice, options: { readonly signal?: AbortSignal } = {}): Promise<ReplayPreview> {
    const kept = this.#keptFor(choice);
    const { end } = kept;
    let [messages, bytes, damaged] = [0, 0, 0];
    for (let next = 1; next < end; ) {
      options.signal?.throwIfAborted();
      const piece = await kept.read(next, end, choice);
      for (const one of piece.messages) {
        if (!isTopicWanted(choice.topic, one, this.#localTopicOf)) continue;
        messages++;
        bytes += one.message.payload.length;
      }
      damaged += piece.lost;
      next = piece.next;
    }
    return { messages, bytes, damaged };
  }

  /**
   * Begins a replay. Throws UsageError: nothing is kept, one is underway, or may be as long as that is being read, or
   * there is no such bridge or filter.
   */
  start(terms: ReplayTerms): ReplayRun {
    const kept = this.#keptFor(terms);
    const { name, clock } = this.#parts;
    if (this.#isReading) {
      throw new UsageError('REPLAY_UNDERWAY', `a replay of ${name} may be underway, which is being read: try again`);
    }
    if (this.#replay?.isUnderway) {
      throw new UsageError('REPLAY_UNDERWAY', `a replay of ${name} is underway: cancel it, or wait for its end`);
    }
    if (this.#targetOf(terms.target) === undefined) {
      throw new UsageError('REPLAY_TARGET', `there is no bridge ${terms.target} that runs`);
    }
    const id = (this.#replay?.run.id ?? 0) + 1;
    const startedAt = Math.round(clock.wallMs());
    const { end, first } = kept;
    const state = 'running' as const;
    const replay: StoredReplay = { id, terms, state, counts: noCounts, startedAt, first, next: first, end };
    this.#parts.news.tell('replay', `a replay to ${terms.target} begins`);
    this.#keep(replay);
    return this.#begin(replay).run;
  }

  /** Ends the replay that is underway. Returns whether there was one. */
  cancel(): boolean {
    if (this.#isReading) {
      this.#isCancelDue = true;
      return true;
    }
    if (this.#replay?.isUnderway !== true) return false;
    this.#replay.cancel();
    return true;
  }

  /** Nothing more is replayed in this process; what is underway goes on in the next one. */
  stop(): void {
    this.#isStopped = true;
    this.#replay?.stop();
  }

  /** Nothing more is kept in this process. */
  close(): void {
    this.stop();
    this.#parts.kept?.stop();
  }

  #targetOf(target: string): ReplayTarget | undefined {
    const { name, entrance, replayTargetOf } = this.#parts;
    return target === name ? entrance : replayTargetOf?.(target);
  }

  #keptFor({ topic, from = 0, until = Number.POSITIVE_INFINITY }: ReplayChoice): KeptMessages {
    const { kept, name } = this.#parts;
    const off = `${name} keeps nothing of what it has delivered: set bridges.mqtt.${name}.replay, and data.dir`;
    if (kept === undefined) throw new UsageError('REPLAY_OFF', off);
    const fault = topic === undefined ? undefined : topicFilterFault(topic);
    if (fault !== undefined) throw new UsageError('TOPIC_FILTER', `the topic filter ${fault}`);
    if (from > until) throw new UsageError('REPLAY_TIME', 'from is later than until');
    return kept;
  }

  #begin(stored: StoredReplay, isCancelled = false): Replay {
    const { kept, clock, name } = this.#parts;
    const targetOf = (target: string): ReplayTarget | undefined => this.#targetOf(target);
    const localTopicOf = this.#localTopicOf;
    if (kept === undefined) throw new UsageError('REPLAY_OFF', `${name} keeps nothing`);
    const progressed = (now: StoredReplay): void => this.#progressed(now);
    const replay = new Replay({ kept, clock, name, targetOf, localTopicOf, progressed }, stored);
    this.#replay = replay;
    if (replay.isUnderway && !isCancelled) replay.start();
    return replay;
  }

  #progressed(replay: StoredReplay): void {
    if (this.#isStopped) return;
    if (replay.next !== this.#written || replay.endedAt !== undefined) this.#keep(replay);
    if (replay.endedAt === undefined) return;
    const { queued, expired, unmatched, refused, damaged } = replay.counts;
    const left = expired + unmatched + refused + damaged;
    const ended = `the replay to ${replay.terms.target} is ${replay.state}: ${queued} messages again, ${left} not`;
    this.#parts.log.info({ bridge: this.#parts.name, ...replay.counts }, ended);
    this.#parts.news.tell('replay', ended);
  }

  #keep(replay: StoredReplay): void {
    this.#written = replay.next;
    this.#values?.put(runKey, replayBytes(replay));
  }
}
