// Storage: the journal of a process as queues, flows and stores use it: who owns
// what in it, by name. One for a data directory; without one, everything lives in
// memory.
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalStatus } from '../journal/journal-status.ts';
import type { KeyedStream } from '../journal/keyed-stream.ts';
import type { LogStream } from '../journal/log-stream.ts';
import type { ExpiryClock } from './stored-message.ts';

/** Messages in the journal, for whoever keeps what has left its queue. */
export type KeptLog = LogStream;

/** Values by key in the journal, for whoever keeps state. */
export type KeptValues = KeyedStream;

/** The stream of owners that an operator has stopped. */
const pausedName = 'paused';
/** The stream of what bridges have used of their budgets. */
const budgetsName = 'budgets';
/** The stream of the flows of all sessions. */
const flowsName = 'flows';

/** A journal, for those who show it. */
export type StorageStatus = JournalStatus;

/** What outlives the process. */
export class Storage {
  readonly journal: Journal;
  readonly clock: ExpiryClock;
  /** What a journal without room does: new messages are refused, or queues drop as their policies say. */
  readonly whenFull: 'refuse' | 'drop';
  /** Keys are `owner`, U+0000, which is in no name, and a flow: see `StoredFlows`. */
  readonly flows: KeyedStream;
  readonly #paused: KeyedStream;
  /** Keys are an owner, U+0000, and what it has used, in words of its own. */
  readonly #budgets: KeyedStream;
  /** Flows that an earlier process left, by owner; each is asked for once. */
  readonly #restored = new Map<string, string[]>();

  constructor(journal: Journal, clock: ExpiryClock, whenFull: 'refuse' | 'drop' = 'refuse') {
    this.whenFull = whenFull;
    this.journal = journal;
    this.clock = clock;
    this.flows = journal.keyed(flowsName);
    this.#paused = journal.keyed(pausedName);
    this.#budgets = journal.keyed(budgetsName);
    for (const key of this.flows.keys()) {
      const at = key.indexOf('\0');
      const owner = key.slice(0, at);
      const known = this.#restored.get(owner) ?? [];
      this.#restored.set(owner, known);
      known.push(key.slice(at + 1));
    }
  }

  /** The flows that an earlier process left to an owner. */
  takeFlows(owner: string): readonly string[] {
    const flows = this.#restored.get(owner) ?? [];
    this.#restored.delete(owner);
    return flows;
  }

  /** The journal, now. */
  get status(): StorageStatus {
    return this.journal.status;
  }

  /** Whether new messages are refused now, for want of room on the disk. */
  get isRefusing(): boolean {
    return this.whenFull === 'refuse' && !this.journal.isAccepting;
  }

  /** Whether an operator has stopped an owner, in this process or an earlier one. */
  isPaused(owner: string): boolean {
    return this.#paused.has(owner);
  }

  /** An operator stops an owner, or lets it go on. */
  setPaused(owner: string, isPaused: boolean): void {
    if (!isPaused) this.#paused.delete(owner);
    else if (!this.#paused.has(owner)) this.#paused.put(owner, emptyBytes);
  }

  /** What an owner has used of its budget, as it was told last. */
  budgetOf(owner: string): string | undefined {
    for (const key of this.#budgets.keys()) if (key.startsWith(`${owner}\0`)) return key.slice(owner.length + 1);
    return undefined;
  }

  /** An owner has used so much; undefined: it has no budget any more. */
  setBudget(owner: string, used: string | undefined): void {
    const before = this.budgetOf(owner);
    if (before === used) return;
    if (before !== undefined) this.#budgets.delete(`${owner}\0${before}`);
    if (used !== undefined) this.#budgets.put(`${owner}\0${used}`, emptyBytes);
  }

  /** Whether an earlier process left anything of an owner. */
  knows(owner: string): boolean {
    return this.journal.names.includes(owner);
  }

  /** Somebody is gone for good: the keys of a stream of values that are what `isOwn` says go. */
  forgetKeys(stream: string, isOwn: (key: string) => boolean): void {
    if (!this.knows(stream)) return;
    const values = this.journal.keyed(stream);
    for (const key of [...values.keys()]) if (isOwn(key)) values.delete(key);
  }

  /** Owners with flows in the journal, as they are now. */
  get flowOwners(): ReadonlySet<string> {
    return new Set([...this.flows.keys()].map((key) => key.slice(0, key.indexOf('\0'))));
  }

  /** Owners are gone for good: their flows go, also those that this process has begun. */
  forgetFlows(isOwn: (owner: string) => boolean): void {
    for (const owner of [...this.#restored.keys()]) if (isOwn(owner)) this.#restored.delete(owner);
    this.forgetKeys(flowsName, (key) => isOwn(key.slice(0, key.indexOf('\0'))));
  }

  /** An owner is gone for good, with everything that it has. */
  forget(owner: string): void {
    for (const flow of this.takeFlows(owner)) this.flows.delete(`${owner}\0${flow}`);
    this.#paused.delete(owner);
    this.setBudget(owner, undefined);
    this.journal.remove(owner);
  }
}
