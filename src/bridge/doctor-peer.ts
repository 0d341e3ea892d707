// DoctorPeer: a short conversation with a remote, packet by packet, to find out what it
// takes. It has no session and no window, dials nothing again, and sends only what it is
// told. Bounded by one time limit for each answer.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { Packet } from '../../protocol/wire/packets.ts';
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { reasonName } from '../../protocol/wire/reason-code.ts';
import { LinkError, RefusedError } from '../base/errors.ts';
import type { Clock, Socket } from '../ports/ports.ts';

const packetBytesMax = 1_048_576;

/** One end of the conversation. */
export class DoctorPeer {
  readonly #socket: Socket;
  readonly #version: ProtocolVersion;
  readonly #clock: Clock;
  readonly #packets: Packet[] = [];
  #end: Error | undefined;
  #changed: (() => void) | undefined;

  constructor(socket: Socket, version: ProtocolVersion, clock: Clock) {
    this.#socket = socket;
    this.#version = version;
    this.#clock = clock;
    const scanner = new FrameScanner(packetBytesMax);
    socket.listen({
      received: (chunk) => {
        const handler = { frame: (...at: readonly [Bytes, number, number, number]) => this.#take(...at) };
        const fault = scanner.scan(chunk, handler);
        if (fault) this.#finish(new LinkError('open', `what came is no MQTT: ${fault.detail}`, { blame: 'remote' }));
      },
      drained: () => undefined,
      ended: () => socket.end(),
      closed: (error) =>
        this.#finish(error ?? new LinkError('open', 'the remote closed the connection', { blame: 'remote' })),
    });
  }

  /** Whether nothing more can come. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Sends a packet. */
  send(packet: Packet): void {
    this.#socket.write([encodePacket(packet, this.#version)]);
  }

  /** The next packet for which `isWanted` holds; others are passed over. Rejects when it does not come in time. */
  async next<Wanted extends Packet>(
    isWanted: (packet: Packet) => packet is Wanted,
    timeoutMs: number,
  ): Promise<Wanted> {
    const deadline = this.#clock.now() + timeoutMs;
    for (;;) {
      const found = this.#packets.find(isWanted);
      if (found !== undefined) {
        this.#packets.splice(0, this.#packets.indexOf(found) + 1);
        return found;
      }
      if (this.#end !== undefined) throw this.#farewell() ?? this.#end;
      if (this.#clock.now() >= deadline) {
        throw new LinkError('open', `no answer came within ${timeoutMs} ms`, { isTimeout: true });
      }
      await this.#change(deadline - this.#clock.now());
    }
  }

  /** Sends what was written and closes. */
  close(): void {
    this.#socket.end();
    this.#socket.destroy();
  }

  /** The reason that the remote gave before it hung up, if it did. */
  #farewell(): Error | undefined {
    const packet = this.#packets.find(({ type }) => type === PacketType.disconnect);
    if (packet?.type !== PacketType.disconnect) return undefined;
    const { reasonString } = packet.properties;
    const reason = `${reasonName(packet.reasonCode)}${reasonString === undefined ? '' : ` (${reasonString})`}`;
    return new RefusedError(packet.reasonCode, `the remote hung up: ${reason}`);
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(withinMs, resolve);
      this.#changed = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #take(bytes: Bytes, start: number, _bodyStart: number, end: number): boolean {
    const packet = decodePacket(copyOfBytes(bytes, start, end), this.#version);
    if (packet instanceof Malformed) {
      this.#finish(new LinkError('open', `what came is no MQTT: ${packet.detail}`, { blame: 'remote' }));
      return false;
    }
    this.#packets.push(packet);
    this.#changed?.();
    return true;
  }

  #finish(error: Error): void {
    this.#end ??= error;
    this.#changed?.();
  }
}
