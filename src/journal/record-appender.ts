// hot path
// RecordAppender: appends records to the group that gathers. The owner writes the body where it will
// stand, so that bytes are copied once: `begin` makes room, `end` seals. Nothing is allocated for a
// record.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { type RecordCipher, tagBytes } from './cipher.ts';
import type { GroupWriter } from './group-writer.ts';
import { clearBytesOf, type RecordHead, RecordType, recordHeaderBytes, sealRecord } from './record.ts';

/** Appends to one journal. */
export class RecordAppender {
  readonly writer: GroupWriter;
  /** Where in the bytes of `begin` the body is to be written. */
  at = 0;
  /** Place in the journal and whole size of the record that was appended last. */
  position = 0;
  size = 0;
  readonly #seed: number;
  readonly #cipher: RecordCipher | undefined;
  readonly #head: { -readonly [Part in keyof RecordHead]: RecordHead[Part] } = {
    type: RecordType.entry,
    stream: 0,
    length: 0,
    position: 0,
  };

  constructor(writer: GroupWriter, seed: number, cipher: RecordCipher | undefined) {
    this.writer = writer;
    this.#seed = seed;
    this.#cipher = cipher;
  }

  /** Makes room for a body of up to `length` bytes, to be written from `at` on into the bytes that it returns. */
  begin(length: number): Bytes {
    const group = this.writer.pending;
    group.reserve(recordHeaderBytes + length + tagBytes);
    this.at = group.length + recordHeaderBytes;
    return group.bytes;
  }

  /** The body, of `length` bytes, is there. `isNeeded`: somebody will read it after a restart. */
  end(type: RecordType, stream: number, length: number, isNeeded: boolean): void {
    const group = this.writer.pending;
    const start = group.length;
    const body = start + recordHeaderBytes;
    const head = this.#head;
    head.type = type;
    head.stream = stream;
    head.length = length;
    head.position = group.start + start;
    const clear = clearBytesOf(type);
    if (this.#cipher && clear >= 0) {
      this.#cipher.seal(group.bytes, body + clear, body + length, head.position);
      head.length += tagBytes;
    }
    sealRecord(group.bytes, start, head, this.#seed);
    this.position = head.position;
    this.size = recordHeaderBytes + head.length;
    group.length += this.size;
    if (isNeeded) group.live += this.size;
    this.writer.appended();
  }
}
