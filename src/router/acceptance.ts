// Acceptance: who must hold a message before its publisher is acknowledged. Every destination that needs time takes a
// hold and settles it when it holds the message at the configured durability; the acknowledgement leaves when the
// router has offered the message to all of them and nothing is held any more. Nothing else can release it.
//
//   open --seal, nothing held--> released        open --seal, held > 0--> sealed --last settle--> released
//
// A destination that never takes a hold has accepted when `deliver` returns. The worst reason given is the one
// released.
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Durability } from '../base/durability.ts';
import { assert } from '../base/errors.ts';

/** Who is told that a message is safe: the publisher's connection, or a bridge's receiver. */
export interface AcceptanceOwner {
  /**
   * Called exactly once for each sealed acceptance, possibly from inside `seal` or `settle`. `isForNow`: refused, and
   * not by choice: a peer that cannot be told so must not be told that all is well.
   */
  accepted(ticket: number, reasonCode: ReasonCode, isForNow: boolean): void;
}

/** One message's way to its acknowledgement. Reusable by its owner after it was released (`reset`). */
export class Acceptance {
  /** See `Hold`: what the way on which the messages came asks for. */
  readonly durability: Durability;
  readonly #owner: AcceptanceOwner;
  #ticket: number;
  #held = 0;
  #isSealed = false;
  #reasonCode: ReasonCode = ReasonCode.success;
  #isForNow = false;

  /** `ticket` is the owner's own number for the message; `durability`: default that of the destinations. */
  constructor(owner: AcceptanceOwner, ticket: number, durability: Durability = 'memory') {
    this.durability = durability;
    this.#owner = owner;
    this.#ticket = ticket;
  }

  /** Whether the acknowledgement has been released. */
  get isReleased(): boolean {
    return this.#isSealed && this.#held === 0;
  }

  /** A destination will need time: it must call `settle` exactly once. */
  hold(): void {
    assert(!this.isReleased, 'no hold is taken on a released acceptance');
    this.#held++;
  }

  /** A destination that took a hold has the message safe, or has failed to (reason 0x80 and above). */
  settle(reasonCode: ReasonCode = ReasonCode.success): void {
    assert(this.#held > 0, 'each hold is settled once');
    this.#held--;
    this.refuse(reasonCode);
    this.#release();
  }

  /** See `Hold`: a hold ends well. */
  stored(): void {
    this.settle();
  }

  /**
   * A destination refuses the message at once, without a hold; codes below 0x80 change nothing. `isForNow`: it would
   * take it if it could, and the publisher is to try again.
   */
  refuse(reasonCode: ReasonCode, isForNow = false): void {
    if (isForNow) this.#isForNow = true;
    if (isFailure(reasonCode) && !isFailure(this.#reasonCode)) this.#reasonCode = reasonCode;
  }

  /** The router has offered the message to everybody. `reasonCode` tells of a success without subscribers. */
  seal(reasonCode: ReasonCode = ReasonCode.success): void {
    assert(!this.#isSealed, 'an acceptance is sealed once');
    this.#isSealed = true;
    if (!isFailure(this.#reasonCode)) this.#reasonCode = reasonCode;
    this.#release();
  }

  /** Makes a released acceptance serve the next message of the same owner. */
  reset(ticket: number): void {
    assert(this.isReleased, 'only a released acceptance is reused');
    this.#ticket = ticket;
    this.#isSealed = false;
    this.#reasonCode = ReasonCode.success;
    this.#isForNow = false;
  }

  #release(): void {
    if (this.isReleased) this.#owner.accepted(this.#ticket, this.#reasonCode, this.#isForNow);
  }
}
