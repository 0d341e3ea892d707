// Http: the port for asking a web server. One request, one answer, both bounded; no streams, no redirects. Loaded and
// made only where a configuration asks for it.
// Failures are `LinkError`s, as those of the other network port.
import type { TlsOptions } from './ports.ts';

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `http:` or `https:`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where the method has none. */
  readonly body?: string;
  /** Limit for name lookup, connecting and TLS together, in ms. */
  readonly connectTimeoutMs: number;
  /** Limit for everything, in ms. */
  readonly timeoutMs: number;
}

/** One answer. */
export interface HttpAnswer {
  readonly status: number;
  /** As text; at most `bodyBytesMax`, longer answers fail. */
  readonly body: string;
}

/** Bounds and trust of one user of the port. */
export interface HttpOptions {
  /** Connections to one server at a time; more requests wait. */
  readonly connectionsMax: number;
  /** Largest answer taken, in bytes. */
  readonly bodyBytesMax: number;
  /** For `https:`; default the authorities of Node, verified. */
  readonly tls?: TlsOptions;
}

/** Asks web servers. */
export interface Http {
  /** Rejects with LinkError when no answer came, or too long a one. */
  ask(request: HttpRequest): Promise<HttpAnswer>;
}

/** Makes the port; the composition root has one of these, tests another. */
export type OpenHttp = (options: HttpOptions) => Promise<Http>;
