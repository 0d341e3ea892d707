// Lock files: a file that names the process that holds it. The system gives Node no lock of its own, so whether a
// holder lives is found out by what identifies a process: its number, and where there is `/proc` the moment it began
// and the boot of the machine, since numbers come again. What a dead process left is taken over.
//
// A process in another container is not seen: do not give one directory to two of them.
import { readFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import process from 'node:process';
import { StorageError } from '../base/errors.ts';
import type { DiskLock } from './ports.ts';

/** Takes a lock file; rejects with `ERR_STORAGE_LOCKED` while its holder lives. */
export async function lockFile(path: string): Promise<DiskLock> {
  const own = identityOf(process.pid) ?? '';
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (await create(path, own)) return { release: () => releaseLock(path, own) };
    const holder = await readFile(path, 'utf8').catch(() => '');
    const pid = Number.parseInt(holder, 10);
    // what is empty was being written when its process died, or is by one that has just begun
    const isAlive = Number.isInteger(pid) && (pid === process.pid ? holder === own : identityOf(pid) === holder);
    if (isAlive) {
      const text = `${path}: another process, ${pid}, uses this directory; stop it, or give this one another directory`;
      throw new StorageError('LOCKED', path, text);
    }
    await rm(path, { force: true });
  }
  throw new StorageError('LOCKED', path, `${path}: other processes take this lock again and again`);
}

const attemptsMax = 5;

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function releaseLock(path: string, own: string): Promise<void> {
  const holder = await readFile(path, 'utf8').catch(() => '');
  if (holder !== own) return;
  try {
    await rm(path, { force: true });
  } catch (error) {
    // a disk that takes nothing keeps it; whoever comes next sees that its holder is gone
    if (!(error instanceof Error && 'code' in error && error.code === 'EROFS')) throw error;
  }
}

/** What identifies a living process; undefined for one that does not live. */
function identityOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // a process of another user lives, too
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined;
  }
  return `${pid} ${startOf(pid)} ${read('/proc/sys/kernel/random/boot_id')}`.trim();
}

/** When a process began, in ticks since the boot: the 22nd field, counted behind the name, which may hold anything. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** The text of a file of the system; empty where there is none. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
