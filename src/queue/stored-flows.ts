// StoredFlows: the QoS 2 flows of one session in the journal. Of a message that was received its identifier is kept,
// from the group that holds the message on until PUBREL; of one that was sent, that the peer owns it, from PUBREC
// until PUBCOMP; of one that went to another server, or is not sent any more, its identifier, until the peer has
// forgotten it. Everything else follows: identifiers of what is sent from the places in the queue, and what is sent
// again from what is in it.
import type { FlowKeeper } from '../../protocol/session/flow-keeper.ts';
import type { Session } from '../../protocol/session/session.ts';
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Storage } from './storage.ts';

/** The flows of one owner. */
export class StoredFlows implements FlowKeeper {
  readonly #storage: Storage;
  readonly #owner: string;
  readonly #isSafe: () => boolean;
  readonly #flows = new Set<string>();

  /** `isSafe`: whether steps wait until they are synced, not only written. */
  constructor(storage: Storage, owner: string, isSafe: () => boolean) {
    this.#storage = storage;
    this.#owner = owner;
    this.#isSafe = isSafe;
  }

  /**
   * Gives a new session what an earlier process left of it, and keeps its flows from now on. `released` hears of each
   * message that the peer owns: it is not sent again. `newFrom`: the first sequence that no earlier process can have
   * sent.
   */
  restore(session: Session, newFrom: number, released: (sequence: number) => void): void {
    session.keep(this, newFrom);
    for (const flow of this.#storage.takeFlows(this.#owner)) {
      this.#flows.add(flow);
      const number = Number(flow.slice(1));
      if (flow.startsWith('r')) session.receiveWindow.restore(number);
      else if (flow.startsWith('m')) session.sendWindow.restoreMoved(number);
      else {
        session.sendWindow.restoreReleased(number);
        released(number);
      }
    }
  }

  /** See `FlowKeeper`. */
  received(packetId: number): void {
    this.#put(`r${packetId}`);
  }

  /** See `FlowKeeper`. */
  refused(packetId: number): void {
    this.#delete(`r${packetId}`);
  }

  /** See `FlowKeeper`. */
  forgotten(packetId: number, done: () => void): void {
    this.#delete(`r${packetId}`);
    this.#storage.journal.wait({ stored: done }, this.#isSafe());
  }

  /** See `FlowKeeper`. */
  released(token: number, done: () => void): void {
    if (token > 0) this.#put(`s${token}`); // a retained message, which comes again, has none
    this.#storage.journal.wait({ stored: done }, this.#isSafe());
  }

  /** See `FlowKeeper`. */
  moved(packetIds: readonly number[]): void {
    for (const packetId of packetIds) this.#put(`m${packetId}`);
  }

  /** See `FlowKeeper`. */
  forgone(packetId: number, done: () => void): void {
    this.#put(`m${packetId}`);
    this.#storage.journal.wait({ stored: done }, this.#isSafe());
  }

  /** See `FlowKeeper`. */
  settled(token: number, packetId: number): void {
    this.#delete(token === 0 ? `m${packetId}` : `s${token}`);
  }

  /** See `FlowKeeper`. */
  reset(): void {
    for (const flow of [...this.#flows]) this.#delete(flow);
  }

  #put(flow: string): void {
    this.#flows.add(flow);
    this.#storage.flows.put(`${this.#owner}\0${flow}`, emptyBytes);
  }

  #delete(flow: string): void {
    if (this.#flows.delete(flow)) this.#storage.flows.delete(`${this.#owner}\0${flow}`);
  }
}
