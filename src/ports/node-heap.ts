// NodeHeap: how much memory the objects of this process take. It is asked about
// once in many seconds, for people who watch; nothing in Viaduct decides by it,
// so that it is no port of its own. A process that waits most of its time asks
// V8 for less room than V8 would take for one that computes.
import { env, execArgv, versions } from 'node:process';
import { setFlagsFromString } from 'node:v8';

/** Bytes of JavaScript objects in use. */
export function heapBytes(): number {
  return process.memoryUsage().heapUsed;
}

/** CPU that this process has used since it began, user and system, in ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Bytes of JavaScript objects up to which collecting all garbage at once takes a few hundredths of a second. */
const collectedBytesMax = 33_554_432;
/** More than any machine can give, and not too much to be asked for. */
const impossibleBytes = 2 ** 50;

/**
 * Gives back the memory that starting took: several MB of what was read and compiled once, which V8 would keep for as
 * long as little is going on. Before V8 refuses memory that it cannot have, it collects everything and returns its
 * pages; that is the only way to ask it for this without a flag. A heap of more than `bytesMax` (default 32 MB) is left
 * alone: there it would take long. Returns whether it was done.
 */
export function returnMemory(bytesMax: number = collectedBytesMax): boolean {
  if (heapBytes() > bytesMax) return false;
  try {
    Reflect.construct(ArrayBuffer, [impossibleBytes]);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return true;
}

/** The newest Node on which the flag below was tried; V8 tells of flags that it does not know on standard error. */
const triedMajorMax = 24;

/**
 * From now on the room for young objects does not grow any more: 1 MB to begin with, where V8 goes up to 32 and keeps
 * them. That is 2 kB for each of 10,000 idle connections; a message leaves nothing young behind, and a connect costs a
 * sixth more. Whoever says something about this room on the command line or in NODE_OPTIONS has it their way. Returns
 * whether it was done.
 */
export function keepYoungSmall(said: readonly string[] = [...execArgv, env.NODE_OPTIONS ?? '']): boolean {
  const isSaid = said.some((one) => /semi[-_]space/.test(one));
  if (isSaid || Number.parseInt(versions.node, 10) > triedMajorMax) return false;
  setFlagsFromString('--semi-space-growth-factor=1');
  return true;
}
