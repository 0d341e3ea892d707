// Quarantine: damaged records, put aside before their segment is freed, in a file beside the segments: a line of JSON
// each, with file, offset and what is wrong, and the bytes as they were found in base64. What stands there already is
// not written again. Recovery finds records that fail their checksum; whoever reads what stands in a record finds those
// that pass it and are not what they should be. Bounded by `quarantineBytesMax`, beyond which records come without
// their bytes, and then not at all: the log tells of every one.
import { messageOf, StorageError } from '../base/errors.ts';
import type { Disk } from '../ports/ports.ts';
import type { Damage, JournalListener } from './journal-status.ts';
import { segmentHeaderBytes } from './segment-header.ts';
import type { Segments } from './segments.ts';

/** A record that cannot be what it should be. */
export interface DamagedRecord {
  /** Its place in the journal. */
  readonly position: number;
  readonly size: number;
  /** What is wrong, for a person. */
  readonly detail: string;
}

/** What a quarantine works with. */
export interface QuarantineParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly bytesMax: number;
  readonly segments: Segments;
  readonly listener: JournalListener;
}

/** The damaged records of an open journal. */
export class Quarantine {
  /** Damaged places, those of the start included. */
  count: number;
  readonly #parts: QuarantineParts;
  #lastPut: Promise<void> = Promise.resolve();

  /** `count`: damaged places that recovery has found. */
  constructor(parts: QuarantineParts, count: number) {
    this.#parts = parts;
    this.count = count;
  }

  /**
   * Tells of records, and puts them aside; they must be held until then. What is not written yet has no place in a
   * file, and is passed over. Never rejects: a disk that does not take them is told as well.
   */
  async put(records: readonly DamagedRecord[]): Promise<void> {
    const { disk, directory, bytesMax, listener } = this.#parts;
    const damage = records.flatMap((record) => this.#damageOf(record) ?? []);
    if (damage.length === 0) return;
    this.count += damage.length;
    for (const one of damage) listener.damaged?.(one);
    // one after the other: all of them are lines of one file
    const put = this.#lastPut.then(() => putAside(disk, directory, damage, bytesMax));
    this.#lastPut = put.catch((error: unknown) => listener.troubled?.(notAside(error)));
    await this.#lastPut;
  }

  #damageOf({ position, size, detail }: DamagedRecord): Damage | undefined {
    const segment = this.#parts.segments.find(position);
    if (segment === undefined) return undefined;
    const offset = segmentHeaderBytes + position - segment.header.start;
    return { path: segment.path, offset, length: size, detail };
  }
}

/** Says that damaged records cannot be put aside. */
export function notAside(error: unknown): string {
  return `damaged records cannot be put aside: ${messageOf(error)}`;
}

/** The name of the file. */
export const quarantineName = 'quarantine.jsonl';

/** Puts damaged places aside. Rejects with StorageError where the disk does not take them. */
export async function putAside(
  disk: Disk,
  directory: string,
  damage: readonly Damage[],
  bytesMax: number,
): Promise<void> {
  if (damage.length === 0 || bytesMax === 0) return;
  const path = `${directory}/${quarantineName}`;
  const before = await textOf(disk, path);
  const known = new Set(before.split('\n').map((line) => line.slice(0, line.indexOf(',"detail"'))));
  let text = before;
  for (const one of damage) {
    const line = JSON.stringify({ file: one.path, offset: one.offset, length: one.length, detail: one.detail });
    if (known.has(line.slice(0, line.indexOf(',"detail"')))) continue;
    const room = bytesMax - text.length - line.length;
    if (room < 1) break;
    const bytes = room > 2 * one.length ? await bytesOf(disk, one) : undefined;
    text += bytes === undefined ? `${line}\n` : `${line.slice(0, -1)},"bytes":"${bytes}"}\n`;
  }
  if (text !== before) await disk.replaceText(path, text, true);
}

/** How many records are put aside. */
export async function countAside(disk: Disk, directory: string): Promise<number> {
  const text = await textOf(disk, `${directory}/${quarantineName}`);
  return text.split('\n').length - 1;
}

async function textOf(disk: Disk, path: string): Promise<string> {
  try {
    return await disk.readText(path);
  } catch (error) {
    if (error instanceof StorageError && error.code === 'ERR_STORAGE_ENOENT') return '';
    throw error;
  }
}

/** The bytes of a damaged place in base64; undefined where they cannot be read. */
async function bytesOf(disk: Disk, { path, offset, length }: Damage): Promise<string | undefined> {
  const file = await disk.open(path, 'read').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    return (await file.read(offset, length)).toString('base64');
  } catch {
    return undefined; // a place that no read reaches is told without its bytes
  } finally {
    await file.close();
  }
}
