// Inode: the content of one file, as it is read and as the disk has it. The two differ by the writes that were not
// synced; a crash decides what becomes of those.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import type { Chance } from '../kit/chance.ts';

interface Write {
  readonly at: number;
  readonly size: number;
  /** A sync failed after it: it may not get to the disk any more. */
  isLost: boolean;
}

const sectorBytes = 512;

/** One file's content. */
export class Inode {
  #bytes: Bytes = Buffer.alloc(0);
  #size = 0;
  #safe: Bytes = Buffer.alloc(0);
  #writes: Write[] = [];
  /** Size to which the safe content was cut, not safe yet. */
  #isCut = false;
  /** Bytes at the end of a write that is underway. */
  #underway = 0;
  #underwayEnd = 0;

  /** Bytes that can be read. */
  get size(): number {
    return this.#size;
  }

  /** Writes at a position, at most `size`. */
  write(at: number, bytes: Bytes): void {
    const end = at + bytes.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(end, this.#bytes.length * 2, 1024));
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, at);
    this.#writes.push({ at, size: bytes.length, isLost: false });
    this.#size = Math.max(this.#size, end);
    this.#underway = bytes.length;
    this.#underwayEnd = end;
  }

  /** The last write has returned. */
  written(): void {
    this.#underway = 0;
  }

  read(position: number, size: number): Bytes {
    return copyOfBytes(this.#bytes, Math.min(position, this.#size), Math.min(position + size, this.#size));
  }

  truncate(size: number): void {
    if (size >= this.#size) return;
    this.#size = size;
    this.#isCut = true;
    this.#writes = this.#writes.filter(({ at }) => at < size);
  }

  /** What was written is safe, but for what a failed sync has lost. */
  sync(): void {
    const lost = this.#writes.filter(({ isLost }) => isLost);
    this.#safe = copyOfBytes(this.#bytes, 0, this.#size);
    for (const { at, size } of lost) this.#safe.fill(0, at, at + size);
    this.#writes = lost;
    this.#isCut = false;
  }

  loseSome(chance: Chance): void {
    for (const write of this.#writes) if (chance.isTrue(0.5)) write.isLost = true;
  }

  flipBit(position: number, bit: number): void {
    this.#bytes[position] = (this.#bytes[position] ?? 0) ^ (1 << bit);
    if (position < this.#safe.length) this.#safe[position] = (this.#safe[position] ?? 0) ^ (1 << bit);
  }

  crash(kind: 'kill' | 'power', chance: Chance): void {
    if (kind === 'kill') {
      const missing = this.#underway > 0 ? chance.int(0, this.#underway) : 0;
      if (missing > 0 && this.#underwayEnd === this.#size) this.truncate(this.#size - missing);
      else if (missing > 0) this.#bytes.fill(0, this.#underwayEnd - missing, this.#underwayEnd);
      this.#underway = 0;
      return;
    }
    const after = this.#afterPowerCut(chance);
    this.#bytes = after;
    this.#size = after.length;
    this.#safe = copyOfBytes(after);
    this.#writes = [];
    this.#isCut = false;
    this.#underway = 0;
  }

  #afterPowerCut(chance: Chance): Bytes {
    // a cut that was not synced may or may not have got there
    const isCutDone = !this.#isCut || chance.isTrue(0.5);
    const base = isCutDone ? Math.min(this.#safe.length, this.#size) : this.#safe.length;
    if (!isCutDone) return copyOfBytes(this.#safe);
    const content = Buffer.alloc(Math.max(base, this.#size));
    this.#safe.copy(content, 0, 0, base);
    let size = base;
    // in order and torn, mostly; else any of them, whole
    const isInOrder = chance.isTrue(0.7);
    for (const { at, size: length, isLost } of this.#writes) {
      if (isLost) continue;
      const kept = this.#keptOf(length, chance);
      if (kept < length && isInOrder) {
        this.#bytes.copy(content, at, at, Math.min(at + kept, this.#size));
        size = Math.max(size, Math.min(at + kept, this.#size));
        break;
      }
      if (kept === 0) continue;
      this.#bytes.copy(content, at, at, Math.min(at + kept, this.#size));
      size = Math.max(size, Math.min(at + kept, this.#size));
    }
    return copyOfBytes(content, 0, size);
  }

  #keptOf(length: number, chance: Chance): number {
    const fate = chance.unit();
    if (fate < 0.4) return length;
    if (fate < 0.6) return 0;
    const kept = chance.int(0, length);
    return fate < 0.8 ? kept : Math.floor(kept / sectorBytes) * sectorBytes;
  }
}
