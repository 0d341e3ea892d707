// UnixPath: the file of a Unix socket. A process that was killed leaves it
// behind, and then nobody can listen there: it is removed, but only when it is
// a socket and nobody answers on it.
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { LinkError, messageOf } from '../base/errors.ts';

/** Longest wait for an answer, in ms: on one machine it comes at once. */
const answerMsMax = 1000;

/** Makes the path free to listen on. Rejects with LinkError when it is something else, or in use. */
export async function freeUnixPath(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) {
    // the system would say that it is not allowed
    await lstat(dirname(path)).catch((error: unknown) => {
      throw new LinkError('listen', `the directory of ${path} cannot be used: ${messageOf(error)}`, { cause: error });
    });
    return;
  }
  if (!found.isSocket()) throw new LinkError('listen', `${path} is there and is no socket`);
  if (await isAnswered(path)) throw new LinkError('listen', `another process listens on unix:${path}`);
  await unlink(path).catch((error: unknown) => {
    throw new LinkError('listen', `the socket that a dead process left at ${path} cannot be removed`, { cause: error });
  });
}

/** Sets who may connect. Rejects with LinkError. */
export async function allowOnUnixPath(path: string, mode: number): Promise<void> {
  await chmod(path, mode).catch((error: unknown) => {
    throw new LinkError('listen', `the permissions of ${path} cannot be set`, { cause: error });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: answerMsMax });
    const answer = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on('connect', () => answer(true));
    // a full backlog means that somebody is there
    socket.on('timeout', () => answer(true));
    socket.on('error', (error: NodeJS.ErrnoException) => answer(error.code !== 'ECONNREFUSED'));
  });
}
