// NodeService: the addresses of a name, as the system knows them, and the servers that it stands for by SRV records
// (RFC 2782), asked of its name servers. A lone target `.` says that the service is not offered. Bounded by a time; a
// resolver of its own, so that giving one question up does not end others. Loaded when it is first used.
import { lookup, Resolver } from 'node:dns/promises';
import { LinkError, messageOf } from '../base/errors.ts';
import type { ServiceTarget } from './ports.ts';

/** How long an answer may take, in ms, and how often it is asked for. */
const timeoutMs = 5000;
const tries = 2;

/** The addresses of a name, best first. Rejects with LinkError. */
export async function lookupNode(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
    throw new LinkError('lookup', `the name ${host} cannot be resolved (${code})`, { cause: error });
  }
}

/** The targets of a name as `_mqtt._tcp.example.com`. Rejects with LinkError. */
export async function lookupServiceNode(name: string, signal: AbortSignal): Promise<readonly ServiceTarget[]> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const records = await resolver.resolveSrv(name);
    const targets = records.filter((record) => record.name !== '' && record.name !== '.');
    if (targets.length === 0) throw new LinkError('lookup', `${name} says that there is no such service`);
    return targets.map(({ name: host, port, priority, weight }) => ({ host, port, priority, weight }));
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError('lookup', `there is no answer for the SRV records of ${name}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
