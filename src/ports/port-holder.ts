// PortHolder: which process listens on a port of this machine, found where Linux
// tells it. For one error message only: whoever may not look, or is not on
// Linux, gets no name.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `name (pid 123)` of the process that listens on `port`; undefined when it cannot be found out. */
export function holderOfPort(port: number): string | undefined {
  try {
    const inodes = new Set([...inodesOf('/proc/net/tcp', port), ...inodesOf('/proc/net/tcp6', port)]);
    if (inodes.size === 0) return undefined;
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holdsOne(name, inodes));
    return pid === undefined ? undefined : `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
  } catch {
    return undefined; // not on Linux, or /proc is not ours to read: the message goes without a name
  }
}

const stateListening = '0A';

function inodesOf(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(table, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === stateListening)
    .map((fields) => fields[9] ?? '');
}

function holdsOne(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false; // another user's process, or one that has just ended
  }
}
