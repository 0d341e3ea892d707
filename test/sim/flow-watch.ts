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
      this.#underway.set(packetId, { qos, digest, isReleased: false, line });
      if (dup && this.#bornOn === line) return `DUP on message ${packetId}, which is sent for the first time`;
    } else {
      if (before.digest !== digest) return `packet identifier ${packetId} is used again while it is underway`;
      if (before.line === line) return `message ${packetId} is sent again on a live connection`;
      if (before.isReleased) return `message ${packetId} is published again after PUBREC`;
      if (!dup) return `message ${packetId} is sent again without DUP`;
      before.line = line;
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

  /** The session is new, with this connection if one is given. */
  clear(line?: object): void {
    this.#underway.clear();
    this.#bornOn = line;
  }
}
