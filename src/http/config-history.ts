// ConfigHistory: what the overlay was after each change, who made it and when, so that any of it can be had back; and
// the change that is not confirmed yet, which must be taken back even after a crash that it may have caused. It
// stands in a file of its own beside the overlay, readable for its owner only, for overlays hold secrets.
// Bounded by `entriesMax` entries and `bytesMax` bytes: the oldest give way.
import * as v from 'valibot';
import { readTextIfThere } from '../config/config-reader.ts';
import type { Disk } from '../ports/ports.ts';
import type { DiffEntry } from './api-config-types.ts';

const entriesMax = 100;
const bytesMax = 4 * 1024 * 1024;

const entry = v.object({
  id: v.number(),
  at: v.number(),
  who: v.string(),
  what: v.string(),
  diff: v.array(v.looseObject({ path: v.string() })),
  overlay: v.string(),
});
const fileSchema = v.object({
  entries: v.array(entry),
  unconfirmed: v.optional(v.object({ id: v.number(), until: v.number(), before: v.string() })),
});

/** A change that was made, with the overlay as it was then. */
export interface KeptChange {
  readonly id: number;
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly diff: readonly DiffEntry[];
  readonly overlay: string;
}

/** A change that is taken back at `until`. */
export interface KeptUnconfirmed {
  readonly id: number;
  readonly until: number;
  /** The overlay to go back to. */
  readonly before: string;
}

/** All changes that are remembered. */
export class ConfigHistory {
  readonly #path: string;
  readonly #disk: Disk;
  #entries: readonly KeptChange[] = [];
  #unconfirmed: KeptUnconfirmed | undefined;

  private constructor(path: string, disk: Disk) {
    this.#path = path;
    this.#disk = disk;
  }

  /** Reads the file, if there is one. One that is broken is left where it is, and nothing of it counts. */
  static async open(path: string, disk: Disk, broken: (path: string) => void): Promise<ConfigHistory> {
    const history = new ConfigHistory(path, disk);
    const text = await readTextIfThere(disk, path);
    if (text === undefined) return history;
    try {
      const { entries, unconfirmed } = v.parse(fileSchema, JSON.parse(text));
      history.#entries = entries;
      history.#unconfirmed = unconfirmed;
    } catch {
      broken(path);
    }
    return history;
  }

  /** Newest first. */
  get entries(): readonly KeptChange[] {
    return this.#entries;
  }

  /** What waits to be confirmed. */
  get unconfirmed(): KeptUnconfirmed | undefined {
    return this.#unconfirmed;
  }

  /** Adds a change, with what is to be taken back unless it is confirmed. Rejects with StorageError. */
  async add(change: Omit<KeptChange, 'id'>, undo?: Omit<KeptUnconfirmed, 'id'>): Promise<number> {
    const id = (this.#entries[0]?.id ?? 0) + 1;
    let entries = [{ ...change, id }, ...this.#entries].slice(0, entriesMax);
    while (entries.length > 1 && JSON.stringify(entries).length > bytesMax) entries = entries.slice(0, -1);
    await this.#save(entries, undo && { ...undo, id });
    return id;
  }

  /** The change that waited is confirmed. Rejects with StorageError. */
  async confirm(): Promise<void> {
    await this.#save(this.#entries, undefined);
  }

  async #save(entries: readonly KeptChange[], unconfirmed: KeptUnconfirmed | undefined): Promise<void> {
    const text = `${JSON.stringify({ entries, ...(unconfirmed === undefined ? {} : { unconfirmed }) })}\n`;
    await this.#disk.replaceText(this.#path, text, true);
    this.#entries = entries;
    this.#unconfirmed = unconfirmed;
  }
}
