// DeliveryManager: what waits at bridges and what they could not deliver, as the API tells of it and acts on it. It
// holds no state: every answer is asked of the bridge that runs.
// Bounded: a page a request; bulk changes by what there is.
import { topicNameFault } from '../../../protocol/topic/topic-name.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import type { DeadLetter } from '../../bridge/dead-letter.ts';
import type { ForwardRule } from '../../bridge/forward-rules.ts';
import type {
  DeadLetterChange,
  DeadLetterChoice,
  DeadLetterReply,
  DeadLettersReply,
  DeadLetterView,
  QueuedMessage,
  QueuedMessageReply,
  QueueReply,
} from '../../http/api-delivery-types.ts';
import type { ReplayReply, ReplayRequest, ReplayStarted } from '../../http/api-replay-types.ts';
import type { DeadLetterQuery, DeliveryManagement, QueueQuery } from '../../http/delivery-management.ts';
import { HttpRefusal } from '../../http/http-refusal.ts';
import { onePage } from '../../http/pages.ts';
import type { Clock } from '../../ports/ports.ts';
import type { SeenEntry } from '../../queue/message-queue.ts';
import { detailsOf, messageFacts } from './message-details.ts';

/** What it works with. */
export interface DeliveryManagerParts {
  readonly clock: Clock;
  /** The bridge of a name. Throws HttpRefusal unless it runs. */
  readonly running: (name: string) => Bridge;
}

/** Looks after messages of bridges. */
export class DeliveryManager implements DeliveryManagement {
  readonly #parts: DeliveryManagerParts;

  constructor(parts: DeliveryManagerParts) {
    this.#parts = parts;
  }

  /** See `DeliveryManagement`. */
  async queue(name: string, { from, limit, topic }: QueueQuery): Promise<QueueReply> {
    const bridge = this.#parts.running(name);
    const { entries, next } = await bridge.delivery.browse(from, limit, topic);
    const { queueDepth, queueBytes } = bridge.status;
    const messages = entries.map((entry) => this.#queuedView(bridge, entry));
    return { messages, ...(next === undefined ? {} : { next }), depth: queueDepth, bytes: queueBytes };
  }

  /** See `DeliveryManagement`. */
  async queued(name: string, sequence: number): Promise<QueuedMessageReply> {
    const bridge = this.#parts.running(name);
    const entry = await bridge.delivery.entryOf(sequence);
    if (entry === undefined) throw missing(`there is no message ${sequence} in the queue of ${name}`, 'sequence');
    return { ...this.#queuedView(bridge, entry), ...detailsOf(entry.message) };
  }

  /** See `DeliveryManagement`. */
  async dropQueued(name: string, sequence: number): Promise<void> {
    const { delivery } = this.#parts.running(name);
    if (!delivery.drop(sequence)) throw await notTaken(this.#parts.running(name), sequence);
  }

  /** See `DeliveryManagement`. */
  async setAside(name: string, sequence: number): Promise<{ readonly id: number }> {
    const bridge = this.#parts.running(name);
    const letter = await bridge.delivery.setAside(sequence);
    if (letter === undefined) throw await notTaken(bridge, sequence);
    return { id: letter.id };
  }

  /** See `DeliveryManagement`. */
  deadLetters(name: string, { page, limit, reason, topic }: DeadLetterQuery): DeadLettersReply {
    const { deadLetters } = this.#parts.running(name).delivery;
    const isWanted = (letter: DeadLetter): boolean =>
      (reason === '' || letter.reason === reason) && letter.message.topic.includes(topic);
    const { items, ...rest } = onePage(deadLetters.list(), { page, limit }, isWanted);
    return { items: items.map((letter) => this.#letterView(letter)), ...rest };
  }

  /** See `DeliveryManagement`. */
  deadLetter(name: string, id: number): DeadLetterReply {
    const letter = this.#parts.running(name).delivery.deadLetters.get(id);
    if (letter === undefined) throw missing(`there is no dead letter ${id}`, 'id');
    return { ...this.#letterView(letter), ...detailsOf(letter.message) };
  }

  /** See `DeliveryManagement`. */
  changeTopic(name: string, id: number, topic: string): DeadLetterReply {
    const fault = topicNameFault(topic);
    if (fault !== undefined) throw new HttpRefusal('BAD_REQUEST', `the topic ${fault}`, 'topic');
    const letter = this.#parts.running(name).delivery.deadLetters.changeTopic(id, topic);
    if (letter === undefined) throw missing(`there is no dead letter ${id}`, 'id');
    return { ...this.#letterView(letter), ...detailsOf(letter.message) };
  }

  /** See `DeliveryManagement`. */
  requeue(name: string, choice: DeadLetterChoice): DeadLetterChange {
    const { delivery } = this.#parts.running(name);
    return changeEach(delivery.deadLetters.list(), choice, (letter) => delivery.requeue(letter) === undefined);
  }

  /** See `DeliveryManagement`. */
  drop(name: string, choice: DeadLetterChoice): DeadLetterChange {
    const { deadLetters } = this.#parts.running(name).delivery;
    return changeEach(deadLetters.list(), choice, ({ id }) => deadLetters.remove(id));
  }

  /** See `DeliveryManagement`. */
  replay(name: string): ReplayReply {
    const { status } = this.#parts.running(name).replays;
    const kept = { count: 0, bytes: 0, forgotten: 0, unkept: 0 };
    return status === undefined ? { isKeeping: false, ageMsMax: 0, bytesMax: 0, kept } : { isKeeping: true, ...status };
  }

  /** See `DeliveryManagement`. */
  async startReplay(name: string, { isDryRun = false, target = name, ...same }: ReplayRequest): Promise<ReplayStarted> {
    const { replays } = this.#parts.running(name);
    const { isKeeping, run } = this.replay(name);
    if (!isKeeping) {
      const why = `keeps nothing of what it has delivered: set bridges.mqtt.${name}.replay, and data.dir`;
      throw new HttpRefusal('CONFLICT', `the bridge ${name} ${why}`, 'name');
    }
    if (isDryRun) return { preview: await replays.count(same) };
    if (run?.state === 'running' || run?.state === 'waiting') {
      throw new HttpRefusal('CONFLICT', `a replay of ${name} is underway: cancel it, or wait for its end`, 'name');
    }
    return { run: replays.start({ ...same, target }) };
  }

  /** See `DeliveryManagement`. */
  cancelReplay(name: string): void {
    if (this.#parts.running(name).replays.cancel()) return;
    throw new HttpRefusal('CONFLICT', `no replay of ${name} is underway`, 'name');
  }

  #queuedView(bridge: Bridge, { sequence, message, tag, isUnderway }: SeenEntry<ForwardRule>): QueuedMessage {
    const ageMs = Math.round(bridge.delivery.ageOf(sequence));
    const facts = messageFacts(message, this.#parts.clock);
    return { ...facts, sequence, rule: tag.status.from, ageMs, isUnderway };
  }

  #letterView({ message, id, at, reason, rule, originalTopic }: DeadLetter): DeadLetterView {
    const facts = { ...messageFacts(message, this.#parts.clock), id, at, reason, rule };
    return originalTopic === undefined ? facts : { ...facts, originalTopic };
  }
}

/** Does something to each letter of a choice. */
function changeEach(
  letters: Iterable<DeadLetter>,
  { ids, reason }: DeadLetterChoice,
  change: (letter: DeadLetter) => boolean,
): DeadLetterChange {
  const chosen = [...letters].filter(
    (letter) => (ids?.includes(letter.id) ?? true) && (reason === undefined || letter.reason === reason),
  );
  const done = chosen.filter(change).length;
  return { done, left: (ids === undefined ? chosen.length : new Set(ids).size) - done };
}

async function notTaken(bridge: Bridge, sequence: number): Promise<HttpRefusal> {
  const entry = await bridge.delivery.entryOf(sequence);
  if (entry === undefined) return missing(`there is no message ${sequence} in the queue of ${bridge.name}`, 'sequence');
  if (!entry.isUnderway) {
    const small = `the message ${sequence} finds no room in the dead letters: see dead_letters of the bridge`;
    return new HttpRefusal('CONFLICT', small, 'sequence');
  }
  const why = 'it is sent and not settled; pause the bridge, and take it when its link is down';
  return new HttpRefusal('CONFLICT', `the message ${sequence} cannot be taken out: ${why}`, 'sequence');
}

function missing(message: string, path: string): HttpRefusal {
  return new HttpRefusal('NOT_FOUND', message, path);
}
