// TurnedAway: a connection that there is no place for. Its CONNECT is read, so that it can be told why in its version,
// then it is closed; nothing else of it is looked at. Bounded: `tellMsMax` for its CONNECT, a small packet size, and
// whoever makes one of these bounds their number.
import { ServerConnection } from '../../protocol/connection/server-connection.ts';
import type { ServerSink } from '../../protocol/connection/server-terms.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Malformed } from '../../protocol/wire/malformed.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { Link, type LinkHandler } from '../link/link.ts';
import type { Turn } from '../link/turn.ts';
import type { Socket, Timer } from '../ports/ports.ts';

/** How long a connection that is turned away may take to say its version, in ms. */
export const tellMsMax = 2000;
/** Largest CONNECT that is read of one, in bytes. */
const maximumPacketSize = 8192;

/** What it is told. */
export interface Farewell {
  readonly reasonCode: ReasonCode;
  readonly detail: string;
}

/** One connection on its way out. */
export class TurnedAway implements LinkHandler {
  readonly #link: Link;
  readonly #turn: Turn;
  readonly #machine: ServerConnection;
  readonly #timer: Timer;
  readonly #gone: (self: TurnedAway) => void;

  constructor(socket: Socket, turn: Turn, farewell: Farewell, gone: (self: TurnedAway) => void) {
    this.#turn = turn;
    this.#gone = gone;
    this.#link = new Link(socket, turn, { maximumPacketSize, closeTimeoutMs: tellMsMax }, this);
    const limits = {
      maximumPacketSize,
      receiveMaximum: 1,
      topicAliasMaximum: 0,
      keepAliveMultiplier: 1,
      connectTimeoutMs: tellMsMax,
    };
    this.#machine = new ServerConnection(this.#link.outbox, this.#sinkOf(farewell), limits, turn.now);
    this.#timer = turn.clock.schedule(tellMsMax, () => this.#machine.tick(turn.clock.now()));
  }

  /** Closes the socket at once. */
  destroy(): void {
    this.#link.destroy();
  }

  /** See `FrameHandler`. */
  frame(bytes: Bytes, start: number, bodyStart: number, end: number): boolean {
    return this.#machine.receive(bytes, start, bodyStart, end, this.#turn.now);
  }

  /** See `FrameHandler`. */
  acknowledgements(bytes: Bytes, start: number, end: number): boolean {
    return this.#machine.receiveAcks(bytes, start, end, this.#turn.now);
  }

  /** See `LinkHandler`. */
  chunkEnded(): void {
    this.#machine.chunkEnded();
  }

  /** See `LinkHandler`. */
  broken(fault: Malformed): void {
    this.#machine.scanFailed(fault);
  }

  /** See `LinkHandler`. */
  writable(): void {
    // nothing waits to be written
  }

  /** See `LinkHandler`. */
  closed(): void {
    this.#timer.cancel();
    this.#machine.linkLost();
    this.#gone(this);
  }

  #sinkOf({ reasonCode, detail }: Farewell): ServerSink {
    const nothing = (): void => undefined; // it never gets so far as to be accepted
    return {
      connectRequested: () => this.#machine.refuse(reasonCode, detail),
      ended: () => this.#link.close(),
      subscribeRequested: nothing,
      unsubscribeRequested: nothing,
      messageReceived: nothing,
      messageSettled: nothing,
      runReceived: () => 'declined',
      runSettled: nothing,
      resumable: nothing,
    };
  }
}
