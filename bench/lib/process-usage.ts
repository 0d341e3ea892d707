// ProcessUsage: what a process has used, as Linux tells it: CPU of all its threads from /proc/PID/stat, in ticks of
// 10 ms, and its memory from /proc/PID/smaps_rollup. On other systems there is no bench.
// CPU is what the headline numbers are made of: it hardly depends on what else the machine does.
import { readFileSync } from 'node:fs';

/** Microseconds in a tick of /proc. */
const tickUs = 10_000;

/** CPU that a process has used so far, user and system, in microseconds. */
export function cpuUsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // the name in front may hold blanks; behind its bracket the fields are plain
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

/** Memory of a process in kB: all that is resident, and what is its own. */
export function memoryOf(pid: number): { readonly residentKb: number; readonly privateKb: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kbOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { residentKb: kbOf('Rss'), privateKb: kbOf('Anonymous') };
}

/** How many files this process, and whoever it starts, may open. */
export function openFilesMax(): number {
  const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return Number(found?.[1] ?? 1024);
}
