// FaultyDisk: a disk with a cache that a power cut empties. What was written is readable at once and safe only when
// `sync` has returned; a name is safe only when `syncDirectory` has returned for its directory. `crash('power')` keeps
// of the rest what chance wants: writes whole, torn, lost, or lost with later ones kept (zeros stand for them).
// `crash('kill')` keeps everything but the end of a write that was underway. Handles of before a crash never answer.
//
// A sync that fails does what systems do: the writes before it may never get to the disk, whatever a later sync says.
// Bounded by `capacityBytes`; beyond it an append keeps what fits and fails with FULL.
import { dirname } from 'node:path';
import { StorageError } from '../../src/base/errors.ts';
import type { Clock, Disk, DiskEntry, DiskFile, DiskLock } from '../../src/ports/ports.ts';
import type { Chance } from '../kit/chance.ts';
import { FaultyFile } from './faulty-file.ts';
import { Inode } from './inode.ts';

/** How often what goes wrong, as shares from 0 to 1. All of them are 0 by default. */
export interface DiskFaults {
  /** A sync of a file or a directory fails. */
  failedSync: number;
  /** An append fails without having written anything. */
  failedWrite: number;
  /** A read fails. */
  failedRead: number;
  /** Longest time that an operation takes, in ms; 0 answers in the same turn. */
  latencyMsMax: number;
  /** Bytes that fit. */
  capacityBytes: number;
}

/** What an operation did, for those who want to crash at one. */
export type DiskOperation = 'open' | 'append' | 'sync' | 'truncate' | 'rename' | 'remove' | 'sync-directory';

/** What is done to a directory and not safe yet. */
type NameChange = { readonly path: string; readonly inode: Inode | undefined };

/** A disk that fails as disks do. */
export class FaultyDisk implements Disk {
  readonly faults: DiskFaults = {
    failedSync: 0,
    failedWrite: 0,
    failedRead: 0,
    latencyMsMax: 0,
    capacityBytes: Number.POSITIVE_INFINITY,
  };
  /** Called before each operation that changes something; a crash inside it comes before the operation. */
  onOperation: ((operation: DiskOperation, path: string) => void) | undefined;
  /** Operations that changed something, so far. */
  operations = 0;
  readonly #chance: Chance;
  readonly #clock: (Clock & { promised?(): void }) | undefined;
  #names = new Map<string, Inode>();
  #safeNames = new Map<string, Inode>();
  readonly #directories = new Set<string>();
  readonly #changes = new Map<string, NameChange[]>();
  /** By path, the generation of the process that holds it: a crash ends them all. */
  readonly #locks = new Map<string, number>();
  #generation = 0;

  /** Without a clock everything answers at once. */
  constructor(chance: Chance, clock?: Clock & { promised?(): void }) {
    this.#chance = chance;
    this.#clock = clock;
  }

  /** Bytes of all files. */
  get bytesUsed(): number {
    let sum = 0;
    for (const inode of new Set(this.#names.values())) sum += inode.size;
    return sum;
  }

  /** Whether anything fails, now. */
  get isBroken(): boolean {
    const { failedSync, failedWrite, failedRead, capacityBytes } = this.faults;
    return failedSync + failedWrite + failedRead > 0 || capacityBytes < Number.POSITIVE_INFINITY;
  }

  /** Files that are there, with their sizes. */
  get files(): ReadonlyMap<string, number> {
    return new Map([...this.#names].map(([path, inode]) => [path, inode.size]));
  }

  /** The process is killed, or the power is cut: what was not safe is kept as chance wants. */
  crash(kind: 'kill' | 'power'): void {
    this.#generation++;
    const inodes = new Set([...this.#names.values(), ...this.#safeNames.values()]);
    if (kind === 'power') {
      this.#names = this.#survivingNames();
      this.#safeNames = new Map(this.#names);
      this.#changes.clear();
    }
    for (const inode of inodes) inode.crash(kind, this.#chance);
  }

  /** Turns one bit of a file over, where it cannot be noticed but by reading. Returns where. */
  flipBit(path: string, position?: number): number {
    const inode = this.#find(path);
    if (inode.size === 0) throw new StorageError('EMPTY', path, `${path} has no bits`);
    const at = position ?? this.#chance.int(0, inode.size - 1);
    inode.flipBit(at, this.#chance.int(0, 7));
    return at;
  }

  async readText(path: string): Promise<string> {
    const inode = this.#find(path);
    await this.operate(undefined, path, this.faults.failedRead);
    return inode.read(0, inode.size).toString('utf8');
  }

  async replaceText(path: string, text: string): Promise<void> {
    const fresh = `${path}.new`;
    await this.remove(fresh);
    const file = await this.open(fresh);
    await file.append([Buffer.from(text)]);
    await file.sync();
    await file.close();
    await this.rename(fresh, path);
    await this.syncDirectory(dirname(path));
  }

  async open(path: string, mode: 'append' | 'read' = 'append'): Promise<DiskFile> {
    const isReadOnly = mode === 'read';
    await this.operate(isReadOnly ? undefined : 'open', path, 0);
    let inode = isReadOnly ? this.#find(path) : this.#names.get(path);
    if (inode === undefined) {
      inode = new Inode();
      this.#change({ path, inode });
    }
    return new FaultyFile(this, path, inode, { generation: this.#generation, isReadOnly });
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    await this.operate(undefined, path, this.faults.failedRead);
    const entries = new Map<string, boolean>();
    for (const name of this.#names.keys()) this.#enter(entries, path, name, false);
    for (const name of this.#directories) this.#enter(entries, path, name, true);
    return [...entries]
      .map(([name, isDirectory]) => ({ name, isDirectory }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  async makeDirectory(path: string): Promise<void> {
    await this.operate(undefined, path, 0);
    for (let name = path; name !== '.' && name !== '/'; name = dirname(name)) this.#directories.add(name);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.operate('rename', from, 0);
    const inode = this.#find(from);
    this.#change({ path: to, inode });
    this.#change({ path: from, inode: undefined });
  }

  async remove(path: string): Promise<void> {
    await this.operate('remove', path, 0);
    if (this.#names.has(path)) this.#change({ path, inode: undefined });
  }

  async syncDirectory(path: string): Promise<void> {
    await this.operate('sync-directory', path, this.faults.failedSync);
    for (const { path: name, inode } of this.#changes.get(path) ?? []) apply(this.#safeNames, name, inode);
    this.#changes.delete(path);
  }

  async freeBytes(path: string): Promise<number> {
    await this.operate(undefined, path, 0);
    return this.roomFor(Number.MAX_SAFE_INTEGER);
  }

  async lock(path: string): Promise<DiskLock> {
    await this.operate(undefined, path, 0);
    const generation = this.#locks.get(path);
    if (generation === this.#generation) throw new StorageError('LOCKED', path, `${path} is locked`);
    this.#locks.set(path, this.#generation);
    return { release: async () => void this.#locks.delete(path) };
  }

  /** Takes the time of an operation, and fails in a share of the cases. Never returns when a crash comes first. */
  async operate(operation: DiskOperation | undefined, path: string, failShare: number): Promise<void> {
    const generation = this.#generation;
    if (operation) {
      this.operations++;
      this.onOperation?.(operation, path);
    }
    const isFailing = this.isFailing(failShare);
    await this.#wait();
    if (generation !== this.#generation) await new Promise(() => undefined);
    if (isFailing) throw new StorageError('EIO', path, `${path}: the device reports an error`);
  }

  /** Whether a handle is from before a crash. */
  isGone(generation: number): boolean {
    return generation !== this.#generation;
  }

  /** Whether an operation is to fail that does in a share of the cases. */
  isFailing(share: number): boolean {
    return share > 0 && this.#chance.isTrue(share);
  }

  /** How many of `size` bytes still fit. */
  roomFor(size: number): number {
    return Math.max(0, Math.min(size, this.faults.capacityBytes - this.bytesUsed));
  }

  /** A sync failed: chance decides which writes never get to the disk. */
  syncFailed(inode: Inode): void {
    inode.loseSome(this.#chance);
  }

  #wait(): Promise<void> {
    const clock = this.#clock;
    if (clock === undefined) return Promise.resolve();
    const latencyMs = this.faults.latencyMsMax * this.#chance.unit();
    return new Promise((resolve) => {
      const answer = (): void => {
        clock.promised?.();
        resolve();
      };
      if (latencyMs > 0) clock.schedule(latencyMs, answer);
      else clock.defer(answer);
    });
  }

  #find(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new StorageError('ENOENT', path, `${path}: no such file`);
    return inode;
  }

  #change(change: NameChange): void {
    apply(this.#names, change.path, change.inode);
    const directory = dirname(change.path);
    const changes = this.#changes.get(directory) ?? [];
    changes.push(change);
    this.#changes.set(directory, changes);
  }

  /** Changes of a directory get to the disk in order: some of the last ones may be missing. */
  #survivingNames(): Map<string, Inode> {
    const names = new Map(this.#safeNames);
    for (const changes of this.#changes.values()) {
      const count = this.#chance.int(0, changes.length);
      for (const { path, inode } of changes.slice(0, count)) apply(names, path, inode);
    }
    return names;
  }

  #enter(entries: Map<string, boolean>, directory: string, path: string, isDirectory: boolean): void {
    if (!path.startsWith(`${directory}/`)) return;
    const [name = '', ...rest] = path.slice(directory.length + 1).split('/');
    entries.set(name, isDirectory || rest.length > 0 || entries.get(name) === true);
  }
}

function apply(names: Map<string, Inode>, path: string, inode: Inode | undefined): void {
  if (inode) names.set(path, inode);
  else names.delete(path);
}
