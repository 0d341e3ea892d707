// QueueBench: a journal on a disk of its own with one queue, and what queues are filled with, for tests of
// queues alone.
import { bytesOfText, joinBytes } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import { PublishRun } from '../../protocol/wire/publish-run.ts';
import { RunForms } from '../../protocol/wire/run-forms.ts';
import { Journal, type JournalSettings } from '../../src/journal/journal.ts';
import type { Damage } from '../../src/journal/journal-status.ts';
import { Message } from '../../src/message/message.ts';
import { Origin } from '../../src/message/origin.ts';
import type { RunHold } from '../../src/queue/hold.ts';
import type { QueueLimits } from '../../src/queue/queue.ts';
import type { QueueBudget } from '../../src/queue/queue-budget.ts';
import { Storage } from '../../src/queue/storage.ts';
import { StoredQueue } from '../../src/queue/stored-queue.ts';
import { FaultyDisk } from '../sim/faulty-disk.ts';
import { Chance } from './chance.ts';
import { SeededRandom } from './seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';
import { publishOf } from './world.ts';

/** Who has brought in what queues of a bench hold. */
export const origin: Origin = new Origin('device', 'd');

/** A message with a payload. */
export function messageOf(text: string, qos: Qos = 1): Message {
  return new Message({ topic: 'a/b', payload: bytesOfText(text), qos, retain: false, origin });
}

/** A run of QoS 1 to one topic, as it comes from a device. */
export function runOf(texts: readonly string[], topic = 'a/b'): RunForms {
  const frames = texts.map((text) =>
    encodePacket(publishOf(topic, text, { qos: 1, packetId: 9 }), ProtocolVersion.v311),
  );
  const bytes = joinBytes(frames);
  const run = new PublishRun();
  let start = 0;
  for (const { length } of frames) {
    run.put(bytes, start, start + length, start + 4 + topic.length);
    start += length;
  }
  run.mayWait = true;
  const forms = new RunForms();
  forms.open(run, ProtocolVersion.v311);
  return forms;
}

/** A hold that nobody waits for. */
export const noHold: RunHold = {
  durability: 'memory',
  open: () => ({ durability: 'memory', hold: () => undefined, stored: () => undefined, refuse: () => undefined }),
};

/** A journal on a disk, with one queue. */
export class QueueBench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly disk: FaultyDisk = new FaultyDisk(new Chance(1));
  readonly dropped: string[] = [];
  /** What the journal has said: of damage, of what it could not do, of a disk that does not read. */
  readonly damage: Damage[] = [];
  readonly troubles: string[] = [];
  readonly unreadable: string[] = [];
  readable = 0;
  budget: QueueBudget | undefined;
  whenFull: 'refuse' | 'drop' = 'refuse';
  #last: Journal | undefined;

  async open(settings: Partial<JournalSettings> = {}): Promise<Journal> {
    const ports = { clock: this.clock, disk: this.disk, random: new SeededRandom(5) };
    const terms = { directory: 'data', reserveBytes: 0, segmentBytes: 20_000, ...settings };
    return await Journal.open(ports, terms, {
      damaged: (place) => void this.damage.push(place),
      troubled: (detail) => void this.troubles.push(detail),
      unreadable: (detail) => void this.unreadable.push(detail),
    });
  }

  /** The next process: the one before has closed its journal. */
  async next(): Promise<{ readonly journal: Journal; readonly queue: StoredQueue<number> }> {
    const closing = this.#last?.close();
    await this.clock.advance(1000);
    await closing;
    const journal = await this.open();
    this.#last = journal;
    return { journal, queue: this.queueOf(journal) };
  }

  queueOf(journal: Journal, limits: Partial<QueueLimits> = {}): StoredQueue<number> {
    return new StoredQueue<number>({
      storage: new Storage(journal, this.clock, this.whenFull),
      name: 'q',
      limits: { countMax: 10_000, bytesMax: 10_000_000, overflow: 'oldest', ...limits },
      durabilityOf: () => 'synced',
      budget: this.budget,
      form: { keyOf: (tag) => tag, numbersOf: () => [], tagOf: (key) => key },
      origin,
      dropped: (sequence, tag, reason) => void this.dropped.push(`${sequence} of ${tag}: ${reason}`),
      readable: () => void this.readable++,
    });
  }

  /** Reads until nothing comes any more. */
  async readAll(queue: StoredQueue<number>): Promise<readonly string[]> {
    const texts: string[] = [];
    for (let round = 0; round < 50; round++) {
      for (let entry = queue.peek(); entry; entry = queue.peek()) {
        texts.push(entry.message.payload.toString());
        queue.next();
      }
      await this.clock.advance(20);
    }
    return texts;
  }
}
