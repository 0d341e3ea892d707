// AuditLog: who did what over the API. Every change is in it, and every refusal of rights; bodies are not, for they
// hold secrets. Each entry goes to the log as well, which keeps it longer than memory does.
// Bounded by `entriesMax`.
import type { Log } from '../base/log.ts';
import type { ServedRequest } from '../ports/http-server.ts';
import type { AuditEntry } from './api-types.ts';
import type { Principal } from './principal.ts';

const entriesMax = 1000;

/** What was done. */
export class AuditLog {
  readonly #log: Log;
  readonly #wallMs: () => number;
  readonly #entries: AuditEntry[] = [];
  #lastId = 0;

  constructor(log: Log, wallMs: () => number) {
    this.#log = log;
    this.#wallMs = wallMs;
  }

  /** Newest first. */
  get entries(): readonly AuditEntry[] {
    return this.#entries;
  }

  /** Adds an entry. */
  add(principal: Principal | undefined, { method, path, remoteAddress }: ServedRequest, status: number): void {
    const who = principal?.username ?? '-';
    const action = `${method} ${path.slice(0, 500)}`;
    this.#entries.unshift({
      id: ++this.#lastId,
      at: Math.round(this.#wallMs()),
      who,
      address: remoteAddress,
      action,
      status,
    });
    if (this.#entries.length > entriesMax) this.#entries.pop();
    this.#log.info({ who, address: remoteAddress, action, status }, 'API used');
  }
}
