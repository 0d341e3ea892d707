// FuzzPeer: one end of a connection that says anything, and looks at what it gets: it must be MQTT, in one version, and
// where MQTT 5.0 has a word for it nobody hangs up without a word.
import { type Bytes, bytesOf, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { decodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { Packet } from '../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { isFailure } from '../../protocol/wire/reason-code.ts';
import type { Socket } from '../../src/ports/ports.ts';

const { v31, v311, v5 } = ProtocolVersion;
/** A client that takes less is not told why it goes. */
const toldBytesMin = 300;

/** One connection. */
export class FuzzPeer {
  /** What is wrong with what came, if anything. */
  fault: string | undefined;
  isClosed = false;
  /** Called for each packet that came. */
  onPacket: ((packet: Packet) => void) | undefined;
  readonly #socket: Socket;
  #versions: readonly ProtocolVersion[];
  #isAccepted = false;
  #last: Packet | undefined;
  #hasGone = false;
  #isSmall = false;
  readonly #own = new FrameScanner(268_435_460);
  #isOwnBroken = false;

  /** `versions`: those in which what comes may be written. */
  constructor(socket: Socket, versions: readonly ProtocolVersion[] = [v31, v311, v5]) {
    this.#socket = socket;
    this.#versions = versions;
    const scanner = new FrameScanner(268_435_460);
    socket.listen({
      received: (chunk) => {
        const fault = scanner.scan(chunk, {
          frame: (bytes, start, _body, end) => {
            this.#take(copyOfBytes(bytes, start, end));
            return true;
          },
        });
        if (fault) this.fault ??= `it wrote what is no MQTT: ${fault.detail}`;
      },
      drained: () => undefined,
      ended: () => socket.end(),
      closed: () => {
        this.isClosed = true;
        this.#checkEnd();
      },
    });
  }

  /** Writes packets. */
  send(bytes: Bytes): void {
    this.#look(bytes);
    this.#socket.write([bytes]);
  }

  /** Cuts the connection. */
  cut(): void {
    this.#hasGone = true;
    this.#socket.destroy();
  }

  /** What this end says itself decides what it may expect. */
  #look(bytes: Bytes): void {
    if (this.#isOwnBroken) return;
    const fault = this.#own.scan(bytesOf(Buffer.from(bytes)), {
      frame: (own, start, _body, end) => {
        const packet = decodePacket(copyOfBytes(own, start, end), v5);
        if (packet instanceof Malformed) return true;
        if (packet.type === PacketType.disconnect) this.#hasGone = true;
        if (packet.type === PacketType.connect) {
          this.#isSmall ||= (packet.properties.maximumPacketSize ?? toldBytesMin) < toldBytesMin;
        }
        return true;
      },
    });
    if (fault) this.#isOwnBroken = true;
  }

  #take(frame: Bytes): void {
    const fits = this.#versions.filter((version) => !(decodePacket(frame, version) instanceof Malformed));
    if (fits.length === 0) {
      this.fault ??= `it wrote what is no packet: ${frame.toString('hex')}`;
      return;
    }
    this.#versions = fits;
    const packet = decodePacket(frame, fits.at(-1) ?? v311);
    if (packet instanceof Malformed) return;
    this.#last = packet;
    if (packet.type === PacketType.connack) this.#isAccepted = !isFailure(packet.reasonCode);
    this.onPacket?.(packet);
  }

  #checkEnd(): void {
    const isV5 = this.#versions.length === 1 && this.#versions[0] === v5;
    if (!isV5 || !this.#isAccepted || this.#hasGone || this.#isSmall) return;
    if (this.#last?.type !== PacketType.disconnect) this.fault ??= 'it hung up without a word';
  }
}
