// ForwardStorage: the queue of a forwarder in the journal, and what an earlier
// process left in it: messages with the rules that queued them, and which of them
// the remote owns already.
import type { Session } from '../../protocol/session/session.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { type Durability, stricter } from '../base/durability.ts';
import type { Origin } from '../message/origin.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { QueueLimits } from '../queue/queue.ts';
import type { QueueBudget } from '../queue/queue-budget.ts';
import type { Shares } from '../queue/share.ts';
import type { Storage } from '../queue/storage.ts';
import { StoredFlows } from '../queue/stored-flows.ts';
import { StoredQueue } from '../queue/stored-queue.ts';
import type { BridgeContext } from './bridge-context.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { forgetFormerTopics } from './former-topics.ts';
import { ForwardPart, type ForwardSource, type ForwardWhole } from './forward-source.ts';
import { keptOwnerOf } from './kept-messages.ts';
import { forgetLanes } from './lane-layout.ts';
import { replayOwnerOf } from './replay-terms.ts';
import { forgetRetainedSync } from './retained-sync.ts';

/** Where a forwarder keeps its messages, if not in memory alone. */
export interface ForwardStorage {
  readonly storage: Storage;
  /** Of the bridge: that of rules which say nothing. */
  readonly durability: Durability;
  /** The strictest of the bridge and its rules: flows are as safe. */
  readonly strictest: Durability;
  readonly origin: Origin;
  /** The rule of a key; one that stands for it where it is not there any more. */
  ruleOf(key: number): ForwardWhole;
}

/** What a stored queue of messages to the remote needs of its owner. */
export interface ForwardQueueParts {
  /** The name of its stream. */
  readonly owner: string;
  readonly limits: QueueLimits;
  readonly budget: QueueBudget | undefined;
  readonly stored: ForwardStorage;
  /** See `StoredQueueParts`. */
  readonly dropped: (sequence: number, rule: ForwardSource, reason: DropReason, qos: Qos) => void;
  /** What each rule has in it. */
  readonly shares: Shares<ForwardSource>;
  readonly readable: () => void;
}

const noNumbers: readonly number[] = [];

/** The strictest level of a bridge and its rules; at `memory` nothing of it is stored. */
export function strictestOf({ durability, forwards }: Pick<BridgeOptions, 'durability' | 'forwards'>): Durability {
  return forwards.reduce((level, { durability: own = 'memory', qos0Policy }) => {
    const ofRule = qos0Policy === 'persist' ? stricter(own, 'written') : own;
    return stricter(level, ofRule);
  }, durability);
}

/** Queues are stored where there is a storage, unless the bridge is to live in memory, or has no rules. */
export function storedTermsOf(
  { storage }: Pick<BridgeContext, 'storage'>,
  options: Pick<BridgeOptions, 'durability' | 'forwards'>,
  origin: Origin,
  ruleOf: ForwardStorage['ruleOf'],
): ForwardStorage | undefined {
  const { durability } = options;
  const strictest = strictestOf(options);
  if (storage === undefined || strictest === 'memory') return undefined;
  return { storage, durability, strictest, origin, ruleOf };
}

/** The queue as it is in the journal. */
export function openForwardQueue({
  owner,
  limits,
  budget,
  stored,
  dropped,
  shares,
  readable,
}: ForwardQueueParts): StoredQueue<ForwardSource> {
  const { storage, durability, origin } = stored;
  const wholeOf = wholesOf(stored);
  return new StoredQueue<ForwardSource>({
    storage,
    name: owner,
    limits,
    budget,
    durabilityOf: (rule) => rule.durability ?? durability,
    form: {
      keyOf: ({ key }) => key,
      numbersOf: ({ partition }) => (partition === undefined ? noNumbers : [partition]),
      tagOf: (key, numbers = noNumbers) => {
        const [partition] = numbers;
        return partition === undefined ? wholeOf(key) : wholeOf(key).partOf(partition);
      },
    },
    origin,
    dropped,
    shares,
    readable,
  });
}

/** Rules of earlier times that are told apart at most. */
const formerMax = 1024;

/** Whose messages a key stands for; what is left of rules of earlier times keeps its key. */
function wholesOf({ ruleOf }: ForwardStorage): (key: number) => ForwardWhole {
  const former = new Map<number, ForwardWhole>();
  return (key) => {
    const rule = ruleOf(key);
    if (rule.key === key) return rule;
    const known = former.get(key);
    if (known !== undefined || former.size >= formerMax) return known ?? rule;
    const whole = new ForwardPart(rule, { key });
    former.set(key, whole);
    return whole;
  };
}

/** The queue whose messages the flows are about. */
export interface RestoredQueue {
  /** The first sequence that no earlier process can have sent. */
  readonly unsentFrom: number;
  /** The remote owns a message: it is not sent again. */
  skip(sequence: number): void;
}

/** Whose flows are taken over. */
export interface ForwardFlows {
  /** The name of the flows with the first server; those with others have its address behind it. */
  readonly owner: string;
  /** The sessions with all servers, with the address of each; the first one is the bridge's own. */
  readonly sessions: ReadonlyMap<Session, string>;
}

/** Takes over the flows that an earlier process left; what the remote owns already of the queue is skipped. */
export function restoreFlows(
  { owner, sessions }: ForwardFlows,
  { storage, strictest }: ForwardStorage,
  queue: RestoredQueue,
): void {
  for (const [index, [session, address]] of [...sessions].entries()) {
    const flows = new StoredFlows(storage, index === 0 ? owner : `${owner}@${address}`, () => strictest === 'synced');
    flows.restore(session, queue.unsentFrom, (sequence) => queue.skip(sequence));
  }
}

/** The names of bridges of which an earlier process left messages, flows, or what else has their name. */
export function bridgesLeftIn(storage: Storage): ReadonlySet<string> {
  const owners = [...storage.journal.names, ...storage.flowOwners];
  return new Set(owners.flatMap((owner) => /^bridge\/([A-Za-z0-9_-]+)/.exec(owner)?.[1] ?? []));
}

/** A bridge is gone for good, with all that it kept. */
export function forgetBridge(storage: Storage, name: string): void {
  forgetLanes(storage, name);
  forgetRetainedSync(storage, name);
  forgetFormerTopics(storage, name);
  for (const owner of [`bridge/${name}:dead-letters`, keptOwnerOf(name), replayOwnerOf(name)]) storage.forget(owner);
}
