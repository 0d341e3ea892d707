// NodeDisk: files through Node. Whole texts are replaced by rename, so that a crash
// leaves the old or the new one; a full disk is told apart from everything else, because
// waiting helps there.
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { allocateBytes, type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { messageOf, StorageError } from '../base/errors.ts';
import { lockFile } from './node-lock.ts';
import type { Disk, DiskEntry, DiskFile, DiskLock } from './ports.ts';

/** The system's files. */
export class NodeDisk implements Disk {
  /** See `Disk.readText`. */
  readText(path: string): Promise<string> {
    return told(path, () => readFile(path, 'utf8'));
  }

  /** See `Disk.replaceText`. */
  async replaceText(path: string, text: string, isPrivate = false): Promise<void> {
    const fresh = `${path}.new`;
    await told(path, async () => {
      const file = await open(fresh, 'w', isPrivate ? 0o600 : 0o666);
      try {
        await file.writeFile(text, 'utf8');
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(fresh, path);
    });
    await this.syncDirectory(dirname(path));
  }

  /** See `Disk.open`. */
  open(path: string, mode: 'append' | 'read' = 'append'): Promise<DiskFile> {
    return told(path, async () => {
      // not in the system's own append mode, which would append whatever is written at a position
      const handle = await open(path, mode === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT);
      return new NodeFile(path, handle, (await handle.stat()).size);
    });
  }

  /** See `Disk.list`. */
  list(path: string): Promise<readonly DiskEntry[]> {
    return told(path, async () => {
      const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      });
      const found = entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
      return found.sort((one, other) => (one.name < other.name ? -1 : 1));
    });
  }

  /** See `Disk.makeDirectory`. */
  async makeDirectory(path: string): Promise<void> {
    await told(path, () => mkdir(path, { recursive: true }));
  }

  /** See `Disk.rename`. */
  rename(from: string, to: string): Promise<void> {
    return told(from, () => rename(from, to));
  }

  /** See `Disk.remove`. */
  remove(path: string): Promise<void> {
    return told(path, () => rm(path, { force: true }));
  }

  /** See `Disk.syncDirectory`. */
  syncDirectory(path: string): Promise<void> {
    return told(path, async () => {
      const directory = await open(path, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    });
  }

  /** See `Disk.freeBytes`. */
  freeBytes(path: string): Promise<number> {
    return told(path, async () => {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    });
  }

  /** See `Disk.lock`. */
  lock(path: string): Promise<DiskLock> {
    return told(path, () => lockFile(path));
  }
}

class NodeFile implements DiskFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #size: number;

  constructor(path: string, handle: FileHandle, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  append(parts: readonly Bytes[]): Promise<void> {
    return this.write(this.#size, parts);
  }

  async write(position: number, parts: readonly Bytes[]): Promise<void> {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    await told(this.#path, async () => {
      const { bytesWritten } = await this.#handle.writev([...parts], position);
      this.#size = Math.max(this.#size, position + bytesWritten);
      if (bytesWritten < total)
        throw new StorageError('FULL', this.#path, `only ${bytesWritten} of ${total} bytes fit`);
    });
  }

  read(position: number, size: number): Promise<Bytes> {
    return told(this.#path, async () => {
      const { buffer, bytesRead } = await this.#handle.read(allocateBytes(size), 0, size, position);
      return bytesOf(buffer).subarray(0, bytesRead);
    });
  }

  async truncate(size: number): Promise<void> {
    await told(this.#path, () => this.#handle.truncate(size));
    this.#size = size;
  }

  sync(): Promise<void> {
    return told(this.#path, () => this.#handle.datasync());
  }

  close(): Promise<void> {
    return told(this.#path, () => this.#handle.close());
  }
}

/** Runs something on a path and names the path in the error. */
async function told<Result>(path: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const code = codeOf(error);
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new StorageError(isFull ? 'FULL' : code, path, `${path}: ${messageOf(error)}`, error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
}
