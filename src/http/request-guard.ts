// RequestGuard: what every request goes through before anybody looks at it. It refuses names that are not ours (a
// page elsewhere whose name was made to point here, DNS rebinding), requests of other pages that carry our cookie
// (CSRF), and too many requests from one address. Addresses that are numbers are always ours: no name was resolved
// for them.
// Bounded: `addressesMax` addresses that are counted.
import { TokenBucket } from '../base/token-bucket.ts';
import type { ServedRequest } from '../ports/http-server.ts';
import { HttpRefusal } from './http-refusal.ts';
import type { Principal } from './principal.ts';

const addressesMax = 10_000;

/** What the guard is told. */
export interface GuardOptions {
  /** Names under which the API may be asked for, besides `localhost` and addresses. */
  readonly hosts: readonly string[];
  /** Requests of one address. Default 100 a second, 300 at once. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
}

/** Headers of every answer: no other page shows, reads or guesses what is in it. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Looks at every request. */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #rate: GuardOptions['rate'];
  readonly #now: () => number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: GuardOptions, now: () => number) {
    this.#hosts = new Set(['localhost', ...options.hosts.map((one) => one.toLowerCase())]);
    this.#rate = options.rate;
    this.#now = now;
  }

  /** Throws HttpRefusal. */
  check({ headers, remoteAddress }: ServedRequest): void {
    if (!this.#bucketOf(remoteAddress).take(this.#now())) {
      throw new HttpRefusal('TOO_MANY', `more than ${this.#rate.perSecond} requests a second; try again in a second`);
    }
    const name = hostNameOf(headers.host ?? '');
    if (this.#hosts.has(name) || isAddress(name)) return;
    throw new HttpRefusal('WRONG_HOST', 'this name is not one of ours: add it to http_server.hosts', 'host');
  }

  /** Throws HttpRefusal for a change that comes with a cookie from a page which is not ours. */
  checkOrigin({ headers, method }: ServedRequest, principal: Principal | undefined): void {
    if (method === 'GET' || method === 'HEAD') return;
    const { origin, host = '' } = headers;
    const isOurs = origin !== undefined && origin.replace(/^https?:\/\//, '').toLowerCase() === host.toLowerCase();
    if (origin !== undefined && !isOurs) throw foreign();
    // no page elsewhere can set this header without asking first, and is told no
    if (principal?.via === 'session' && !isOurs && headers['x-viaduct'] === undefined && !isBearer(headers)) {
      throw foreign();
    }
  }

  #bucketOf(address: string): TokenBucket {
    const known = this.#buckets.get(address);
    if (known !== undefined) return known;
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size < addressesMax) break;
      this.#buckets.delete(oldest);
    }
    const bucket = new TokenBucket(this.#rate, this.#now());
    this.#buckets.set(address, bucket);
    return bucket;
  }
}

function foreign(): HttpRefusal {
  return new HttpRefusal('FOREIGN_ORIGIN', 'a change from another page: send the header x-viaduct: 1', 'origin');
}

function isBearer(headers: ServedRequest['headers']): boolean {
  return headers.authorization !== undefined;
}

/** Without port; IPv6 without brackets. */
function hostNameOf(host: string): string {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host.trim().toLowerCase());
  return match?.[1] ?? match?.[2] ?? '';
}

function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^[0-9a-f:]*:[0-9a-f:.]*$/.test(name);
}
