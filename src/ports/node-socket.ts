// NodeSocket: a socket of Node, plain or TLS, as the port has it. Nothing is
// read before `listen`; an end that came before that is told then. Several parts
// leave in one writev.
import type { Socket as NetSocket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { plainAddress } from '../base/address-range.ts';
import { LinkError } from '../base/errors.ts';
import type { PeerCertificate, Socket, SocketHandler } from './ports.ts';
import type { ReadTarget } from './shared-read.ts';

/** Under which a socket of Node knows what was made of it: its handlers are the same functions for all of them. */
const owner = Symbol('viaduct');

/** What is known of the peer from elsewhere: from a PROXY header, or because it is on this machine. */
export interface ToldPeer {
  readonly address: string;
  readonly port: number;
  readonly isEncrypted?: boolean;
  readonly certificate?: PeerCertificate;
}

/** One open socket. */
export class NodeSocket implements Socket {
  readonly isEncrypted: boolean;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly #socket: NetSocket;
  readonly #target: ReadTarget | undefined;
  readonly #peer: ToldPeer | undefined;
  #handler: SocketHandler | undefined;
  #error: Error | undefined;
  #isClosed = false;

  /** `target`: where the bytes come from if the socket does not tell them by its `data` event. */
  constructor(socket: NetSocket, tls: TLSSocket | undefined, target?: ReadTarget, peer?: ToldPeer) {
    this.#socket = socket;
    this.#target = target;
    this.#peer = peer;
    this.isEncrypted = tls !== undefined || peer?.isEncrypted === true;
    this.peerCertificate = tls?.authorized ? certificateOf(tls) : peer?.certificate;
    Reflect.set(socket, owner, this);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /** See `Socket`; empty when the socket is gone. */
  get remoteAddress(): string {
    return this.#peer?.address ?? plainAddress(this.#socket.remoteAddress ?? '');
  }

  /** See `Socket`; 0 when the socket is gone. */
  get remotePort(): number {
    return this.#peer?.port ?? this.#socket.remotePort ?? 0;
  }

  /** See `Socket`; 0 when the socket is gone. */
  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /** See `Socket.pendingBytes`. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  /** See `Socket.listen`. */
  listen(handler: SocketHandler): void {
    this.#handler = handler;
    if (this.#isClosed) {
      setImmediate(() => handler.closed(this.#error));
      return;
    }
    if (this.#target) {
      this.#target.listen(handler);
      // nothing comes by this event, but `end` waits for somebody to read
      this.#socket.resume();
    } else {
      this.#socket.on('data', onData);
      // a proxy has read before and paused
      this.#socket.resume();
    }
    this.#socket.on('drain', onDrain);
    this.#socket.on('end', onEnd);
  }

  /** Bytes came. */
  received(chunk: Uint8Array): void {
    this.#handler?.received(bytesOf(chunk));
  }

  /** See `SocketHandler`. */
  drained(): void {
    this.#handler?.drained();
  }

  /** See `SocketHandler`. */
  ended(): void {
    this.#handler?.ended();
  }

  /** Something broke: the end of the socket follows. */
  failed(error: Error): void {
    const words = 'code' in error ? tlsEnds[String(error.code)] : undefined;
    this.#error = words === undefined ? error : new LinkError('tls', words, { cause: error });
  }

  /** The socket is gone. */
  closed(): void {
    this.#isClosed = true;
    this.#handler?.closed(this.#error);
  }

  /** See `Socket.write`. */
  write(parts: readonly Bytes[]): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return true;
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return socket.write(only);
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  /** See `Socket.pause`. */
  pause(): void {
    this.#socket.pause();
  }

  /** See `Socket.resume`. */
  resume(): void {
    this.#socket.resume();
  }

  /** See `Socket.end`. */
  end(): void {
    this.#socket.end();
  }

  /** See `Socket.destroy`. */
  destroy(): void {
    this.#socket.destroy();
  }
}

/** What the other side says when it ends TLS, in words; it may say so when the handshake seems to be over. */
const tlsEnds: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the other side wants a certificate, and was shown none',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the other side does not accept the certificate that it was shown',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the other side does not trust the authority of the certificate that it was shown',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the other side says that the certificate has expired',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'the other side says that the certificate was taken back',
};

function ownerOf(socket: NetSocket): NodeSocket | undefined {
  const found: unknown = Reflect.get(socket, owner);
  return found instanceof NodeSocket ? found : undefined;
}

function onData(this: NetSocket, chunk: Uint8Array): void {
  ownerOf(this)?.received(chunk);
}

function onDrain(this: NetSocket): void {
  ownerOf(this)?.drained();
}

function onEnd(this: NetSocket): void {
  ownerOf(this)?.ended();
}

function onError(this: NetSocket, error: Error): void {
  ownerOf(this)?.failed(error);
}

function onClose(this: NetSocket): void {
  ownerOf(this)?.closed();
}

function certificateOf(socket: TLSSocket): PeerCertificate | undefined {
  const { subject, issuer, fingerprint256, ...more } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  const { subjectaltname: alternative, valid_from: validFrom, valid_to: validTo } = more;
  return {
    commonName: String(subject.CN ?? ''),
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    alternativeNames: alternative?.split(', ').map((one) => one.slice(one.indexOf(':') + 1)) ?? [],
    fingerprint256,
    validFrom: Date.parse(validFrom),
    validTo: Date.parse(validTo),
  };
}

function nameOf(name: object): string {
  return Object.entries(name)
    .map(([part, value]) => `${part}=${String(value)}`)
    .join(',');
}
