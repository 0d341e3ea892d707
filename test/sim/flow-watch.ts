// FlowWatch: what one end of a session may send, seen from the wire. A packet identifier stands for one message until
// the last acknowledgement has come; what is sent again is sent on a new connection, as it was, with DUP; what the peer
// owns is never published again; not more is underway than the peer takes.
//
//   publish -> published --PUBACK, refusal--> gone      published --PUBREC--> released --PUBCOMP--> gone
import type { Qos } from '../../protocol/wire/protocol-version.ts';

/** A PUBLISH as far as it matters here. */
export interface SeenPublish {
  readonly packetId: number;
  readonly qos: Qos;
  readonly dup: boolean;
  /** What it is about: two that are the same have the same. */
  readonly digest: string;
}

interface Underway {
  readonly qos: Qos;
  readonly digest: string;
  isReleased: boolean;
  /** PUBREL was sent: whatever happens, it is never published again. */
  isReleasing: boolean;
  /** The sender has crashed since: that it was sent may not have been remembered. */
  isUnsure: boolean;
  /** The connection on which it was sent last. */
  line: object;
}

/** The messages of one direction of one session. */
export class FlowWatch {
  readonly #underway = new Map<number, Underway>();
  /** The connection with which the session began: nothing can have been sent before it. */
  #bornOn: object | undefined;

  /** Messages underway on a connection. */
  countOn(line: object): number {
    let count = 0;
    for (const one of this.#underway.values()) if (one.line === line) count++;
    return count;
  }

  /** A PUBLISH was sent. Returns what is wrong with it. */
  published(line: object, publish: SeenPublish, windowMax: number): string | undefined {
    const { packetId, qos, dup, digest } = publish;
    const before = this.#underway.get(packetId);
    if (before === undefined) {
      this.#underway.set(packetId, { qos, digest, isReleased: false, isReleasing: false, isUnsure: false, line });
      if (dup && this.#bornOn === line) return `DUP on message ${packetId}, which is sent for the first time`;
    } else {
      if (before.digest !== digest) return `packet identifier ${packetId} is used again while it is underway`;
      if (before.line === line) return `message ${packetId} is sent again on a live connection`;
      if (before.isReleasing) return `message ${packetId} is published again after PUBREL`;
      if (!dup && !before.isUnsure) return `message ${packetId} is sent again without DUP`;
      before.line = line;
      // a sender that crashed may have forgotten the PUBREC: it needs another one now
      if (before.isUnsure) before.isReleased = false;
    }
    const count = this.countOn(line);
    return count > windowMax ? `${count} messages are underway, the peer takes ${windowMax}` : undefined;
  }

  /** PUBREL was sent. */
  releasing(line: object, packetId: number): string | undefined {
    const before = this.#underway.get(packetId);
    if (before === undefined) return undefined;
    if (!before.isReleased) return `PUBREL ${packetId} before PUBREC`;
    before.line = line;
    before.isReleasing = true;
    return undefined;
  }

  /** PUBREC, which is no refusal, has come. */
  released(packetId: number): void {
    const before = this.#underway.get(packetId);
    if (before) before.isReleased = true;
  }

  /** The last acknowledgement has come. */
  settled(packetId: number): void {
    this.#underway.delete(packetId);
  }

  /**
   * The sender has crashed and its session goes on. What it did not tell its peer it may know or not: a PUBREC that was
   * not answered, and under which identifier a QoS 1 message went.
   */
  senderCrashed(): void {
    for (const [packetId, one] of this.#underway) {
      if (one.qos === 1) this.#underway.delete(packetId);
      one.isUnsure = true;
    }
  }

  /** The session is new, with this connection if one is given. */
  clear(line?: object): void {
    this.#underway.clear();
    this.#bornOn = line;
  }
}
