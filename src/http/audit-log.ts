// AuditLog: who did what over the API. Every change is in it, every failed login and every refusal of rights; bodies
// are not, for they hold secrets. Each entry goes to the log as well, which keeps it longer than memory does. What
// strangers try stands apart: whoever tries often cannot push out what was done.
// Bounded by `entriesMax` of each kind.
import type { Log } from '../base/log.ts';
import type { ServedRequest } from '../ports/http-server.ts';
import type { AuditEntry } from './api-types.ts';
import type { Seen } from './principal.ts';

const entriesMax = 1000;

/** What was done. */
export class AuditLog {
  readonly #log: Log;
  readonly #wallMs: () => number;
  readonly #done: AuditEntry[] = [];
  readonly #tried: AuditEntry[] = [];
  #lastId = 0;

  constructor(log: Log, wallMs: () => number) {
    this.#log = log;
    this.#wallMs = wallMs;
  }

  /** Newest first. */
  get entries(): readonly AuditEntry[] {
    return [...this.#done, ...this.#tried].sort((one, other) => other.id - one.id);
  }

  /** Adds an entry. */
  add({ principal, tried }: Seen, { method, path, remoteAddress }: ServedRequest, status: number): void {
    const who = principal?.username ?? '-';
    const action = `${method} ${path.slice(0, 500)}`;
    const facts = { who, ...(tried === undefined ? {} : { tried }), address: remoteAddress, action, status };
    const entries = principal === undefined ? this.#tried : this.#done;
    entries.unshift({ id: ++this.#lastId, at: Math.round(this.#wallMs()), ...facts });
    if (entries.length > entriesMax) entries.pop();
    this.#log.info(facts, 'API used');
  }
}
