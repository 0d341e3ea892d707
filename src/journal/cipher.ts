// RecordCipher: encryption at rest, AES-256-GCM for each record's body. The key of a segment is derived from the
// user's and the segment's salt, which is new each time a journal is opened; within it the place of a record in the
// journal is never used twice, so it is the nonce. Header and checksum stay readable: damage is found without the
// key.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { allocateBytes, type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { UsageError } from '../base/errors.ts';

/** Bytes by which an encrypted body is longer. */
export const tagBytes = 16;

const algorithm = 'aes-256-gcm';

/** Encrypts and decrypts the bodies of records under one salt. */
export class RecordCipher {
  /** See `SegmentHeader.keyCheck`; never 0. */
  readonly check: number;
  readonly #key: Bytes;
  readonly #nonce: Bytes = allocateBytes(12).fill(0);

  /** `key`: 32 bytes. Throws UsageError for another length. */
  constructor(key: Bytes, salt: Bytes) {
    if (key.length !== 32) {
      throw new UsageError('JOURNAL_KEY', `a key for the journal has 32 bytes, this one has ${key.length}`);
    }
    const derived = bytesOf(new Uint8Array(hkdfSync('sha256', key, salt, 'viaduct journal', 36)));
    this.#key = derived.subarray(0, 32);
    this.check = derived.readUInt32BE(32) || 1;
  }

  /** Encrypts `bytes[start..end)` in place; the tag is written behind it. */
  seal(bytes: Bytes, start: number, end: number, position: number): void {
    const cipher = createCipheriv(algorithm, this.#key, this.#nonceOf(position));
    cipher.update(bytes.subarray(start, end)).copy(bytes, start);
    cipher.final();
    cipher.getAuthTag().copy(bytes, end);
  }

  /** Decrypts a body with its tag; undefined if it was changed by somebody who knows checksums but not the key. */
  open(body: Bytes, position: number): Bytes | undefined {
    const end = body.length - tagBytes;
    if (end < 0) return undefined;
    const decipher = createDecipheriv(algorithm, this.#key, this.#nonceOf(position));
    decipher.setAuthTag(body.subarray(end));
    try {
      const plain = decipher.update(body.subarray(0, end));
      decipher.final();
      return bytesOf(plain);
    } catch {
      return undefined;
    }
  }

  #nonceOf(position: number): Bytes {
    this.#nonce.writeDoubleBE(position, 4);
    return this.#nonce;
  }
}

/** The ciphers of a journal's segments, by their salts; none where nothing is encrypted. */
export class RecordCiphers {
  readonly #key: Bytes | undefined;
  readonly #bySalt = new Map<string, RecordCipher>();

  constructor(key: Bytes | undefined) {
    this.#key = key;
  }

  /** The cipher of a salt; undefined without a key. */
  of(salt: Bytes): RecordCipher | undefined {
    if (this.#key === undefined) return undefined;
    const name = salt.toString('hex');
    const known = this.#bySalt.get(name) ?? new RecordCipher(this.#key, salt);
    this.#bySalt.set(name, known);
    return known;
  }
}
