// HttpServer: the port for serving HTTP. One request goes to one handler, which gives one answer: a body, or a stream
// of parts that is written as fast as the other side reads.
// Bounded: connections, headers and bodies; a body that is too long is refused before it is read.
import type { TlsOptions } from './ports.ts';

/** One request. */
export interface ServedRequest {
  readonly method: string;
  /** Without query, as it came. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; of several values, joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
  /** Aborted when the other side is gone. */
  readonly signal: AbortSignal;
  /** The body as text; undefined when it is longer than `bytesMax`, or no UTF-8. */
  readBody(bytesMax: number): Promise<string | undefined>;
}

/** One answer. */
export interface ServedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** All of it, or something that writes parts until it is told to stop. */
  readonly body: string | Uint8Array | AnswerStream;
}

/** Writes a body in parts. Called once; `stopped` comes when the other side is gone. */
export type AnswerStream = (sink: AnswerSink) => { stopped(): void };

/** Where parts go. */
export interface AnswerSink {
  /** Returns false when nothing more should be written until `onDrained`. */
  write(text: string): boolean;
  /** Called each time that all was handed to the system after `write` returned false. */
  onDrained(run: () => void): void;
  end(): void;
}

/** Answers requests. It must not reject. */
export type HttpHandler = (request: ServedRequest) => Promise<ServedAnswer>;

/** Where to serve, and to how many. */
export interface HttpServeOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsOptions;
  /** Connections open at a time. */
  readonly connectionsMax: number;
}

/** A server that is open. */
export interface HttpServer {
  readonly port: number;
  /** Takes no more requests and ends those that are open. */
  close(): Promise<void>;
}

/** Opens a server; rejects with LinkError. The composition root has one of these, tests another. */
export type ServeHttp = (options: HttpServeOptions, handler: HttpHandler) => Promise<HttpServer>;
