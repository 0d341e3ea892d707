// UserFile: users with their password hashes as a text, one `name:hash` a line, as `viaduct passwd` and
// mosquitto_passwd write it. Empty lines and lines that begin with `#` mean nothing and stay where they are.
// Bounded by `usersMax`.
import { parsePasswordHash } from './password-hash.ts';

const usersMax = 100_000;

/** One user of a file. */
export interface FileUser {
  readonly username: string;
  readonly passwordHash: string;
}

/** Something that is wrong with a line. */
export interface UserFileFault {
  /** From 1. */
  readonly line: number;
  readonly expected: string;
}

/** What stands in a file of users, and all that is wrong with it. */
export function parseUserFile(text: string): { users: readonly FileUser[]; faults: readonly UserFileFault[] } {
  const users = new Map<string, FileUser>();
  const faults: UserFileFault[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    const parsed = userOf(written);
    if (parsed === undefined) continue;
    const expected = typeof parsed === 'string' ? parsed : faultOf(parsed, users);
    if (expected !== undefined) faults.push({ line: index + 1, expected });
    else if (typeof parsed !== 'string') users.set(parsed.username, parsed);
  }
  return { users: [...users.values()], faults };
}

/** The text with a user added, or with another hash. */
export function withUser(text: string, { username, passwordHash }: FileUser): string {
  const line = `${username}:${passwordHash}`;
  const lines = linesOf(text);
  const at = lines.findIndex((one) => isOf(one, username));
  if (at >= 0) lines[at] = line;
  else lines.push(line);
  return `${lines.join('\n')}\n`;
}

/** The text without a user; undefined when there is none of that name. */
export function withoutUser(text: string, username: string): string | undefined {
  const lines = linesOf(text);
  const rest = lines.filter((one) => !isOf(one, username));
  if (rest.length === lines.length) return undefined;
  return rest.length === 0 ? '' : `${rest.join('\n')}\n`;
}

/** What is wrong with a user name for a file; undefined when nothing is. */
export function usernameFault(username: string): string | undefined {
  if (username === '') return 'is empty';
  if (/[:\r\n\0]/.test(username)) return 'holds a colon, a line end or a NUL';
  return username.startsWith('#') ? 'begins with #, as comments do' : undefined;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function isOf(line: string, username: string): boolean {
  return line.startsWith(`${username}:`);
}

/** Undefined for a line that means nothing, words for one that is wrong. */
function userOf(written: string): FileUser | string | undefined {
  const line = written.replace(/\r$/, '');
  if (line.trim() === '' || line.startsWith('#')) return undefined;
  const colon = line.indexOf(':');
  if (colon <= 0) return 'expected a user and a password hash, as name:$scrypt$...';
  return { username: line.slice(0, colon), passwordHash: line.slice(colon + 1) };
}

function faultOf(user: FileUser, known: ReadonlyMap<string, FileUser>): string | undefined {
  const hash = parsePasswordHash(user.passwordHash);
  if (typeof hash === 'string') return `${hash} for the user ${user.username}; viaduct passwd writes one`;
  if (known.has(user.username)) return `expected every user once: ${user.username} was there before`;
  return known.size >= usersMax ? `expected at most ${usersMax} users` : undefined;
}
