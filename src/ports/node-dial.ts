// NodeDial: one connection through Node, from its name to a socket that is ready to talk: lookup and connecting, then
// TLS, then WebSocket, each only if wanted and loaded only then. Every failure is a LinkError that names address and
// phase. Bounded by one time-out for all of it.
import { connect, type Socket as NetSocket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TLSSocket } from 'node:tls';
import { LinkError, type LinkPhase, messageOf } from '../base/errors.ts';
import { NodeSocket } from './node-socket.ts';
import type { DialOptions, ProxyOptions, Socket } from './ports.ts';
import { type OnRead, ReadTarget, type SharedRead } from './shared-read.ts';

/** See `Net.dial`. */
export async function dialNode(options: DialOptions, reads: SharedRead | undefined): Promise<Socket> {
  const { tls, upgrade } = await waysOf(options);
  const where = whereOf(options);
  const fault = options.tls && tls?.tlsFault(options.tls);
  if (fault) throw new LinkError('tls', fault, { blame: 'local' });
  const { proxy } = options;
  const isPlain = tls === undefined && upgrade === undefined && proxy === undefined;
  const target = isPlain && reads ? new ReadTarget() : undefined;
  const plain = openSocket(options, target && reads?.optionFor(target));
  const attempt = new Attempt(options, where, plain);
  try {
    await attempt.step('connect', plain, (done) => plain.once('connect', done));
    if (proxy !== undefined) await throughProxy(attempt, plain, options, proxy);
    if (tls === undefined && upgrade === undefined) return new NodeSocket(plain, undefined, target, unixPeer(options));
    const secured = tls && (await secure(attempt, plain, options, tls));
    if (upgrade === undefined) return new NodeSocket(secured ?? plain, secured);
    const near = new NodeSocket(secured ?? plain, secured, undefined, unixPeer(options));
    return await attempt.step<Socket>('upgrade', plain, (done, failed) => {
      upgrade.dialWebSocket(secured ?? plain, near, options, { opened: done, failed });
    });
  } catch (error) {
    plain.destroy();
    if (error instanceof LinkError) throw error;
    throw attempt.describe(error instanceof Error ? error : new Error(messageOf(error)), tls?.describeTlsError);
  } finally {
    attempt.over();
  }
}

async function secure(
  attempt: Attempt,
  plain: NetSocket,
  options: DialOptions,
  tls: typeof import('./node-tls.ts'),
): Promise<TLSSocket> {
  const secured = await attempt.step<TLSSocket>('tls', plain, (done) => {
    const socket = tls.secure(plain, options, () => done(socket));
    attempt.fails(socket);
    return socket;
  });
  const fault = tls.fingerprintFault(secured, options.tls?.fingerprint, whereOf(options));
  if (fault !== undefined) throw new LinkError('tls', fault, { blame: 'remote' });
  return secured;
}

async function throughProxy(
  attempt: Attempt,
  plain: NetSocket,
  options: DialOptions,
  proxy: ProxyOptions,
): Promise<void> {
  const { passProxy } = await import('./node-proxy.ts');
  await attempt.step('connect', plain, (done, failed) => passProxy(plain, options, proxy).then(done, failed));
}

/** What only some ways need, loaded where they do. */
async function waysOf({ tls, webSocket }: DialOptions) {
  return {
    tls: tls === undefined ? undefined : await import('./node-tls.ts'),
    upgrade: webSocket === undefined ? undefined : await import('./node-web-socket.ts'),
  };
}

/** `host:port`, `[address]:port` or `unix:path`. */
export function whereOf(options: Pick<DialOptions, 'host' | 'port' | 'socketPath'>): string {
  const { host, port, socketPath } = options;
  if (socketPath !== undefined) return `unix:${socketPath}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** One try: it can fail by an error of any of its sockets, by time, and by being called off. */
class Attempt {
  readonly #where: string;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => this.#fail(new LinkError(this.#phase, `dialling ${this.#where} was called off`));
  readonly #failed = (error: Error): void => this.#fail(error);
  readonly #sockets: NetSocket[] = [];
  #phase: LinkPhase = 'connect';
  #error: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(options: DialOptions, where: string, plain: NetSocket) {
    const { timeoutMs, signal } = options;
    this.#where = where;
    this.#signal = signal;
    this.#timer = setTimeout(() => {
      this.#fail(new LinkError(this.#phase, `${where} did not answer within ${timeoutMs} ms`, { isTimeout: true }));
    }, timeoutMs);
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.fails(plain);
    if (signal?.aborted) this.#abort();
  }

  /** One more socket whose errors count. */
  fails(socket: NetSocket): void {
    this.#sockets.push(socket);
    socket.on('error', this.#failed);
  }

  /** One step; fulfilled with what `begin` is done with. */
  step<Result = void>(
    phase: LinkPhase,
    plain: NetSocket,
    begin: (done: (result: Result) => void, failed: (error: Error) => void) => unknown,
  ): Promise<Result> {
    this.#phase = phase;
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (this.#error) reject(this.#error);
      else if (plain.destroyed) reject(new LinkError(phase, `${this.#where} closed the connection`));
      else begin(resolve, reject);
    });
  }

  /** An error in the words of its phase. */
  describe(error: Error, describeTls: ((error: Error, where: string) => string) | undefined): LinkError {
    if (this.#phase === 'connect') return connectError(error, this.#where);
    if (this.#phase === 'tls' && describeTls) {
      return new LinkError('tls', describeTls(error, this.#where), { cause: error, blame: 'remote' });
    }
    const detail = `${this.#where} refused WebSocket: ${error.message}`;
    return new LinkError(this.#phase, detail, { cause: error, blame: 'remote' });
  }

  /** Nothing of it is left behind. */
  over(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
    for (const socket of this.#sockets) {
      // a socket that failed may complain again
      if (socket.destroyed) socket.on('error', () => undefined);
      socket.off('error', this.#failed);
    }
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#reject?.(this.#error);
  }
}

function openSocket(options: DialOptions, onread: OnRead | undefined): NetSocket {
  const { keepAliveDelayMs = 0, socketPath, proxy, localInterface } = options;
  const { host, port } = proxy ?? options;
  const localAddress = localInterface === undefined ? options.localAddress : addressOf(localInterface, host);
  const reading = onread === undefined ? {} : { onread };
  if (socketPath !== undefined) return connect({ path: socketPath, ...reading });
  return connect({
    host,
    port,
    // families of addresses are tried side by side
    autoSelectFamily: localAddress === undefined,
    noDelay: options.isNoDelay ?? true,
    ...reading,
    keepAlive: keepAliveDelayMs > 0,
    keepAliveInitialDelay: keepAliveDelayMs,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
}

/** The address of an interface, of the family that is dialled where that is known. */
function addressOf(name: string, host: string): string {
  const found = networkInterfaces()[name] ?? [];
  const family = host.includes(':') ? 'IPv6' : 'IPv4';
  const address = (found.find((one) => one.family === family) ?? found[0])?.address;
  if (address !== undefined) return address;
  throw new LinkError('connect', `this machine has no interface ${name} with an address`, { blame: 'local' });
}

function unixPeer({ socketPath }: DialOptions): { readonly address: string; readonly port: number } | undefined {
  return socketPath === undefined ? undefined : { address: `unix:${socketPath}`, port: 0 };
}

function connectError(error: Error, where: string): LinkError {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new LinkError('lookup', `the name of ${where} cannot be resolved (${code})`, { cause: error });
  }
  const words: Record<string, string> = {
    ECONNREFUSED: `nobody listens on ${where}`,
    ENOENT: `nobody listens on ${where}: there is no such file`,
    EACCES: `not allowed to connect to ${where}`,
    ENETUNREACH: `no route to ${where}`,
    EHOSTUNREACH: `no route to ${where}`,
    ETIMEDOUT: `${where} did not answer`,
    ECONNRESET: `${where} reset the connection`,
  };
  return new LinkError('connect', words[code] ?? `connecting to ${where} failed: ${messageOf(error)}`, {
    cause: error,
  });
}
