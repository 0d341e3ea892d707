// FaultyFile: an open file of a FaultyDisk. It dies with a crash: nothing that it was asked for is answered any more.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { StorageError } from '../../src/base/errors.ts';
import type { DiskFile } from '../../src/ports/ports.ts';
import type { Inode } from './inode.ts';

/** The disk as a file sees it. */
export interface FileHost {
  readonly faults: { readonly failedWrite: number; readonly failedRead: number; readonly failedSync: number };
  operate(operation: 'append' | 'truncate' | 'sync' | undefined, path: string, failShare: number): Promise<void>;
  isFailing(share: number): boolean;
  isGone(generation: number): boolean;
  roomFor(size: number): number;
  syncFailed(inode: Inode): void;
}

/** One handle. */
export class FaultyFile implements DiskFile {
  readonly #disk: FileHost;
  readonly #path: string;
  readonly #inode: Inode;
  readonly #generation: number;
  readonly #isReadOnly: boolean;
  #isClosed = false;

  constructor(disk: FileHost, path: string, inode: Inode, more: { generation: number; isReadOnly: boolean }) {
    this.#disk = disk;
    this.#path = path;
    this.#inode = inode;
    this.#generation = more.generation;
    this.#isReadOnly = more.isReadOnly;
  }

  get size(): number {
    return this.#inode.size;
  }

  append(parts: readonly Bytes[]): Promise<void> {
    return this.#write(undefined, parts);
  }

  write(position: number, parts: readonly Bytes[]): Promise<void> {
    return this.#write(position, parts);
  }

  async #write(position: number | undefined, parts: readonly Bytes[]): Promise<void> {
    await this.#enter();
    if (this.#isReadOnly) throw new StorageError('EBADF', this.#path, `${this.#path} is open for reading`);
    const at = position ?? this.#inode.size;
    const bytes = Buffer.concat(parts);
    const isFailing = this.#disk.isFailing(this.#disk.faults.failedWrite);
    const within = Math.max(0, Math.min(bytes.length, this.#inode.size - at));
    const fitting = isFailing ? 0 : within + this.#disk.roomFor(bytes.length - within);
    // the bytes are in the cache from the beginning; a crash meanwhile tears them
    const operated = this.#disk.operate('append', this.#path, isFailing ? 1 : 0);
    if (!this.#disk.isGone(this.#generation)) this.#inode.write(at, bytes.subarray(0, fitting));
    await operated;
    this.#inode.written();
    if (fitting < bytes.length) {
      throw new StorageError('FULL', this.#path, `only ${fitting} of ${bytes.length} bytes fit`);
    }
  }

  async read(position: number, size: number): Promise<Bytes> {
    await this.#enter();
    await this.#disk.operate(undefined, this.#path, this.#disk.faults.failedRead);
    return this.#inode.read(position, size);
  }

  async truncate(size: number): Promise<void> {
    await this.#enter();
    await this.#disk.operate('truncate', this.#path, 0);
    this.#inode.truncate(size);
  }

  async sync(): Promise<void> {
    await this.#enter();
    try {
      await this.#disk.operate('sync', this.#path, this.#disk.faults.failedSync);
    } catch (error) {
      this.#disk.syncFailed(this.#inode);
      throw error;
    }
    this.#inode.sync();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #enter(): Promise<void> {
    if (this.#disk.isGone(this.#generation)) await new Promise(() => undefined);
    if (this.#isClosed) throw new StorageError('EBADF', this.#path, `${this.#path} is closed`);
  }
}
