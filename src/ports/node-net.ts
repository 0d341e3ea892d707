// NodeNet: sockets through Node. Every failure is a LinkError that names address
// and phase; a port in use also names the port and who holds it. TLS is loaded
// when it is first used.
import { connect, createServer, type Socket as NetSocket, type Server } from 'node:net';
import { LinkError, type LinkPhase, messageOf } from '../base/errors.ts';
import { NodeSocket } from './node-socket.ts';
import { holderOfPort } from './port-holder.ts';
import type { DialOptions, Listener, ListenOptions, Net, Socket, TlsOptions } from './ports.ts';
import { type OnRead, ReadTarget, SharedRead } from './shared-read.ts';

/** The system's network. */
export class NodeNet implements Net {
  readonly #reads: SharedRead | undefined;

  /** `isReadShared` false leaves reading to Node, a buffer for each read: the fallback, for tests and comparison. */
  constructor(options: { readonly isReadShared?: boolean } = {}) {
    this.#reads = options.isReadShared === false ? undefined : new SharedRead();
  }

  /** See `Net.dial`. */
  async dial(options: DialOptions): Promise<Socket> {
    const tls = options.tls === undefined ? undefined : await import('./node-tls.ts');
    const where = nameOf(options.host, options.port);
    const fault = options.tls && tls?.tlsFault(options.tls);
    if (fault) throw new LinkError('tls', fault, { blame: 'local' });
    return new Promise((resolve, reject) => {
      let phase: LinkPhase = 'connect';
      const target = tls === undefined && this.#reads ? new ReadTarget() : undefined;
      const plain = openSocket(options, target && this.#reads?.optionFor(target));
      let socket: NetSocket = plain;
      const timer = setTimeout(() => {
        fail(new LinkError(phase, `${where} did not answer within ${options.timeoutMs} ms`, { isTimeout: true }));
      }, options.timeoutMs);
      const abort = (): void => fail(new LinkError(phase, `dialling ${where} was called off`));
      options.signal?.addEventListener('abort', abort, { once: true });
      const over = (): void => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', abort);
      };
      const fail = (error: LinkError): void => {
        over();
        socket.destroy();
        plain.destroy();
        reject(error);
      };
      const failed = (error: Error): void => {
        if (phase !== 'tls' || tls === undefined) fail(connectError(error, where));
        else fail(new LinkError('tls', tls.describeTlsError(error, where), { cause: error, blame: 'remote' }));
      };
      plain.on('error', failed);
      plain.on('connect', () => {
        if (tls === undefined) {
          over();
          plain.off('error', failed);
          resolve(new NodeSocket(plain, undefined, target));
          return;
        }
        phase = 'tls';
        const secured = tls.secure(plain, options, () => {
          over();
          secured.off('error', failed);
          resolve(new NodeSocket(secured, secured));
        });
        secured.on('error', failed);
        socket = secured;
      });
      if (options.signal?.aborted) abort();
    });
  }

  /** See `Net.listen`. */
  async listen(options: ListenOptions, accepted: (socket: Socket) => void): Promise<Listener> {
    const { host, port, backlog = 511 } = options;
    const tls = options.tls === undefined ? undefined : await import('./node-tls.ts');
    const fault = options.tls && tls?.tlsFault(options.tls);
    if (fault) throw new LinkError('listen', `${nameOf(host, port)}: ${fault}`);
    const server = tls
      ? tls.createTlsServer(options, (socket) => accepted(new NodeSocket(socket, socket)))
      : createServer({ noDelay: true, pauseOnConnect: true }, (socket) => accepted(this.#accept(socket)));
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, host, port));
      server.once('error', failed);
      server.listen({ host, port, backlog }, () => {
        server.off('error', failed);
        resolve();
      });
    });
    // after this only single connections can fail (too many open files); the listener itself goes on
    server.on('error', () => undefined);
    const update = tls === undefined ? undefined : (more: TlsOptions) => tls.updateTlsServer(server, more);
    return new NodeListener(server, port, update);
  }

  #accept(socket: NetSocket): NodeSocket {
    const target = new ReadTarget();
    const rebuilt = this.#reads?.rebuild(socket, target);
    if (rebuilt) return new NodeSocket(rebuilt, undefined, target);
    socket.resume();
    return new NodeSocket(socket, undefined);
  }
}

class NodeListener implements Listener {
  readonly port: number;
  readonly #server: Server;
  readonly #update: ((tls: TlsOptions) => void) | undefined;

  constructor(server: Server, port: number, update: ((tls: TlsOptions) => void) | undefined) {
    const address = server.address();
    this.port = address !== null && typeof address === 'object' ? address.port : port;
    this.#server = server;
    this.#update = update;
  }

  updateTls(tls: TlsOptions): void {
    this.#update?.(tls);
  }

  close(): Promise<void> {
    // it accepts no more at once; waiting for its sockets to end is not what is asked here
    if (this.#server.listening) this.#server.close();
    return Promise.resolve();
  }
}

function openSocket(options: DialOptions, onread: OnRead | undefined): NetSocket {
  const { keepAliveDelayMs = 0 } = options;
  return connect({
    host: options.host,
    port: options.port,
    noDelay: options.isNoDelay ?? true,
    ...(onread === undefined ? {} : { onread }),
    keepAlive: keepAliveDelayMs > 0,
    keepAliveInitialDelay: keepAliveDelayMs,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  });
}

function connectError(error: Error, where: string): LinkError {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new LinkError('lookup', `the name of ${where} cannot be resolved (${code})`, { cause: error });
  }
  const words: Record<string, string> = {
    ECONNREFUSED: `nobody listens on ${where}`,
    ENETUNREACH: `no route to ${where}`,
    EHOSTUNREACH: `no route to ${where}`,
    ETIMEDOUT: `${where} did not answer`,
    ECONNRESET: `${where} reset the connection`,
  };
  return new LinkError('connect', words[code] ?? `connecting to ${where} failed: ${messageOf(error)}`, {
    cause: error,
  });
}

function listenError(error: Error, host: string, port: number): LinkError {
  const code = 'code' in error ? String(error.code) : '';
  const where = nameOf(host, port);
  if (code === 'EADDRINUSE') {
    const holder =
      holderOfPort(port) ?? 'another broker (mosquitto, EMQX Edge, NanoMQ) or a second Viaduct, most likely';
    return new LinkError('listen', `port ${port} on ${host} is in use by ${holder}`, { cause: error });
  }
  if (code === 'EACCES') return new LinkError('listen', `not allowed to listen on ${where}`, { cause: error });
  if (code === 'EADDRNOTAVAIL') {
    return new LinkError('listen', `${host} is no address of this machine`, { cause: error });
  }
  return new LinkError('listen', `listening on ${where} failed: ${messageOf(error)}`, { cause: error });
}

function nameOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
