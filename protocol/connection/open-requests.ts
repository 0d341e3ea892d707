// OpenRequests: the SUBSCRIBE and UNSUBSCRIBE of one connection that have no answer yet. They draw their identifiers
// from those of the session's messages, and give them back when they are answered, or at the end of the connection.
// Bounded by the identifiers: 65,535.
import type { PacketIds } from '../session/packet-ids.ts';
import { Malformed } from '../wire/malformed.ts';
import { PacketType, packetName } from '../wire/packet-type.ts';
import type { SubackPacket, UnsubackPacket } from '../wire/packets.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';
import { ReasonCode } from '../wire/reason-code.ts';

interface OpenRequest {
  /** What will answer it. */
  readonly answer: SubackPacket['type'] | UnsubackPacket['type'];
  readonly filterCount: number;
}

/** The open requests of one connection. */
export class OpenRequests {
  readonly #ids: PacketIds;
  readonly #version: ProtocolVersion;
  readonly #open = new Map<number, OpenRequest>();

  constructor(ids: PacketIds, version: ProtocolVersion) {
    this.#ids = ids;
    this.#version = version;
  }

  /** A request for so many filters is about to be sent. Returns its identifier; 0 when none is free [MQTT-2.2.1-3]. */
  begin(type: typeof PacketType.subscribe | typeof PacketType.unsubscribe, filterCount: number): number {
    const packetId = this.#ids.take();
    const answer = type === PacketType.subscribe ? PacketType.suback : PacketType.unsuback;
    if (packetId > 0) this.#open.set(packetId, { answer, filterCount });
    return packetId;
  }

  /** A request ends: answered, or not sent after all. */
  end(packetId: number): void {
    if (this.#open.delete(packetId)) this.#ids.give(packetId);
  }

  /** Whether an answer belongs to an open request, which ends with it; or what is wrong with the answer. */
  answered({ type, packetId, reasonCodes }: SubackPacket | UnsubackPacket): boolean | Malformed {
    const request = this.#open.get(packetId);
    if (request === undefined) return false;
    if (request.answer !== type) {
      return wrong('MQTT-2.2.1-6', `${packetName(type)} answers what ${packetName(request.answer)} should answer`);
    }
    const hasCodes = type === PacketType.suback || this.#version === ProtocolVersion.v5;
    if (hasCodes && reasonCodes.length !== request.filterCount) {
      const detail = `${packetName(type)} has ${reasonCodes.length} reason codes for ${request.filterCount} filters`;
      return wrong('MQTT-3.8.4-6', detail);
    }
    this.end(packetId);
    return true;
  }

  /** The connection is over. */
  clear(): void {
    for (const packetId of this.#open.keys()) this.#ids.give(packetId);
    this.#open.clear();
  }
}

function wrong(statement: string, detail: string): Malformed {
  return new Malformed(ReasonCode.protocolError, statement, detail);
}
