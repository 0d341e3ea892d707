// WebSocketPulse: one timer that looks after the WebSockets of one listener. At each beat those that were silent since
// the last one are asked whether they are there, and those that did not answer are gone: so a connection of which only
// one end is left is noticed though MQTT has no keep-alive on it, and proxies do not take an idle one for dead.
// Bounded by the open WebSockets; no timer runs when there are none.
import { clearInterval, setInterval } from 'node:timers';
import type WebSocket from 'ws';
import type { WebSocketStream } from './web-socket-stream.ts';

/** The pulse of one listener. */
export class WebSocketPulse {
  readonly #intervalMs: number;
  readonly #open = new Set<WebSocketStream>();
  #timer: NodeJS.Timeout | undefined;

  /** `intervalMs`: from beat to beat. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Looks after a WebSocket until it is closed. */
  watch(stream: WebSocketStream, webSocket: WebSocket): void {
    this.#open.add(stream);
    webSocket.once('close', () => this.#forget(stream));
    this.#timer ??= setInterval(() => this.#beat(), this.#intervalMs).unref();
  }

  #beat(): void {
    for (const stream of [...this.#open]) stream.beat();
  }

  #forget(stream: WebSocketStream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
