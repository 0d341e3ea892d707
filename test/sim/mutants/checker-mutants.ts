// Mutants of what is checked at every moment and at the end: bounds of memory, books, and that the disk says what
// memory says. Several were faults of ours that the simulator found.
import type { Mutant } from './mutant.ts';

/** Planted bugs in budgets, books, and what a restart would find. */
export const checkerMutants: readonly Mutant[] = [
  {
    name: 'queues in memory grow together without a bound',
    like: 'brokers with a bound for each queue and none for all',
    file: 'src/queue/queue-budget.ts',
    text: 'if (this.#bytes <= this.#bytesMax) return false;',
    becomes: 'if (this.#bytes <= this.#bytesMax || queue.isStored !== true) return false;',
    seen: /bytes in memory/,
  },
  {
    name: 'a message that was not taken is counted twice',
    like: 'two places that both know of a drop',
    file: 'src/queue/queue.ts',
    text: 'this.#dropped(entry.sequence === this.#appending ? { ...entry, sequence: 0 } : entry,',
    becomes: 'this.#dropped(entry,',
    seen: /do not balance/,
  },
  {
    name: 'what is deleted is still on the disk',
    like: 'NanoMQ: rows of a session that are found again at the next start',
    file: 'src/journal/keyed-stream.ts',
    text: 'appender.end(RecordType.delete, this.id, length, false);',
    becomes: 'void length;',
    durability: 'synced',
    seen: /on the disk|the disk has/,
  },
  {
    name: 'a value that was replaced is needed for ever',
    like: 'stores that only grow',
    file: 'src/journal/keyed-stream.ts',
    text: 'if (before) writer.pending.replaced.push(before.position, before.size);',
    becomes: 'void before;',
    durability: 'synced',
    seen: /bytes are needed/,
  },
  {
    name: 'a disk that does not read is asked again at once',
    like: 'retries without a pause',
    file: 'src/queue/stored-queue.ts',
    text: '() => this.#readAgain(),',
    becomes: '() => this.#awaitStored(false),',
    test: 'test/src/queue/stored-queue.test.ts',
    seen: /not ok/,
  },
  {
    name: 'the name of a stream stands in one record',
    like: 'one damaged page that costs a table',
    file: 'src/journal/streams.ts',
    text: 'this.#catalogue.put(copyOfName(name), value);',
    becomes: '',
    test: 'test/src/broker/kept.test.ts',
    seen: /not ok/,
  },
  {
    name: 'of a stream that is removed only the name is deleted',
    like: 'tables that are dropped from the catalogue and stay on the disk',
    file: 'src/journal/streams.ts',
    text: 'this.#logs.get(id)?.clear();',
    becomes: '',
    test: 'test/src/journal/journal.test.ts',
    seen: /not ok/,
  },
];
