// hot path
// Exchange: publishing and acknowledging, the half of MQTT that is the same for clients and servers, and for all
// versions [MQTT31-11]. One for each connection; it works on a session that outlives it. Both machines have one.
//
//   out: send -> SendWindow -> PUBLISH            in: PUBLISH -> aliases -> ReceiveWindow -> sink.messageReceived
//        PUBACK / PUBREC -> PUBREL / PUBCOMP           session.accept -> AckOrder -> PUBACK / PUBREC
//        -> sink.messageSettled                        PUBREL -> PUBCOMP
//
// `begin` releases and sends again what an earlier connection left; on a live connection nothing is ever sent twice
// [MQTT-4.4.0-1] [MQTT3-4.4.0-1]. Inbound messages underway are bounded by the session's receive maximum.
import { isExpired } from '../session/expiry.ts';
import type { SendEntry } from '../session/send-entry.ts';
import type { FlowWriter, Session } from '../session/session.ts';
import { type AckType, AckView, writeAck, writeAckRange, writeAckRun } from '../wire/ack-frame.ts';
import type { Bytes } from '../wire/bytes.ts';
import { Malformed } from '../wire/malformed.ts';
import { isAcknowledged } from '../wire/older-codes.ts';
import type { Outbox } from '../wire/outbox.ts';
import { PacketType } from '../wire/packet-type.ts';
import { ProtocolVersion, type Qos } from '../wire/protocol-version.ts';
import type { PublishRun } from '../wire/publish-run.ts';
import type { Delivery } from '../wire/publishable.ts';
import { isFailure, ReasonCode, reasonName } from '../wire/reason-code.ts';
import type { RunForms } from '../wire/run-forms.ts';
import type { AckReader } from './ack-runs.ts';
import type { ExchangeTerms } from './exchange-terms.ts';
import { PublishReader } from './publish-reader.ts';
import { PublishWriter } from './publish-writer.ts';
import { ReceiveQuota } from './receive-quota.ts';
import type { ReceivedPublish } from './received-publish.ts';
import { RunExchange } from './run-exchange.ts';
import { RunGatherer, type RunReader } from './run-gatherer.ts';

/** How and why a connection ended. */
export interface ConnectionEnd {
  /** Who ended it: we ourselves in order, the peer (by its word or its fault), the network. */
  readonly blame: 'local' | 'remote' | 'network';
  readonly reasonCode: ReasonCode;
  /** The statement broken, or empty. */
  readonly statement: string;
  readonly detail: string;
  /** At a server: whether the client's will is due. */
  readonly isWillDue: boolean;
  /** At a client: where the server sends it. */
  readonly serverReference?: string;
}

/** What came of a `send`. `full`: try again after `messageSettled`. */
export type SendOutcome = 'sent' | 'full' | 'too-large' | 'expired' | 'offline' | 'unsupported';

/** Told of everything that both kinds of connection have in common. Synchronous. */
export interface ExchangeSink {
  /**
   * A message came. A ticket above 0 is answered by `session.accept`, inside this call or later; 0 stands for QoS 0.
   */
  messageReceived(publish: ReceivedPublish, ticket: number): void;
  /** The peer's last word on a message that was sent: PUBACK, PUBCOMP, or a refusal of 0x80 and above. */
  messageSettled(entry: SendEntry, reasonCode: ReasonCode): void;
  /** Scanning, which stopped because too much awaited acceptance, may go on. */
  resumable(): void;
  /** The connection's life in MQTT is over: close the link when what was written has left. Exactly once. */
  ended(end: ConnectionEnd): void;
}

/** The messages of one connection, both ways. */
export class Exchange implements FlowWriter, AckReader, RunReader {
  readonly #outbox: Outbox;
  readonly #sink: ExchangeSink;
  readonly #session: Session;
  readonly #terms: ExchangeTerms;
  /** The parts that most connections never need are made when they are first needed. */
  #reader: PublishReader | undefined;
  #writer: PublishWriter | undefined;
  #ack: AckView | undefined;
  #quota: ReceiveQuota | undefined;
  #runs: RunExchange | undefined;
  #gatherer: RunGatherer | undefined;
  #isStalled = false;
  #isOver = false;
  #progressAt = 0;

  constructor(outbox: Outbox, sink: ExchangeSink, session: Session, terms: ExchangeTerms) {
    this.#outbox = outbox;
    this.#sink = sink;
    this.#session = session;
    this.#terms = terms;
  }

  /** Whether scanning must stop until `resumable`: too much awaits acceptance, and 3.x has no other brake. */
  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** Since when the oldest unsettled message has waited without any progress, in ms; Infinity when nothing waits. */
  get waitingSince(): number {
    return this.#session.awaitedCount === 0 ? Number.POSITIVE_INFINITY : this.#progressAt;
  }

  /** The connection is accepted: what an earlier one left is released and sent again. */
  begin(now: number): void {
    this.#progressAt = now;
    const { peer, qos2WindowMax, version } = this.#terms;
    const released = this.#session.open(this, peer.receiveMaximum, qos2WindowMax);
    // [MQTT-4.3.3-5] pending until PUBCOMP
    for (const { packetId } of released) {
      writeAck(this.#outbox, PacketType.pubrel, packetId, ReasonCode.success, version);
    }
    this.#sendDue(now);
  }

  /** The connection is over: nothing is written any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#session.close();
  }

  /** Sends a message if it can be sent now. */
  send(delivery: Delivery, token: number, now: number): SendOutcome {
    if (this.#isOver) return 'offline';
    const { peer } = this.#terms;
    if (isExpired(delivery.message, now)) return 'expired';
    // [MQTT-3.2.2-11] [MQTT-3.2.2-14]
    if (delivery.qos > peer.maximumQos || (delivery.retain && !peer.isRetainAvailable)) return 'unsupported';
    if (delivery.qos > 0 && !this.#session.sendWindow.canAdd(delivery)) return 'full';
    const writer = this.#openWriter();
    if (!writer.fits(delivery, now)) return 'too-large';
    if (delivery.qos === 0) {
      writer.write(delivery, 0, false, now); // [MQTT-4.3.1-1] [MQTT3-4.3.1-1]
      return 'sent';
    }
    const window = this.#session.sendWindow;
    if (window.awaitedCount === 0) this.#progressAt = now;
    const entry = window.add(delivery, token);
    if (entry === undefined) return 'full';
    // [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT3-4.3.2-1]; DUP 0 whatever came [MQTT-3.3.1-3]
    // [MQTT3-3.3.1-3], but 1 for what an earlier process may have sent [MQTT-3.3.1-1] [MQTT3-3.3.1-1]
    writer.write(delivery, entry.packetId, this.#session.isAgain(token), now);
    return 'sent';
  }

  /** The gatherer of runs; undefined where there are none yet. */
  get gatherer(): RunGatherer | undefined {
    return this.#gatherer;
  }

  /** From now on plain messages to this topic (see `KnownTopics`) may come as runs; they go this way. */
  expectRun(topicBytes: Bytes, way: object): void {
    this.#gatherer ??= new RunGatherer(this, this.#terms.version);
    this.#gatherer.expect(topicBytes, way);
  }

  /** The runs of the connection; undefined where nobody takes them, and when it is over. */
  get runs(): RunExchange | undefined {
    const { runSink } = this.#terms;
    if (this.#isOver || runSink === undefined) return undefined;
    this.#runs ??= new RunExchange(this.#outbox, runSink, {
      session: this.#session,
      quota: this.#openQuota(),
      aliases: this.#openWriter().aliases,
      version: this.#terms.version,
      peer: this.#terms.peer,
    });
    return this.#runs;
  }

  /** See `RunExchange.send`; the sink is told with `runSettled`. */
  sendRun(forms: RunForms, qos: Qos, token: number, now: number): void {
    if (this.#session.awaitedCount === 0) this.#progressAt = now;
    this.runs?.send(forms, qos, token);
  }

  /** A PUBLISH frame came. Returns what is wrong with it, or with those of the run that it ended. */
  publishReceived(bytes: Bytes, start: number, bodyStart: number, end: number): Malformed | undefined {
    const gatherer = this.#gatherer;
    if (gatherer) return gatherer.publishReceived(bytes, start, bodyStart, end);
    return this.readPublish(bytes, start, bodyStart, end);
  }

  /** See `RunReader`. */
  takeRun(run: PublishRun): boolean {
    if (this.#isOver) return true;
    if (this.runs?.receive(run) !== true) return false;
    if (run.qos === 1) this.#stallIfFull();
    return true;
  }

  /** See `RunReader`. */
  readPublish(bytes: Bytes, start: number, bodyStart: number, end: number): Malformed | undefined {
    if (this.#isOver) return undefined;
    this.#reader ??= new PublishReader(this.#terms);
    const reader = this.#reader;
    const fault = reader.read(bytes, start, bodyStart, end);
    if (fault) return fault;
    const { publish } = reader;
    // [MQTT-3.3.4-1] nothing, PUBACK or PUBREC
    if (publish.qos === 0) {
      this.#sink.messageReceived(publish, 0);
      return undefined;
    }
    return publish.qos === 1 ? this.#receiveQos1(reader) : this.#receiveQos2(reader);
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP came. Returns what is wrong with it. */
  ackReceived(bytes: Bytes, start: number, bodyStart: number, end: number, now: number): Malformed | undefined {
    this.#ack ??= new AckView();
    const ack = this.#ack;
    const fault = ack.read(bytes, start, bodyStart, end, this.#terms.version);
    if (fault) return fault;
    this.#progressAt = now;
    const { type, packetId, reasonCode } = ack;
    if (type === PacketType.pubrel) return this.#releaseReceived(packetId);
    if (!isFailure(reasonCode) && (this.#runs?.acknowledged(type, packetId, 1) ?? 0) > 0) return undefined;
    if (type === PacketType.pubrec) return this.#recReceived(packetId, reasonCode, now);
    const entry = this.#session.sendWindow.get(packetId);
    if (entry === undefined) return undefined; // settled before: nothing is left to do
    const fits = type === PacketType.puback ? entry.delivery.qos === 1 : entry.delivery.qos === 2;
    if (!fits)
      return new Malformed(ReasonCode.protocolError, '', `the wrong acknowledgement for QoS ${entry.delivery.qos}`);
    if (type === PacketType.pubcomp && entry.state === 'published') {
      return new Malformed(ReasonCode.protocolError, '', 'PUBCOMP came before PUBREC');
    }
    this.#settle(packetId, type === PacketType.pubcomp ? ReasonCode.success : reasonCode, now);
    return undefined;
  }

  /** See `AckReader`: of `count` acknowledgements without reason code, from `packetId` on, the first ones at once. */
  acksReceived(type: AckType, packetId: number, count: number, now: number): number {
    if (this.#isOver) return count;
    const taken =
      type === PacketType.pubrel
        ? this.#releasesReceived(packetId, count)
        : (this.#runs?.acknowledged(type, packetId, count) ?? 0);
    if (taken > 0) this.#progressAt = now;
    return taken;
  }

  /**
   * See `AckWriter`: an acknowledgement is due [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-2.2.1-5] [MQTT3-4.3.2-2]
   * [MQTT3-2.3.1-6] [MQTT3-3.3.4-1].
   */
  acknowledge(packetId: number, isQos2: boolean, reasonCode: ReasonCode): void {
    if (this.#isOver) return;
    if (isFailure(reasonCode) && this.#terms.version !== ProtocolVersion.v5 && !isAcknowledged(reasonCode)) {
      this.#terms.owner.disconnect(reasonCode, `a message could not be taken: ${reasonName(reasonCode)}`);
      return;
    }
    const type = isQos2 ? PacketType.pubrec : PacketType.puback;
    this.#writeAck(type, packetId, reasonCode);
    if (isQos2 && !isFailure(reasonCode)) this.#openQuota().acknowledged(packetId);
    this.#resume();
  }

  /** See `AckWriter` [MQTT-4.3.2-4] [MQTT3-4.3.2-2] [MQTT-2.2.1-5] [MQTT3-2.3.1-6]. */
  acknowledgeRun(packetIds: Uint16Array, count: number): void {
    if (this.#isOver) return;
    writeAckRun(this.#outbox, PacketType.puback, packetIds, count);
    this.#resume();
  }

  #resume(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#sink.resumable();
  }

  #receiveQos1({ packetId, publish }: PublishReader): Malformed | undefined {
    const ticket = this.#session.take(packetId, false);
    const fault = this.#openQuota().fault();
    if (fault) return fault;
    this.#sink.messageReceived(publish, ticket); // [MQTT-4.3.2-5] each one is a new message
    this.#stallIfFull();
    return undefined;
  }

  #receiveQos2({ packetId, publish }: PublishReader): Malformed | undefined {
    const window = this.#session.receiveWindow;
    const arrival = window.arrivalOf(packetId);
    const ticket = this.#session.take(packetId, true);
    if (arrival === 'new') {
      window.begin(packetId, ticket); // before delivery [MQTT-4.3.3-10] [MQTT3-4.3.3-2]
      this.#session.keeper?.received(packetId);
      const fault = this.#openQuota().fault();
      if (fault) return fault;
      this.#sink.messageReceived(publish, ticket);
      this.#stallIfFull();
    } else if (arrival === 'pending') {
      window.repeat(packetId, ticket);
    } else {
      this.#session.acknowledgeAgain(ticket, ReasonCode.success);
    }
    return undefined;
  }

  #stallIfFull(): void {
    if (this.#terms.version === ProtocolVersion.v5) return;
    this.#isStalled = this.#session.awaitingCount >= this.#session.receiveMaximum;
  }

  #releaseReceived(packetId: number): undefined {
    this.#quota?.released(packetId);
    const isKnown = this.#session.receiveWindow.release(packetId);
    const reason = isKnown ? ReasonCode.success : ReasonCode.packetIdentifierNotFound;
    const { keeper } = this.#session;
    // [MQTT-4.3.3-11] [MQTT3-4.3.3-2] whatever became of the message, expired or not [MQTT-4.3.3-13]
    if (keeper) keeper.forgotten(packetId, () => this.#writeAck(PacketType.pubcomp, packetId, reason));
    else this.#writeAck(PacketType.pubcomp, packetId, reason);
  }

  #releasesReceived(packetId: number, count: number): number {
    const { keeper, receiveWindow } = this.#session;
    if (keeper !== undefined) return 0;
    let released = 0;
    for (; released < count && receiveWindow.release(packetId + released); released++) {
      this.#quota?.released(packetId + released);
    }
    if (released > 0) writeAckRange(this.#outbox, PacketType.pubcomp, packetId, released); // [MQTT-4.3.3-11]
    return released;
  }

  #recReceived(packetId: number, reasonCode: ReasonCode, now: number): Malformed | undefined {
    const window = this.#session.sendWindow;
    const entry = window.get(packetId);
    if (entry && entry.delivery.qos !== 2) {
      return new Malformed(ReasonCode.protocolError, '', 'PUBREC came for a message of QoS 1');
    }
    if (isFailure(reasonCode)) {
      if (entry) this.#settle(packetId, reasonCode, now); // [MQTT-4.4.0-2] no PUBREL, and no PUBLISH again
      return undefined;
    }
    const { keeper } = this.#session;
    // not released before that is remembered: until then, a new connection publishes it again
    if (keeper && entry?.state === 'published') keeper.released(entry.token, () => this.release(packetId));
    else this.release(packetId);
    return undefined;
  }

  /** See `FlowWriter`. */
  release(packetId: number): void {
    if (this.#isOver) return;
    const isKnown = this.#session.sendWindow.release(packetId) !== undefined;
    const reason = isKnown ? ReasonCode.success : ReasonCode.packetIdentifierNotFound;
    this.#writeAck(PacketType.pubrel, packetId, reason); // [MQTT-4.3.3-4] [MQTT3-4.3.3-1]
  }

  #settle(packetId: number, reasonCode: ReasonCode, now: number): void {
    const entry = this.#session.sendWindow.settle(packetId);
    if (entry?.delivery.qos === 2) this.#session.keeper?.settled(entry.token, entry.packetId);
    // whoever hears of it may leave, and nothing more is sent then
    if (entry) this.#sink.messageSettled(entry, reasonCode);
    this.#sendDue(now);
  }

  /** Sends what an earlier connection left, as far as the quota allows, expired since or not [MQTT-4.3.3-7]. */
  #sendDue(now: number): void {
    const session = this.#session;
    for (let entry = session.nextDue(); entry && !this.#isOver; entry = session.nextDue()) {
      const { packetId, delivery } = entry;
      const refusal = this.#refusalOf(delivery, now);
      if (refusal === undefined) {
        this.#openWriter().write(delivery, packetId, true, now); // [MQTT-3.3.1-1] [MQTT3-3.3.1-1] [MQTT3-2.3.1-3]
      } else {
        session.sendWindow.settle(packetId);
        this.#sink.messageSettled(entry, refusal); // [MQTT-3.1.2-25]
      }
    }
  }

  /** Why the peer would not take a message that it, or an earlier one, took before; undefined if it does. */
  #refusalOf(delivery: Delivery, now: number): ReasonCode | undefined {
    const { peer } = this.#terms;
    if (delivery.qos > peer.maximumQos) return ReasonCode.qosNotSupported;
    if (delivery.retain && !peer.isRetainAvailable) return ReasonCode.retainNotSupported;
    return this.#openWriter().fits(delivery, now) ? undefined : ReasonCode.packetTooLarge;
  }

  #openWriter(): PublishWriter {
    this.#writer ??= new PublishWriter(this.#outbox, this.#terms.version, this.#terms.peer);
    return this.#writer;
  }

  #openQuota(): ReceiveQuota {
    this.#quota ??= new ReceiveQuota(this.#session, this.#terms.version);
    return this.#quota;
  }

  #writeAck(type: AckType, packetId: number, reasonCode: ReasonCode): void {
    if (!this.#isOver) writeAck(this.#outbox, type, packetId, reasonCode, this.#terms.version);
  }
}
