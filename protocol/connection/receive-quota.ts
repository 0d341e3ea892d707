// ReceiveQuota: how many QoS 1 and 2 messages of one connection are underway to us, against our receive maximum
// [MQTT-3.3.4-7] [MQTT-3.3.4-8]. A message counts until it is acknowledged with PUBACK or a refusal, and one of QoS 2
// that was acknowledged with PUBREC until its PUBREL. Bounded by the receive maximum, which 5.0 holds the peer to.
import { IdSet } from '../session/id-set.ts';
import type { Session } from '../session/session.ts';
import { Malformed } from '../wire/malformed.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';
import { ReasonCode } from '../wire/reason-code.ts';

/** The inbound messages underway on one connection. */
export class ReceiveQuota {
  readonly #session: Session;
  readonly #isV5: boolean;
  /** QoS 2 identifiers of this connection that were acknowledged with PUBREC and await PUBREL. */
  #unreleased: IdSet | undefined;

  constructor(session: Session, version: ProtocolVersion) {
    this.#session = session;
    this.#isV5 = version === ProtocolVersion.v5;
  }

  /** PUBREC was sent. */
  acknowledged(packetId: number): void {
    this.#unreleased ??= new IdSet();
    this.#unreleased.add(packetId);
  }

  /** PUBREL came. */
  released(packetId: number): void {
    this.#unreleased?.delete(packetId);
  }

  /** Whether `count` more may be underway. 3.x has no such limit. */
  hasRoomFor(count: number): boolean {
    return !this.#isV5 || this.#underway + count <= this.#session.receiveMaximum;
  }

  /** What is wrong if more is underway than our receive maximum allows. */
  fault(): Malformed | undefined {
    if (this.hasRoomFor(0)) return undefined;
    const detail = `${this.#underway} messages are underway, at most ${this.#session.receiveMaximum} are allowed`;
    return new Malformed(ReasonCode.receiveMaximumExceeded, 'MQTT-3.3.4-9', detail);
  }

  get #underway(): number {
    return this.#session.awaitingCount + (this.#unreleased?.size ?? 0);
  }
}
