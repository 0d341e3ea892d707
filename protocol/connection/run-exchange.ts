// hot path
// RunExchange: publishing and acknowledging by runs, for one connection: what Exchange does message by message, done
// once for many. It steps aside (returns false) wherever a run could mean anything else than its messages one after the
// other: an acknowledgement that still waits its turn, a repeat of a QoS 2 message, a receive maximum that is used up,
// a smaller packet size. Bounded by the run.
import type { Session } from '../session/session.ts';
import { type AckType, writeAckRange, writeAckRun } from '../wire/ack-frame.ts';
import type { KeptFrames } from '../wire/kept-frames.ts';
import type { Outbox } from '../wire/outbox.ts';
import { PacketType } from '../wire/packet-type.ts';
import { ProtocolVersion, type Qos } from '../wire/protocol-version.ts';
import type { PublishRun } from '../wire/publish-run.ts';
import type { RunForm, RunForms } from '../wire/run-forms.ts';
import { writeAliasedRun } from './aliased-run.ts';
import type { PeerLimits } from './limits.ts';
import type { OutboundAliases } from './outbound-aliases.ts';
import type { ReceiveQuota } from './receive-quota.ts';

/**
 * What became of a run. `held`: whoever must hold its messages holds them, and those of QoS 1 and 2 are acknowledged;
 * `later`: they will, and the session is told (`acceptRun`) after this call; `declined`: nothing was done, its messages
 * are to come one by one.
 */
export type RunOutcome = 'held' | 'later' | 'declined';

/** Takes runs, and hears of what became of those that it sent. */
export interface RunSink {
  /**
   * The frames of the run, in order, are the next messages. `ticket`: that of the first, and those of the others follow
   * it; 0 where there is no `later` (see `PublishRun.mayWait`).
   */
  runReceived(run: PublishRun, ticket: number): RunOutcome;
  /**
   * The peer settled messages that were sent in a run, `count` of them in order; `token` is that of the first, and
   * those of the others follow it. 0 is nobody's.
   */
  runSettled(token: number, count: number): void;
}

/** The connection, as far as runs care. */
export interface RunTerms {
  readonly session: Session;
  readonly quota: ReceiveQuota;
  readonly version: ProtocolVersion;
  readonly peer: PeerLimits;
  readonly aliases: OutboundAliases;
}

/** Frames of at most this many bytes are copied, larger ones are handed over where that can be. */
const copyBytesMax = 16_384;
/** The most that a frame grows by in another form: a longer remaining length, and an alias. */
const frameGrowthMax = 5;
const noIds = new Uint16Array(0);

/** The runs of one connection, both ways. */
export class RunExchange {
  readonly #outbox: Outbox;
  readonly #sink: RunSink;
  readonly #terms: RunTerms;
  #ids = noIds;

  constructor(outbox: Outbox, sink: RunSink, terms: RunTerms) {
    this.#outbox = outbox;
    this.#sink = sink;
    this.#terms = terms;
  }

  /** Takes a run that came, if the sink takes it, and acknowledges it. */
  receive(run: PublishRun): boolean {
    if (run.qos === 0) return this.#sink.runReceived(run, 0) !== 'declined';
    if (!this.#mayReceive(run)) return false;
    const { count } = run;
    const { session, quota } = this.#terms;
    const isQos2 = run.qos === 2;
    const ids = this.#idsOf(run);
    const { receiveWindow } = session;
    // recorded before delivery [MQTT-4.3.3-10] [MQTT3-4.3.3-2]
    if (isQos2 && !receiveWindow.beginRun(ids, count)) return false;
    const ticket = run.mayWait ? session.nextTicket : 0;
    const outcome = this.#sink.runReceived(run, ticket);
    if (outcome === 'declined') {
      if (isQos2) receiveWindow.refuseRun(ids, count);
      return false;
    }
    if (outcome === 'later' || session.awaitingCount > 0) {
      session.takeRun(ids, count);
      if (outcome === 'held') session.acceptRun(ticket, count);
      return true;
    }
    if (isQos2) for (let index = 0; index < count; index++) quota.acknowledged(ids[index] ?? 0);
    // [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT3-4.3.2-2] [MQTT3-4.6.0-2] [MQTT3-4.6.0-3]
    writeAckRun(this.#outbox, isQos2 ? PacketType.pubrec : PacketType.puback, ids, count);
    return true;
  }

  /** Whether a run may come now; it is told whether it may wait for its acknowledgement. */
  #mayReceive(run: PublishRun): boolean {
    const { session, quota } = this.#terms;
    const hasRoom = quota.hasRoomFor(run.count);
    run.mayWait = run.qos === 1 && hasRoom;
    // acknowledgements keep their order: those before it first
    if (session.awaitingCount > 0) return run.mayWait;
    return hasRoom || (run.qos === 1 && quota.hasRoomFor(1));
  }

  /** Whether the messages of a run may be sent as one at a QoS now; `token`: see `RunParts.token`. */
  maySend(qos: Qos, run: PublishRun, token: number): boolean {
    const { peer, session } = this.#terms;
    if (run.frameBytesMax + frameGrowthMax > peer.maximumPacketSize || qos > peer.maximumQos) return false;
    return qos === 0 || session.sendWindow.canAddRun(qos, run.count, token);
  }

  /** Sends a run; `maySend` has said that it may be. `token`: see `RunParts.token`. */
  send(forms: RunForms, qos: Qos, token: number): void {
    const { version, session, peer, aliases } = this.#terms;
    let firstId = 0;
    if (qos > 0) {
      const parts = { frames: forms.kept(), version: forms.version, count: forms.count, qos, token };
      firstId = session.sendWindow.addRun(parts); // stored before it is sent [MQTT-4.3.2-1] [MQTT-4.3.3-1]
    }
    if (peer.topicAliasMaximum > 0) {
      writeAliasedRun(this.#outbox, forms, { aliases, qos, firstId });
      return;
    }
    const form = forms.form(version === ProtocolVersion.v5, qos);
    if (qos === 0) {
      this.#outbox.packets += forms.count;
      this.#outbox.append(form.frames); // [MQTT-4.3.1-1] [MQTT3-4.3.1-1]
      return;
    }
    const isOwn = forms.isForOne && qos === forms.qos && version === forms.version;
    this.#write(forms, form, isOwn ? forms.kept() : undefined, firstId);
  }

  /** [MQTT-4.3.2-2] [MQTT-4.3.3-2] [MQTT3-4.3.2-1] under new packet identifiers; into `own` if that is worth it. */
  #write(forms: RunForms, { frames, idPlaces }: RunForm, own: KeptFrames | undefined, firstId: number): void {
    const { length } = frames;
    this.#outbox.packets += forms.count;
    const isInPlace = own !== undefined && length > copyBytesMax;
    const bytes = isInPlace ? own.bytes : this.#outbox.reserve(length);
    const start = isInPlace ? 0 : this.#outbox.position;
    if (!isInPlace) frames.copy(bytes, start);
    for (let index = 0; index < forms.count; index++) {
      const place = start + (idPlaces[index] ?? 0);
      const packetId = firstId + index;
      bytes[place] = packetId >> 8;
      bytes[place + 1] = packetId & 0xff;
    }
    if (isInPlace) {
      own.keep(); // for good: when the system has taken it is not known here
      this.#outbox.append(bytes);
    }
    if (!isInPlace) this.#outbox.position = start + length;
  }

  /**
   * PUBACK, PUBREC or PUBCOMP came, without failure, for `count` messages from `packetId` on. Returns how many of the
   * first ones were in one run, the next ones there, and are done.
   */
  acknowledged(type: AckType, packetId: number, count: number): number {
    const { sendWindow } = this.#terms.session;
    if (type === PacketType.pubrec) {
      const released = sendWindow.releaseNext(packetId, count);
      // [MQTT-4.3.3-4] [MQTT3-4.3.3-1]
      if (released > 0) writeAckRange(this.#outbox, PacketType.pubrel, packetId, released);
      return released;
    }
    const run = sendWindow.runToSettle(packetId, type === PacketType.puback ? 1 : 2);
    if (run === undefined) return 0;
    const token = run.tokenOf(run.settled);
    const settled = sendWindow.settleNext(run, count);
    this.#sink.runSettled(token, settled);
    return settled;
  }

  #idsOf(run: PublishRun): Uint16Array {
    const { bytes, start, count, idPlaces } = run;
    if (this.#ids.length < count) this.#ids = new Uint16Array(idPlaces.length);
    const ids = this.#ids;
    for (let index = 0; index < count; index++) {
      const place = start + (idPlaces[index] ?? 0);
      ids[index] = ((bytes[place] ?? 0) << 8) | (bytes[place + 1] ?? 0);
    }
    return ids;
  }
}
