// Session: what two ends remember of each other's unfinished QoS 1 and 2 flows when their connection breaks
// [MQTT-4.1.0-1] [MQTT3-4.1.0-1]. Outbound and inbound flows are two windows with identifiers of their own.
// A connection opens it and closes it; tickets are counted on across connections, so that a late acceptance of a
// message from a dead connection can never acknowledge another one.
import { isFailure, type ReasonCode } from '../wire/reason-code.ts';
import { AckOrder, type AckWriter } from './ack-order.ts';
import type { FlowKeeper } from './flow-keeper.ts';
import { ReceiveWindow } from './receive-window.ts';
import type { SendEntry } from './send-entry.ts';
import { SendWindow } from './send-window.ts';

/** What a session is made with. */
export interface SessionOptions {
  readonly clientId: string;
  /** Outbound QoS 1 and 2 messages underway at most, 1 to 65535; the peer's receive maximum may lower it. */
  readonly sendWindowMax: number;
  /** Inbound QoS 1 and 2 messages that may be underway, 1 to 65535: our own receive maximum. */
  readonly receiveMaximum: number;
}

/** Writes what is due without anything that came. */
export interface FlowWriter extends AckWriter {
  /** PUBREL for what an earlier process may have sent. */
  release(packetId: number): void;
}

const none: readonly SendEntry[] = [];

/** The state of one session. */
export class Session {
  readonly clientId: string;
  readonly receiveMaximum: number;
  /** Remembers the flows beyond the process; undefined: nobody does. */
  #keeper: FlowKeeper | undefined;
  readonly #sendWindowMax: number;
  /** Made with the first message or request that needs an identifier: most sessions only listen at QoS 0. */
  #sendWindow: SendWindow | undefined;
  /** What the peer of the open connection allows; 0 while there is none. */
  #quota = 0;
  #qos2Max = 0;
  #receiveWindow: ReceiveWindow | undefined;
  #writer: FlowWriter | undefined;
  /** Made with the first message of a connection that is to be acknowledged. */
  #acks: AckOrder | undefined;
  #lastTicket = 0;
  #newTokensFrom = 0;
  /** What the next connections do not send again, though the peer may have it; undefined: nothing. */
  isHeldBack: ((entry: SendEntry) => boolean) | undefined;

  constructor(options: SessionOptions) {
    this.clientId = options.clientId;
    this.receiveMaximum = options.receiveMaximum;
    this.#sendWindowMax = options.sendWindowMax;
  }

  /** Outbound flows; made when first needed. */
  get sendWindow(): SendWindow {
    if (this.#sendWindow === undefined) {
      this.#sendWindow = new SendWindow(this.#sendWindowMax);
      if (this.#keeper) keepIds(this.#sendWindow);
      if (this.#quota > 0) this.#sendWindow.open(this.#quota, this.#qos2Max);
    }
    return this.#sendWindow;
  }

  /** See `FlowKeeper`. */
  get keeper(): FlowKeeper | undefined {
    return this.#keeper;
  }

  /**
   * From now on the flows are kept; before the first connection. `newTokensFrom`: messages with lower tokens may have
   * been sent by an earlier process.
   */
  keep(keeper: FlowKeeper, newTokensFrom = 0): void {
    this.#keeper = keeper;
    this.#newTokensFrom = newTokensFrom;
    if (this.#sendWindow) keepIds(this.#sendWindow);
  }

  /** Whether the message of a token may have been sent in this session before, by an earlier process. */
  isAgain(token: number): boolean {
    return token > 0 && token < this.#newTokensFrom;
  }

  /**
   * The QoS 2 message of a token is not sent any more. If an earlier process may have sent it, the peer may hold its
   * identifier, and would take another message for a repeat: PUBREL is due, so that it forgets.
   */
  forgo(token: number): void {
    if (!this.isAgain(token)) return;
    const window = this.sendWindow;
    const packetId = window.keptIdOf(token);
    if (window.ids.has(packetId)) return;
    this.#keeper?.forgone(packetId, () => {
      if (!this.isAgain(token)) return; // the peer has forgotten the whole session meanwhile
      // what was sent under it meanwhile the peer takes for a repeat, and PUBREC follows
      if (window.restoreMoved(packetId)) this.#writer?.release(packetId);
    });
  }

  /** Outbound messages underway. */
  get underwayCount(): number {
    return this.#sendWindow?.size ?? 0;
  }

  /** See `SendWindow.awaitedCount`. */
  get awaitedCount(): number {
    return this.#sendWindow?.awaitedCount ?? 0;
  }

  /** Of these, what is not sent any more; see `isForgone`. */
  get forgoneCount(): number {
    return this.#sendWindow?.forgoneCount ?? 0;
  }

  /** Inbound QoS 2 flows; made when first needed. */
  get receiveWindow(): ReceiveWindow {
    this.#receiveWindow ??= new ReceiveWindow();
    return this.#receiveWindow;
  }

  /** Messages of the current connection that were handed over and are not acknowledged. */
  get awaitingCount(): number {
    return this.#acks?.awaitingCount ?? 0;
  }

  /**
   * A connection begins; `writer` writes its acknowledgements. `quota`, `qos2Max` and what it returns are those of
   * `SendWindow.open`.
   */
  open(writer: FlowWriter, quota = 65_535, qos2Max: number = quota): readonly SendEntry[] {
    this.#writer = writer;
    this.#acks = undefined;
    this.#quota = quota;
    this.#qos2Max = qos2Max;
    return this.#sendWindow?.open(quota, qos2Max, this.isHeldBack) ?? none;
  }

  /** The next entry that is to be sent again; see `SendWindow.nextDue`. */
  nextDue(): SendEntry | undefined {
    return this.#sendWindow?.nextDue();
  }

  /** The connection is over: acknowledgements that did not leave are void, the peer will repeat its messages. */
  close(): void {
    this.#writer = undefined;
    this.#acks = undefined;
    this.#quota = 0;
    this.#sendWindow?.close();
  }

  /**
   * A message that is to be acknowledged came: its ticket, 1 and up, and its place in the order of acknowledgements.
   */
  take(packetId: number, isQos2: boolean): number {
    if (this.#writer) {
      this.#acks ??= new AckOrder(this.#writer, this.#lastTicket + 1);
      this.#acks.push(packetId, isQos2);
    }
    return ++this.#lastTicket;
  }

  /** The ticket of the next message that is to be acknowledged. */
  get nextTicket(): number {
    return this.#lastTicket + 1;
  }

  /** Messages of QoS 1 came in a run: they have the next tickets. */
  takeRun(packetIds: Uint16Array, count: number): void {
    for (let index = 0; index < count; index++) this.take(packetIds[index] ?? 0, false);
  }

  /** All messages of a run, of `count` tickets from `ticket` on, are held by whoever must hold them; see `accept`. */
  acceptRun(ticket: number, count: number): void {
    this.#acks?.settleRun(ticket, count);
  }

  /**
   * The message of a ticket is held by whoever must hold it, or is refused (0x80 and above): its PUBACK or PUBREC may
   * leave. Tickets of QoS 1 messages of an earlier connection, and tickets used before, are ignored.
   */
  accept(ticket: number, reasonCode: ReasonCode): void {
    const isRefused = isFailure(reasonCode);
    const acknowledgeTicket = this.#receiveWindow?.accept(ticket, isRefused) ?? 0;
    if (isRefused && acknowledgeTicket > 0) this.#keeper?.refused(this.receiveWindow.lastAccepted);
    this.#acks?.settle(acknowledgeTicket > 0 ? acknowledgeTicket : ticket, reasonCode);
  }

  /** Acknowledges a repeat of a message that was accepted before. */
  acknowledgeAgain(ticket: number, reasonCode: ReasonCode): void {
    this.#acks?.settle(ticket, reasonCode);
  }

  /** See `SendWindow`. */
  narrow(): void {
    this.sendWindow.narrow();
  }

  /** See `SendWindow`. */
  widen(): void {
    this.#sendWindow?.widen();
  }

  /**
   * The message of a token, which the peer does not own, is not sent again; of QoS 2 its identifier is to be forgotten.
   * It is not underway on this connection. Returns what was given up; undefined if nothing was.
   */
  giveUp(token: number): SendEntry | undefined {
    const window = this.sendWindow;
    const entry = window.entries().find((one) => one.token === token && one.state === 'published');
    if (entry === undefined) return undefined;
    window.settle(entry.packetId);
    if (entry.delivery.qos < 2) return entry;
    window.restoreMoved(entry.packetId);
    this.#keeper?.moved([entry.packetId]);
    this.#writer?.release(entry.packetId);
    return entry;
  }

  /** See `SendWindow.moveAway`. */
  moveAway(): readonly SendEntry[] {
    const underway = this.#sendWindow?.moveAway() ?? none;
    const isLeft = ({ state, delivery }: SendEntry): boolean => state === 'published' && delivery.qos === 2;
    const left = this.#keeper ? underway.filter(isLeft) : none;
    if (left.length > 0) this.#keeper?.moved(left.map(({ packetId }) => packetId));
    return underway;
  }

  /**
   * Forgets all flows: the session is over. Returns the outbound ones in order: those still `published` are the owner's
   * again, those `released` the peer's.
   */
  reset(): readonly SendEntry[] {
    this.#receiveWindow = undefined;
    this.#newTokensFrom = 0;
    this.#keeper?.reset();
    return this.#sendWindow?.reset() ?? none;
  }
}

/** What is sent must have the same identifiers in another process. */
function keepIds(window: SendWindow): void {
  window.areIdsKept = true;
  window.ids.continueAfter(65_000);
}
