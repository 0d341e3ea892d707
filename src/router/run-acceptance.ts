// RunAcceptance: who must hold the messages of a run before their publisher is acknowledged: one acceptance for all of
// them. It is made when a destination needs time, and for most runs none does.
//
//   begin --offered to everybody--> seal --nothing held--> held
//                                       --open was called, holds are left--> later: told by `accepted`
//
// Used again for the next run; an acceptance that is still held goes on by itself. Bounded by the messages of one
// connection that may await their acknowledgement.
import { isFailure, type ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Durability } from '../base/durability.ts';
import { assert } from '../base/errors.ts';
import { Acceptance, type AcceptanceOwner } from './acceptance.ts';

/** Told that the messages of `count` tickets from `ticket` on are safe. */
export type RunAccepted = (ticket: number, count: number) => void;

/** The tickets of one run. */
class RunTickets implements AcceptanceOwner {
  /** Whether the publisher was told to wait. */
  isAwaited = false;
  readonly #count: number;
  readonly #accepted: RunAccepted;

  constructor(count: number, accepted: RunAccepted) {
    this.#count = count;
    this.#accepted = accepted;
  }

  /** See `AcceptanceOwner`. */
  accepted(ticket: number, reasonCode: ReasonCode): void {
    assert(!isFailure(reasonCode), 'who takes a run does not refuse it');
    if (this.isAwaited) this.#accepted(ticket, this.#count);
  }
}

/** The acceptance of one run after the other. */
export class RunAcceptance {
  /** See `Acceptance`. */
  readonly durability: Durability;
  readonly #accepted: RunAccepted;
  #ticket = 0;
  #count = 0;
  #tickets: RunTickets | undefined;
  #acceptance: Acceptance | undefined;

  /** `accepted` hears of runs that were held beyond `seal`. */
  constructor(durability: Durability, accepted: RunAccepted) {
    this.durability = durability;
    this.#accepted = accepted;
  }

  /** The next run is offered: its messages have `count` tickets from `ticket` on. */
  begin(ticket: number, count: number): void {
    this.#ticket = ticket;
    this.#count = count;
    this.#tickets = undefined;
    this.#acceptance = undefined;
  }

  /** What a destination takes a hold on that needs time; it has said that it takes the run, and does not refuse. */
  open(): Acceptance {
    if (this.#acceptance === undefined) {
      this.#tickets = new RunTickets(this.#count, this.#accepted);
      this.#acceptance = new Acceptance(this.#tickets, this.#ticket, this.durability);
    }
    return this.#acceptance;
  }

  /** The run was offered to everybody. Returns whether somebody needs time. */
  seal(): boolean {
    const [acceptance, tickets] = [this.#acceptance, this.#tickets];
    if (acceptance === undefined || tickets === undefined) return false;
    acceptance.seal();
    tickets.isAwaited = !acceptance.isReleased;
    return tickets.isAwaited;
  }
}
