// Quarantine: damaged records, put aside before their segment is freed, in a file beside the segments: a line of JSON
// each, with file, offset and what is wrong, and the bytes as they were found in base64. What stands there already is
// not written again. Bounded by `quarantineBytesMax`, beyond which records come without their bytes, and then not at
// all: the log tells of every one.
import { StorageError } from '../base/errors.ts';
import type { Disk } from '../ports/ports.ts';
import type { Damage } from './journal-status.ts';

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
