// Mutants of the journal and of what is kept in it: what a crash, a cut of power or a failing disk leaves. Most are
// seen by the lives of `test/src/journal/crashes.test.ts`, some by its examples; those of flows by the simulator, with
// a journal.
import type { Mutant } from './mutant.ts';

const crashes = 'test/src/journal/crashes.test.ts';
const examples = 'test/src/journal/journal.test.ts';

/** Planted bugs in journal and stored queues. */
export const journalMutants: readonly Mutant[] = [
  {
    name: 'a sync is not awaited',
    like: 'stores that acknowledge what is in the memory of the system',
    file: 'src/journal/group-writer.ts',
    text: 'await segment.file.sync();',
    becomes: 'void segment.file.sync().catch(() => undefined);',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'a sync that failed is tried again on the same file',
    like: 'PostgreSQL before 2018: the second sync finds nothing to do',
    file: 'src/journal/group-writer.ts',
    text: 'await segment.file.sync();',
    becomes: 'await segment.file.sync().catch(() => segment.file.sync());',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'the checksum of a record is not looked at',
    like: 'NanoMQ: rows that are read as they come',
    file: 'src/journal/record.ts',
    text: 'return bytes.readUInt32BE(start) === checksum(bytes, start + 4, start + whole, at.seed) ? whole : 0;',
    becomes: 'void at.seed; return whole;',
    test: examples,
    seen: /not ok/,
  },
  {
    name: 'a torn tail counts',
    like: 'logs that take whatever can be read',
    file: 'src/journal/recovery.ts',
    text: 'if (!isWhole && !isSafe && isTorn(group)) {',
    becomes: 'if (!isWhole && !isSafe && isTorn(group) && group.bytes.length < 0) {',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'compaction drops what is needed',
    like: 'trimming rows of another',
    file: 'src/journal/cleaner.ts',
    text: 'if (this.#append(segment, { type, id, body, position })) log.movedToEnd();',
    becomes: 'this.bytesMoved++; segment.live -= record.length;',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'what was settled comes back when its entry is moved',
    like: 'a compaction that copies the message and not its state',
    file: 'src/journal/log-stream.ts',
    text: `for (let at = 0; at < found.settled; at++) this.#note(found.sequence + at);
    for (const at of this.#ahead?.get(found.sequence) ?? []) this.#note(found.sequence + at);`,
    becomes: '',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'the directory is not synced',
    like: 'files that are gone after a cut of power, with everything in them',
    file: 'src/journal/segment-file.ts',
    text: 'await disk.syncDirectory(directory);',
    becomes: 'void directory;',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'the index points at a segment that was freed',
    like: 'a low-water mark that is ahead of the readers',
    file: 'src/journal/segments.ts',
    text: 'return oldest !== undefined && oldest !== active && oldest.live === 0;',
    becomes: 'return oldest !== undefined && oldest !== active && oldest.live < 500;',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'a deletion is not written',
    like: 'retained messages that come back',
    file: 'src/journal/keyed-stream.ts',
    text: 'appender.end(RecordType.delete, this.id, length, false);',
    becomes: 'void length; void RecordType.delete;',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'what can be read after a crash is taken to be on the disk',
    like: 'a page that is clean in memory and old on the disk',
    file: 'src/journal/recovery.ts',
    text: 'if (isLast && !isSafe) segment = this.#tailOf(segment, group);',
    becomes: 'void isLast;',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'messages count again from one after a start',
    like: 'sequences kept in memory',
    file: 'src/journal/log-replay.ts',
    text: 'this.#nextSequence = Math.max(this.#nextSequence, nextSequence);',
    becomes: 'if (this.#nextSequence === 1) this.#nextSequence = Math.min(2, nextSequence);',
    test: crashes,
    seen: /not ok/,
  },
  {
    name: 'a message is acknowledged before it is stored',
    like: 'Mosquitto: 2,000 of 2,000 acknowledged messages lost to a kill',
    file: 'src/queue/hold.ts',
    text: `hold.hold();
  journal.wait(hold, wanted === 'synced');`,
    becomes: 'void hold; void journal;',
    durability: 'synced',
    seen: /lost|not settled|came late/,
  },
  {
    name: 'the place that was read is stored in place of the acknowledged one',
    like: 'NanoMQ: delete before send',
    file: 'src/queue/stored-queue.ts',
    text: 'this.#frontBytes -= entry.message.byteLength;\n    this.#underway.set(entry.sequence, entry);',
    becomes: `this.#frontBytes -= entry.message.byteLength;
    this.#stream.settle(entry.sequence);
    this.#underway.set(entry.sequence, entry);`,
    durability: 'synced',
    seen: /lost|underway and holds|the books of/,
  },
  {
    name: 'a receiver forgets the identifiers of QoS 2 when it crashes',
    like: 'state of flows in memory beside messages on the disk',
    file: 'src/queue/stored-flows.ts',
    text: 'this.#put(`r${packetId}`);',
    becomes: '',
    durability: 'synced',
    seen: /times at QoS 2|came late/,
  },
  {
    name: 'a sender forgets its PUBREC when it crashes',
    like: 'PUBLISH again after PUBREL',
    file: 'src/queue/stored-flows.ts',
    text: 'if (token > 0) this.#put(`s${token}`);',
    becomes: 'void token;',
    durability: 'synced',
    seen: /times at QoS 2|published again after PUBREL|used again while it is underway/,
  },
  {
    name: 'PUBREL leaves before the PUBREC is stored',
    like: 'a step that is told before it is taken',
    file: 'src/queue/stored-flows.ts',
    text: `// a retained message, which comes again, has none
    this.#storage.journal.wait({ stored: done }, this.#isSafe());`,
    becomes: 'done();',
    durability: 'synced',
    seen: /times at QoS 2|published again after PUBREL|used again while it is underway/,
  },
  {
    name: 'what is sent again after a crash has other identifiers',
    like: 'identifiers that begin at one with every process',
    file: 'protocol/session/session.ts',
    text: 'window.areIdsKept = true;',
    becomes: '',
    durability: 'synced',
    seen: /times at QoS 2|used again while it is underway|lost|before PUBREC/,
  },
];
