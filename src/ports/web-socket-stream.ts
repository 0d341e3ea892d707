// WebSocketStream: the bytes in the binary messages of one WebSocket, as a socket like any other. Messages and MQTT
// packets need not be aligned [MQTT-6.0.0-2] [MQTT3-6.0.0-2]: what comes is a stream, and what one write gathers leaves
// as one message, or as several when it is large. Anything but a binary message ends it [MQTT-6.0.0-1] [MQTT3-6.0.0-1].
//
// Bounded: a message by the `messageBytesMax` of its side; while paused, what one read of the socket brought.
import type { Socket as NetSocket } from 'node:net';
import type WebSocket from 'ws';
import { type Bytes, bytesOf, joinBytes } from '../../protocol/wire/bytes.ts';
import type { NodeSocket } from './node-socket.ts';
import type { PeerCertificate, Socket, SocketHandler } from './ports.ts';

/** Parts that are together larger leave as messages of their own, without being copied. In bytes. */
const joinedBytesMax = 16_384;

/** Codes with which a WebSocket ends in order: done, going away, none given. */
const orderly: readonly number[] = [1000, 1001, 1005];
const unsupportedData = 1003;

/** One open WebSocket. */
export class WebSocketStream implements Socket {
  readonly #webSocket: WebSocket;
  /** What carries it, and knows the peer. */
  readonly #near: NodeSocket;
  readonly #stream: NetSocket;
  readonly #inbox: Bytes[] = [];
  #handler: SocketHandler | undefined;
  #isPaused = true;
  #error: Error | undefined;
  #isClosed = false;
  /** Something came since the last beat of the pulse. */
  #isHeard = true;
  #isAsked = false;

  constructor(webSocket: WebSocket, near: NodeSocket, stream: NetSocket) {
    this.#webSocket = webSocket;
    this.#near = near;
    this.#stream = stream;
    webSocket.binaryType = 'nodebuffer';
    webSocket.pause();
    webSocket.on('message', (data, isBinary) => this.#received(data, isBinary));
    webSocket.on('ping', () => this.#heard());
    webSocket.on('pong', () => this.#heard());
    webSocket.on('error', (error) => {
      this.#error ??= error;
    });
    webSocket.on('close', (code, reason) => this.#closed(code, reason.toString('utf8')));
    stream.on('drain', () => this.#handler?.drained());
  }

  /** See `Socket`. */
  get remoteAddress(): string {
    return this.#near.remoteAddress;
  }

  /** See `Socket`. */
  get remotePort(): number {
    return this.#near.remotePort;
  }

  /** See `Socket`. */
  get localPort(): number {
    return this.#near.localPort;
  }

  /** See `Socket`. */
  get isEncrypted(): boolean {
    return this.#near.isEncrypted;
  }

  /** See `Socket`. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#near.peerCertificate;
  }

  /** See `Socket.pendingBytes`. */
  get pendingBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** See `Socket.listen`. */
  listen(handler: SocketHandler): void {
    this.#handler = handler;
    if (this.#isClosed) setImmediate(() => handler.closed(this.#error));
    else this.resume();
  }

  /** See `Socket.write`. */
  write(parts: readonly Bytes[]): boolean {
    const webSocket = this.#webSocket;
    if (webSocket.readyState !== webSocket.OPEN) return true;
    let bytes = 0;
    for (const part of parts) bytes += part.length;
    if (parts.length > 1 && bytes <= joinedBytesMax) {
      webSocket.send(joinBytes(parts));
    } else {
      this.#stream.cork();
      for (const part of parts) webSocket.send(part);
      this.#stream.uncork();
    }
    return !this.#stream.writableNeedDrain;
  }

  /** See `Socket.pause`. */
  pause(): void {
    this.#isPaused = true;
    this.#webSocket.pause();
  }

  /** See `Socket.resume`. */
  resume(): void {
    this.#isPaused = false;
    if (this.#inbox.length > 0) setImmediate(() => this.#goOn());
    else this.#webSocket.resume();
  }

  /** See `Socket.end`. */
  end(): void {
    this.#webSocket.close(1000);
  }

  /** See `Socket.destroy`. */
  destroy(): void {
    this.#webSocket.terminate();
  }

  /**
   * One beat of a pulse: a peer that was silent since the last one is asked whether it is there; one that has not
   * answered by the next is gone. Where we do not read, or it does not, its answer could not come.
   */
  beat(): void {
    const webSocket = this.#webSocket;
    if (this.#isHeard || webSocket.isPaused || webSocket.bufferedAmount > 0) {
      this.#isHeard = false;
      this.#isAsked = false;
    } else if (this.#isAsked) {
      this.#error ??= new Error('the peer did not answer a ping of WebSocket');
      webSocket.terminate();
    } else {
      this.#isAsked = true;
      webSocket.ping();
    }
  }

  #heard(): void {
    this.#isHeard = true;
  }

  #received(data: WebSocket.RawData, isBinary: boolean): void {
    this.#isHeard = true;
    if (this.#error) return;
    if (!isBinary || !(data instanceof Uint8Array)) {
      // [MQTT-6.0.0-1] [MQTT3-6.0.0-1]
      this.#error = new Error('a text message came over WebSocket, MQTT has binary ones only');
      this.#webSocket.close(unsupportedData, 'MQTT has binary messages only');
      return;
    }
    if (data.length === 0) return;
    if (this.#isPaused || this.#inbox.length > 0) this.#inbox.push(bytesOf(data));
    else this.#handler?.received(bytesOf(data));
  }

  /** What came while it was paused, then the socket again. */
  #goOn(): void {
    while (!this.#isPaused && !this.#isClosed) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) {
        this.#webSocket.resume();
        return;
      }
      this.#handler?.received(bytes);
    }
  }

  #closed(code: number, reason: string): void {
    this.#isClosed = true;
    if (!orderly.includes(code)) {
      this.#error ??= new Error(`the WebSocket was closed with ${code}${reason === '' ? '' : `: ${reason}`}`);
    }
    this.#handler?.closed(this.#error);
  }
}
