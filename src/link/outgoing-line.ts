// OutgoingLine: one connection to a server, from the socket up: a link, the client's protocol machine, and its
// deadlines, which the turn watches. It ends with its socket. The client and the bridge's connector have one at a time.
//
// Deadlines that come to be meanwhile are seen in time: it looks again before any of them can pass.
import { ClientConnection } from '../../protocol/connection/client-connection.ts';
import type { ClientSink, ClientTerms } from '../../protocol/connection/client-terms.ts';
import type { ConnectionEnd } from '../../protocol/connection/exchange.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import type { Malformed } from '../../protocol/wire/malformed.ts';
import type { ConnectPacket } from '../../protocol/wire/packets.ts';
import { messageOf, UsageError } from '../base/errors.ts';
import type { Socket } from '../ports/ports.ts';
import type { Watched } from './deadlines.ts';
import { Link, type LinkHandler } from './link.ts';
import type { Turn } from './turn.ts';

/** What the owner of a line hears: all of the protocol, and that the socket is gone. */
export interface LineOwner extends Omit<ClientSink, 'resumable' | 'ended'> {
  /** The line takes more again: it was congested. */
  writable(): void;
  /** The line is over; `end` says how its protocol ended. Exactly once, last. */
  closed(end: ConnectionEnd): void;
}

/** What a line is made of. */
export interface LineParts {
  readonly socket: Socket;
  readonly turn: Turn;
  readonly session: Session;
  readonly terms: ClientTerms;
  /** Largest packet taken, in bytes. */
  readonly maximumPacketSize: number;
}

/**
 * Throws UsageError for options of which no CONNECT can be made: a user name or will topic that is no text, an
 * empty client id with a session that is to stay, a password without user name in 3.x [MQTT3-3.1.3-7] [MQTT3-3.1.2-22].
 */
export function checkConnect(connect: ConnectPacket): void {
  try {
    encodePacket(connect, connect.version);
  } catch (error) {
    throw new UsageError('CONNECT_OPTIONS', messageOf(error), { cause: error });
  }
}

/** How long what was written may take to leave, in ms. */
const closeTimeoutMs = 2000;

/** One connection to a server. */
export class OutgoingLine implements LinkHandler, Watched {
  /** See `Watched`. */
  slot = 0;
  /** See `Watched`. */
  slotPlace = 0;
  /** The protocol machine. */
  readonly machine: ClientConnection;
  readonly #link: Link;
  readonly #turn: Turn;
  readonly #terms: ClientTerms;
  readonly #owner: LineOwner;
  #end: ConnectionEnd | undefined;
  #isGone = false;

  constructor(parts: LineParts, owner: LineOwner) {
    const { socket, turn, session, terms, maximumPacketSize } = parts;
    this.#turn = turn;
    this.#terms = terms;
    this.#owner = owner;
    this.#link = new Link(socket, turn, { maximumPacketSize, closeTimeoutMs }, this);
    const sink: ClientSink = {
      messageReceived: (publish, ticket) => owner.messageReceived(publish, ticket),
      messageSettled: (entry, reasonCode) => owner.messageSettled(entry, reasonCode),
      sessionLost: (entries) => owner.sessionLost(entries),
      connected: (connack) => {
        turn.deadlines.watch(this);
        owner.connected(connack);
      },
      refused: (reasonCode, detail) => owner.refused(reasonCode, detail),
      subscribed: (packetId, reasonCodes) => owner.subscribed(packetId, reasonCodes),
      unsubscribed: (packetId, reasonCodes) => owner.unsubscribed(packetId, reasonCodes),
      resumable: () => this.#link.resume(),
      ended: (end) => this.#ended(end),
    };
    this.machine = new ClientConnection(this.#link.outbox, sink, session, terms);
  }

  /** See `Link.isCongested`. */
  get isCongested(): boolean {
    return this.#link.isCongested;
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.#link.bytesReceived;
  }

  /** Bytes sent so far. */
  get bytesSent(): number {
    return this.#link.bytesSent;
  }

  /** Sends CONNECT. */
  start(): void {
    this.machine.start(this.#turn.clock.now());
    this.#turn.deadlines.watch(this);
  }

  /** See `Watched`: what the peer owes may come due sooner than what is due now. */
  nextDeadline(): number {
    if (this.#end !== undefined) return Number.POSITIVE_INFINITY;
    return Math.min(this.machine.nextDeadline(), this.#turn.clock.now() + this.#noticeMs);
  }

  /** A deadline that is not there yet is at least so far off when it comes to be, in ms; after CONNACK another one. */
  get #noticeMs(): number {
    const { answerTimeoutMs: answerMs, acknowledgeTimeoutMs } = this.#terms;
    const keepAlive = this.machine.server?.keepAlive ?? 0;
    // a ping is due a tenth of the keep-alive early, at most
    return Math.min(answerMs, acknowledgeTimeoutMs || answerMs, keepAlive * 900 || answerMs);
  }

  /** See `Watched`. */
  tick(now: number): void {
    this.machine.tick(now);
  }

  /** Closes the socket at once. */
  destroy(): void {
    this.#link.destroy();
  }

  /** See `FrameHandler`. */
  frame(bytes: Bytes, start: number, bodyStart: number, end: number): boolean {
    return this.machine.receive(bytes, start, bodyStart, end, this.#turn.now);
  }

  /** See `FrameHandler`. */
  acknowledgements(bytes: Bytes, start: number, end: number): boolean {
    return this.machine.receiveAcks(bytes, start, end, this.#turn.now);
  }

  /** See `LinkHandler`. */
  chunkEnded(): void {}

  /** See `LinkHandler`. */
  broken(fault: Malformed): void {
    this.machine.scanFailed(fault);
  }

  /** See `LinkHandler`. */
  writable(): void {
    this.#owner.writable();
  }

  /** See `LinkHandler`. */
  closed(error: Error | undefined): void {
    this.#turn.deadlines.unwatch(this);
    this.machine.linkLost(
      error === undefined ? 'the server closed the connection' : `the connection broke: ${error.message}`,
    );
    this.#gone();
  }

  #ended(end: ConnectionEnd): void {
    this.#end = end;
    this.#turn.deadlines.unwatch(this);
    // nobody answers there any more: what was written would not leave either
    if (end.blame === 'network') this.#link.destroy();
    else this.#link.close();
  }

  #gone(): void {
    if (this.#isGone || this.#end === undefined) return;
    this.#isGone = true;
    this.#owner.closed(this.#end);
  }
}
