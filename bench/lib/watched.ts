// Watched: what the dashboard costs while somebody looks at it: private memory above the same broker without
// `http_server`, and the CPU of a page that lies open. A page is played by this process: it logs in, takes the files of
// the shell, asks every list, keeps the live feed open, and asks for the status and a list each second.
// Bounded by time: about half a minute.
import { type ClientRequest, request } from 'node:http';
import { freePort } from '../../test/kit/mosquitto.ts';
import { type Peer, type RunningPeer, startPeer, webPassword } from '../peers.ts';
import { cpuUsOf, memoryOf } from './process-usage.ts';
import { medianOf } from './statistics.ts';

/** What was found of one peer. */
export interface WatchedResult {
  /** Private memory without dashboard and API. */
  readonly withoutMb: number;
  /** What they add to it: served and not looked at, and looked at. */
  readonly servedMb: number;
  readonly watchedMb: number;
  /** Of a core, in percent, while a page lies open. */
  readonly cpuPercent: number;
}

const settleMs = 5000;
const looks = 10;
const lists = [
  ['/status', '/bridges', '/clients', '/subscriptions', '/topics', '/retained', '/metrics/history', '/config'],
  [
    '/config/history',
    '/users',
    '/api-keys',
    '/mqtt-users',
    '/acl',
    '/certificates',
    '/logs',
    '/audit',
    '/openapi.json',
  ],
].flat();

/** Measures a peer; undefined when it has no dashboard, or is not installed. */
export async function measureWatched(peer: Peer): Promise<WatchedResult | undefined> {
  if (peer.hasDashboard !== true) return undefined;
  const plain = await startPeer(peer);
  if (plain === undefined) return undefined;
  await sleep(settleMs);
  const withoutMb = memoryOf(plain.pid).privateKb / 1024;
  await plain.stop();
  const httpPort = await freePort();
  const broker = await startPeer(peer, { httpPort });
  if (broker === undefined) return undefined;
  try {
    await sleep(settleMs);
    const servedMb = memoryOf(broker.pid).privateKb / 1024 - withoutMb;
    const { watchedMb, cpuPercent } = await look(broker, httpPort);
    return { withoutMb, servedMb, watchedMb: watchedMb - withoutMb, cpuPercent };
  } finally {
    await broker.stop();
  }
}

async function look(
  { pid }: RunningPeer,
  port: number,
): Promise<{ readonly watchedMb: number; readonly cpuPercent: number }> {
  const body = JSON.stringify({ username: 'admin', password: webPassword, isCookieWanted: false });
  const reply: { token: string } = JSON.parse(await ask(port, '/api/v1/login', {}, body));
  const headers = { authorization: `Bearer ${reply.token}`, 'accept-encoding': 'gzip' };
  const page = await ask(port, '/');
  for (const [, path = ''] of page.matchAll(/(?:href|src)="(\/assets[^"]+)"/g)) await ask(port, path, headers);
  for (const path of lists) await ask(port, `/api/v1${path}`, headers);
  const feed = request({ port, path: '/api/v1/live?kinds=status,bridge,client,config', headers }, (answer) => {
    answer.resume();
  });
  feed.on('error', () => undefined); // it is cut at the end
  feed.end();
  const memory: number[] = [];
  await sleep(settleMs);
  const [cpuUs, since] = [cpuUsOf(pid), performance.now()];
  for (let second = 0; second < looks; second++) {
    await sleep(1000);
    memory.push(memoryOf(pid).privateKb / 1024);
  }
  const cpuPercent = (cpuUsOf(pid) - cpuUs) / (performance.now() - since) / 10;
  for (let second = 0; second < looks; second++) {
    for (const path of ['/status', lists[second % lists.length] ?? '']) await ask(port, `/api/v1${path}`, headers);
    await sleep(1000);
    memory.push(memoryOf(pid).privateKb / 1024);
  }
  feed.destroy();
  return { watchedMb: medianOf(memory), cpuPercent };
}

function ask(port: number, path: string, headers: Record<string, string> = {}, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const asking: ClientRequest = request({ port, path, method, headers: { ...headers, ...type } }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Uint8Array) => {
        text += chunk.toString();
      });
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${answer.statusCode}`)),
      );
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
