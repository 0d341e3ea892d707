// Api: requests to /api/v1, typed by what the caller expects of them, and what is told when one fails. A session
// that ended is noticed here, once for all pages. Nothing is tried again: what to do about a failure is for
// people to say.
import type { ConfigFaultView } from '../http/api-config-types.ts';
import type { ApiFault } from '../http/api-types.ts';
import { request } from './world.ts';

const base = '/api/v1';

/** A request that was refused, or that got no answer: then `status` is 0. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly path: string;
  readonly faults: readonly ConfigFaultView[];

  constructor(status: number, fault: ApiFault) {
    super(fault.message);
    this.status = status;
    this.code = fault.code;
    this.path = fault.path;
    this.faults = fault.faults ?? [];
  }
}

/** The address of an endpoint, with its parameters; those that are undefined or empty are left out. */
export function endpoint(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return `${base}${path}${text === '' ? '' : `?${text}`}`;
}

/** The API, as long as the page lives. */
export class Api {
  readonly #onUnauthenticated: () => void;

  /** `onUnauthenticated` is called when the server does not know the session any more. */
  constructor(onUnauthenticated: () => void) {
    this.#onUnauthenticated = onUnauthenticated;
  }

  /** Reads. Rejects with ApiError. */
  get<Reply>(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<Reply> {
    return this.#call('GET', endpoint(path, query), undefined);
  }

  /** Creates, or has something done. Rejects with ApiError. */
  post<Reply>(path: string, body?: unknown): Promise<Reply> {
    return this.#call('POST', endpoint(path), body);
  }

  /** Replaces. Rejects with ApiError. */
  put<Reply>(path: string, body: unknown): Promise<Reply> {
    return this.#call('PUT', endpoint(path), body);
  }

  /** Changes a part. Rejects with ApiError. */
  patch<Reply>(path: string, body: unknown): Promise<Reply> {
    return this.#call('PATCH', endpoint(path), body);
  }

  /** Removes. Rejects with ApiError. */
  delete<Reply>(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<Reply> {
    return this.#call('DELETE', endpoint(path, query), undefined);
  }

  async #call<Reply>(method: string, address: string, body: unknown): Promise<Reply> {
    const headers: Record<string, string> = { accept: 'application/json', 'x-viaduct': '1' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init: RequestInit = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await request(address, init).catch(() => {
      // each browser has words of its own for it, in a language of its own
      throw new ApiError(0, { code: 'ERR_NO_ANSWER', message: 'the server does not answer', path: '' });
    });
    const text = await response.text();
    const reply: unknown = text === '' ? undefined : parsed(text);
    // the server holds its replies to the shapes of api-types, which its own tests check
    if (response.ok) return reply as Reply;
    const fault = isFault(reply) ? reply : { code: 'ERR_NO_ANSWER', message: response.statusText, path: '' };
    if (response.status === 401 && fault.code !== 'ERR_HTTP_WRONG_LOGIN') this.#onUnauthenticated();
    throw new ApiError(response.status, fault);
  }
}

/** What to tell people of something thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isFault(reply: unknown): reply is ApiFault {
  return typeof reply === 'object' && reply !== null && 'code' in reply && 'message' in reply;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // a proxy in between answered with a page of its own
    return undefined;
  }
}
