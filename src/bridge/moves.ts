// Moves: when a bridge leaves a connection that works for another one: to a server before it in the list that is back,
// or to the same one with a fresh token. The new socket is there before the old line ends; nothing new is sent on that,
// and it is left when it is empty, or after a while.
//
//   idle --a socket is found--> leaving (what is underway is settled, at most 5 s) --line closed--> taken
import type { Socket, Timer } from '../ports/ports.ts';
import { Failback, type FailbackParts } from './failback.ts';
import type { RemoteServer } from './remote-server.ts';
import { Renewal } from './renewal.ts';

/** How long what is underway may take to be settled, in ms. */
const leaveTimeoutMs = 5000;

/** Whoever has the line. */
export interface MoveOwner {
  readonly isConnected: boolean;
  /** Messages sent and not settled. */
  readonly underwayCount: number;
  /** The line is to end in order; `take` has the next socket then. */
  leave(): void;
}

/** Where a bridge goes on. */
export interface Move {
  readonly server: RemoteServer;
  readonly socket: Socket;
}

/** Moves of one bridge. */
export class Moves {
  readonly #parts: FailbackParts;
  readonly #owner: MoveOwner;
  readonly #failback: Failback;
  readonly #renewal: Renewal;
  #move: Move | undefined;
  #timer: Timer | undefined;

  constructor(parts: FailbackParts, owner: MoveOwner) {
    this.#parts = parts;
    this.#owner = owner;
    this.#failback = new Failback(parts, (server, socket) => this.#begin(server, socket));
    this.#renewal = new Renewal(parts, (server, socket) => this.#begin(server, socket));
  }

  /** Whether the line is being left. */
  get isUnderway(): boolean {
    return this.#move !== undefined;
  }

  /** The bridge is connected: reasons to move are looked for. */
  connected(): void {
    this.#failback.begin();
    this.#renewal.begin();
  }

  /** A message was settled: the line may be empty now. */
  settled(): void {
    if (this.#move !== undefined && this.#owner.underwayCount === 0) this.#leave();
  }

  /** The line is gone. Returns where to go on; undefined when there was no move. */
  take(): Move | undefined {
    this.#failback.stop();
    this.#renewal.stop();
    this.#timer?.cancel();
    const move = this.#move;
    this.#move = undefined;
    return move;
  }

  /** Nothing moves any more. */
  stop(): void {
    this.take()?.socket.destroy();
  }

  #begin(server: RemoteServer, socket: Socket): void {
    if (!this.#owner.isConnected || this.#move !== undefined) {
      socket.destroy();
      return;
    }
    const { log, options, ports, remotes } = this.#parts;
    const facts = { bridge: options.name, remote: remotes.current.address, to: server.address };
    log.info(facts, 'the bridge moves to another connection');
    this.#move = { server, socket };
    this.#timer = ports.clock.schedule(leaveTimeoutMs, () => this.#leave());
    this.settled();
  }

  #leave(): void {
    this.#timer?.cancel();
    this.#owner.leave();
  }
}
