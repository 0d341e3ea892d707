// MemoryDisk: files in a map, as far as configurations need them. What is in a folder `journal` is on another disk,
// if there is one, which holds bytes.
// Bounded by the test.
import { StorageError } from '../../src/base/errors.ts';
import type { Disk, DiskEntry, DiskFile, DiskLock } from '../../src/ports/ports.ts';

/** A disk that holds texts. */
export class MemoryDisk implements Disk {
  readonly files: Map<string, string>;
  readonly #journal: Disk | undefined;

  constructor(files: Readonly<Record<string, string>> = {}, journal?: Disk) {
    this.#journal = journal;
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

  open(path: string, mode?: 'append' | 'read'): Promise<DiskFile> {
    const journal = this.#journalOf(path);
    if (journal) return journal.open(path, mode);
    return Promise.reject(new StorageError('UNSUPPORTED', path, 'this disk holds texts only'));
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    const journal = this.#journalOf(path);
    if (journal) return journal.list(path);
    const names = [...this.files.keys()].filter((name) => name.startsWith(`${path}/`));
    return names.map((name) => ({ name: name.slice(path.length + 1), isDirectory: false })).sort();
  }

  async makeDirectory(path = ''): Promise<void> {
    await this.#journalOf(path)?.makeDirectory(path);
  }

  async rename(from: string, to: string): Promise<void> {
    const journal = this.#journalOf(from);
    if (journal) return journal.rename(from, to);
    this.files.set(to, await this.readText(from));
    this.files.delete(from);
  }

  async remove(path: string): Promise<void> {
    await this.#journalOf(path)?.remove(path);
    this.files.delete(path);
  }

  async syncDirectory(path = ''): Promise<void> {
    await this.#journalOf(path)?.syncDirectory(path);
  }

  async freeBytes(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  async lock(): Promise<DiskLock> {
    return { release: async () => {} };
  }

  #journalOf(path: string): Disk | undefined {
    return /(^|\/)journal(\/|$)/.test(path) ? this.#journal : undefined;
  }
}
