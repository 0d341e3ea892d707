// NodeListener: one address that is listened on, and the entry of each connection through what the options ask for.
//
//   accepted --(waiting)--> proxy --> tls --> websocket --> socket      a plain one is a socket at once
//                 any --error, gone, too late--> refused
//
// Bounded: `handshakesMax` entries underway, ten times as many waiting, each within `handshakeTimeoutMs`. A connection
// that comes on a full listener is refused. Nothing is read of those that wait.
import { createServer, type Socket as NetSocket, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { type AddressRange, plainAddress } from '../base/address-range.ts';
import { LinkError, messageOf } from '../base/errors.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import { whereOf } from './node-dial.ts';
import { NodeSocket, type ToldPeer } from './node-socket.ts';
import type { TlsEntrance } from './node-tls.ts';
import type { WebSocketEntrance } from './node-web-socket.ts';
import { holderOfPort } from './port-holder.ts';
import type { Listener, ListenOptions, RefusalPhase, Socket, TlsOptions } from './ports.ts';
import { isTrustedProxy, peerOf, rangesOf, readProxyHeader } from './proxy-entry.ts';
import { ReadTarget, type SharedRead } from './shared-read.ts';
import { allowOnUnixPath, freeUnixPath } from './unix-path.ts';

const handshakeTimeoutMsDefault = 10_000;
const handshakesMaxDefault = 200;
/** For each entry underway so many wait. */
const waitingFactor = 10;
/** How long the answer to a connection that is refused may take to leave, in ms. */
const farewellMs = 1000;

/** One connection on its way in. */
interface Entry {
  readonly raw: NetSocket;
  readonly address: string;
  readonly over: () => void;
  phase: RefusalPhase;
  peer: ToldPeer | undefined;
  tls: TLSSocket | undefined;
}

/** What listeners share. */
export interface NodeListenerParts {
  readonly reads: SharedRead | undefined;
  readonly inherited: InheritedSockets;
}

/** A listener of Node. */
export class NodeListener implements Listener {
  readonly #options: ListenOptions;
  readonly #accepted: (socket: Socket) => void;
  readonly #reads: SharedRead | undefined;
  readonly #server: Server;
  readonly #isStaged: boolean;
  readonly #entries = new Map<NetSocket, Entry>();
  readonly #waiting = new Set<NetSocket>();
  /** Undefined: no PROXY headers. */
  readonly #proxies: readonly AddressRange[] | undefined;
  #tls: TlsEntrance | undefined;
  #tlsFault: ((tls: TlsOptions) => string | undefined) | undefined;
  #upgrades: WebSocketEntrance | undefined;

  private constructor(options: ListenOptions, accepted: (socket: Socket) => void, reads: SharedRead | undefined) {
    this.#options = options;
    this.#accepted = accepted;
    this.#reads = reads;
    this.#proxies = options.proxySources && rangesOf(options.proxySources);
    this.#isStaged = [options.tls, options.webSocket, options.proxySources].some((stage) => stage !== undefined);
    const { isNoDelay = true, keepAliveDelayMs = 0 } = options;
    this.#server = createServer(
      {
        noDelay: isNoDelay,
        pauseOnConnect: true,
        keepAlive: keepAliveDelayMs > 0,
        keepAliveInitialDelay: keepAliveDelayMs,
      },
      (raw) => (this.#isStaged ? this.#enter(raw) : accepted(this.#plain(raw, this.#unixPeer()))),
    );
  }

  /** See `Net.listen`. */
  static async open(
    options: ListenOptions,
    accepted: (socket: Socket) => void,
    { reads, inherited }: NodeListenerParts,
  ): Promise<NodeListener> {
    const listener = new NodeListener(options, accepted, reads);
    await listener.#load();
    const { socketPath, socketMode } = options;
    if (socketPath !== undefined) await freeUnixPath(socketPath);
    await listener.#listen(options.inherited === undefined ? undefined : inherited.take(options.inherited));
    if (socketPath === undefined || socketMode === undefined) return listener;
    try {
      await allowOnUnixPath(socketPath, socketMode);
    } catch (error) {
      await listener.close();
      throw error;
    }
    return listener;
  }

  /** See `Listener.port`; 0 for a Unix socket. */
  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : this.#options.port;
  }

  /** See `Listener.updateTls`. */
  updateTls(tls: TlsOptions): void {
    const fault = this.#tlsFault?.(tls);
    if (fault) throw new LinkError('listen', `${whereOf(this.#options)}: ${fault}`);
    this.#tls?.update(tls);
  }

  /** See `Listener.close`. */
  close(): Promise<void> {
    // it accepts no more at once; waiting for its sockets to end is not what is asked here
    if (this.#server.listening) this.#server.close();
    for (const raw of this.#waiting) raw.destroy();
    for (const entry of [...this.#entries.values()]) this.#refuse(entry, 'the listener was closed');
    return Promise.resolve();
  }

  async #load(): Promise<void> {
    const { tls, webSocket } = this.#options;
    const timeoutMs = this.#options.handshakeTimeoutMs ?? handshakeTimeoutMsDefault;
    if (tls !== undefined) {
      const { TlsEntrance: Entrance, tlsFault } = await import('./node-tls.ts');
      this.#tlsFault = tlsFault;
      const fault = tlsFault(tls);
      if (fault) throw new LinkError('listen', `${whereOf(this.#options)}: ${fault}`);
      this.#tls = new Entrance(tls, timeoutMs, {
        secured: (raw, socket) => this.#secured(raw, socket),
        failed: (raw, detail) => this.#refuse(raw && this.#entries.get(raw), detail),
      });
    }
    if (webSocket === undefined) return;
    const { WebSocketEntrance: Entrance } = await import('./node-web-socket.ts');
    this.#upgrades = new Entrance(webSocket, {
      near: (stream) => {
        const entry = this.#entryOf(stream);
        return entry && new NodeSocket(entry.tls ?? entry.raw, entry.tls, undefined, entry.peer);
      },
      opened: (stream, socket) => this.#done(this.#entryOf(stream), socket),
      failed: (stream, detail) => this.#refuse(this.#entryOf(stream), detail),
    });
  }

  /** `descriptor`: of a socket that was opened before us. */
  #listen(descriptor: number | undefined): Promise<void> {
    const { host, port, socketPath, backlog = 511, isIpv6Only = false } = this.#options;
    const server = this.#server;
    const where = socketPath === undefined ? { port, ...(host === '*' ? {} : { host }) } : { path: socketPath };
    const at = descriptor === undefined ? { ...where, ipv6Only: isIpv6Only } : { fd: descriptor };
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, this.#options));
      server.once('error', failed);
      server.listen({ ...at, backlog }, () => {
        server.off('error', failed);
        // after this only single connections can fail (too many open files); the listener itself goes on
        server.on('error', () => undefined);
        resolve();
      });
    });
  }

  #plain(raw: NetSocket, peer: ToldPeer | undefined, rest?: Bytes): NodeSocket {
    const target = new ReadTarget();
    if (this.#reads?.adopt(raw, target)) {
      if (rest) target.take(rest);
      return new NodeSocket(raw, undefined, target, peer);
    }
    if (rest) raw.unshift(rest);
    raw.resume();
    return new NodeSocket(raw, undefined, undefined, peer);
  }

  #unixPeer(): ToldPeer | undefined {
    const { socketPath } = this.#options;
    return socketPath === undefined ? undefined : { address: `unix:${socketPath}`, port: 0 };
  }

  #enter(raw: NetSocket): void {
    const { handshakesMax = handshakesMaxDefault } = this.#options;
    if (this.#entries.size < handshakesMax) {
      this.#begin(raw);
      return;
    }
    raw.on('error', ignore);
    if (this.#waiting.size < handshakesMax * waitingFactor) {
      this.#waiting.add(raw);
      raw.once('close', () => this.#waiting.delete(raw));
      return;
    }
    const detail = `${handshakesMax} connections are entering and ${this.#waiting.size} are waiting to`;
    this.#options.refused?.({ phase: 'entry', address: addressOf(raw), detail });
    raw.destroy();
  }

  #begin(raw: NetSocket): void {
    const timeoutMs = this.#options.handshakeTimeoutMs ?? handshakeTimeoutMsDefault;
    const timer = setTimeout(() => this.#refuse(entry, `it was not through within ${timeoutMs} ms`), timeoutMs);
    const gone = (): void => this.#refuse(entry, 'the client went away');
    const over = (): void => {
      clearTimeout(timer);
      raw.off('close', gone);
      this.#entries.delete(raw);
    };
    const peer = this.#unixPeer();
    const entry: Entry = { raw, address: peer?.address ?? addressOf(raw), over, phase: 'entry', peer, tls: undefined };
    this.#entries.set(raw, entry);
    raw.on('error', ignore);
    raw.on('close', gone);
    if (this.#proxies === undefined) this.#secure(entry, undefined);
    else this.#readProxy(entry, this.#proxies);
  }

  #readProxy(entry: Entry, sources: readonly AddressRange[]): void {
    const { raw } = entry;
    entry.phase = 'proxy';
    if (!isTrustedProxy(raw, sources, this.#options.socketPath !== undefined)) {
      this.#refuse(entry, 'it is none of the sources that may send a PROXY header');
      return;
    }
    readProxyHeader(raw, (header, rest) => {
      if (!this.#entries.has(raw)) return;
      if (typeof header === 'string') {
        this.#refuse(entry, header);
        return;
      }
      entry.peer = peerOf(header) ?? entry.peer;
      this.#secure(entry, rest);
    });
  }

  #secure(entry: Entry, rest: Bytes | undefined): void {
    const { raw } = entry;
    if (this.#tls === undefined && this.#upgrades === undefined) {
      this.#done(entry, this.#plain(raw, entry.peer, rest));
      return;
    }
    if (rest) raw.unshift(rest);
    if (this.#tls === undefined) {
      this.#upgrade(entry);
      return;
    }
    entry.phase = 'tls';
    this.#tls.take(raw);
  }

  #secured(raw: NetSocket, socket: TLSSocket): void {
    const entry = this.#entries.get(raw);
    if (entry === undefined) {
      socket.destroy();
      return;
    }
    entry.tls = socket;
    if (this.#upgrades === undefined) this.#done(entry, new NodeSocket(socket, socket, undefined, entry.peer));
    else this.#upgrade(entry);
  }

  #upgrade(entry: Entry): void {
    entry.phase = 'websocket';
    entry.tls?.on('error', ignore);
    this.#upgrades?.take(entry.tls ?? entry.raw);
  }

  /** The entry of a stream that is the connection itself or the TLS on it. */
  #entryOf(stream: Duplex): Entry | undefined {
    for (const entry of this.#entries.values()) if (entry.tls === stream || entry.raw === stream) return entry;
    return undefined;
  }

  #done(entry: Entry | undefined, socket: Socket): void {
    if (entry === undefined || !this.#entries.has(entry.raw)) {
      socket.destroy();
      return;
    }
    entry.over();
    this.#accepted(socket);
    this.#next();
  }

  #refuse(entry: Entry | undefined, detail: string): void {
    if (entry === undefined || !this.#entries.has(entry.raw)) return;
    const { raw, phase, peer, address } = entry;
    entry.over();
    this.#options.refused?.({ phase, address: peer?.address ?? address, detail });
    // an alert or an answer is on its way
    if (phase === 'tls' || phase === 'websocket') setTimeout(() => raw.destroy(), farewellMs).unref();
    else raw.destroy();
    this.#next();
  }

  /** One that waited may begin. */
  #next(): void {
    for (const raw of this.#waiting) {
      this.#waiting.delete(raw);
      if (raw.destroyed) continue;
      raw.off('error', ignore);
      this.#begin(raw);
      return;
    }
  }
}

function ignore(): void {
  // the end of the socket, which follows, says enough
}

function addressOf(raw: NetSocket): string {
  return plainAddress(raw.remoteAddress ?? '');
}

function listenError(error: Error, options: ListenOptions): LinkError {
  const code = 'code' in error ? String(error.code) : '';
  const { host, port } = options;
  const where = whereOf(options);
  if (code === 'EADDRINUSE' && options.socketPath === undefined) {
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
