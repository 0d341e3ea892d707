// MemoryDisk: files in a map, as far as configurations need them.
import { StorageError } from '../../src/base/errors.ts';
import type { Disk, DiskEntry, DiskFile, DiskLock } from '../../src/ports/ports.ts';

/** A disk that holds texts. */
export class MemoryDisk implements Disk {
  readonly files: Map<string, string>;

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.files = new Map(Object.entries(files));
  }

  async readText(path: string): Promise<string> {
    const text = this.files.get(path);
    if (text === undefined) throw new StorageError('ENOENT', path, `${path}: no such file`);
    return text;
  }

  async replaceText(path: string, text: string): Promise<void> {
    this.files.set(path, text);
  }

  open(path: string): Promise<DiskFile> {
    return Promise.reject(new StorageError('UNSUPPORTED', path, 'this disk holds texts only'));
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    const names = [...this.files.keys()].filter((name) => name.startsWith(`${path}/`));
    return names.map((name) => ({ name: name.slice(path.length + 1), isDirectory: false })).sort();
  }

  async makeDirectory(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, await this.readText(from));
    this.files.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
  }

  async syncDirectory(): Promise<void> {}

  async freeBytes(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  async lock(): Promise<DiskLock> {
    return { release: async () => {} };
  }
}
