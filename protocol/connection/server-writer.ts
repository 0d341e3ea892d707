// ServerWriter: the control packets of a server to one client, each as that client can take it: in its version, not
// larger than it said, and with an explanation only where it asked for one. What it knows of the client is its CONNECT;
// before that has come, nothing can be written but a refusal. Holds no packet back.
import type { Bytes } from '../wire/bytes.ts';
import type { Outbox } from '../wire/outbox.ts';
import { PacketType } from '../wire/packet-type.ts';
import type { ConnectPacket, Packet } from '../wire/packets.ts';
import { noProperties } from '../wire/properties.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';
import type { ReasonCode } from '../wire/reason-code.ts';
import { farewell, fitPacket } from './fitted-packet.ts';
import { packetSizeMax } from './limits.ts';

/** Writes to one client. */
export class ServerWriter {
  /** What the client said of itself, once it could be read; set by the machine. */
  connect: ConnectPacket | undefined;
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** The version that the client speaks. */
  get version(): ProtocolVersion {
    return this.connect?.version ?? ProtocolVersion.v311;
  }

  /** Whether the client asked to be told why [MQTT-3.1.2-29]; without a reason string a packet is always the same. */
  get mayExplain(): boolean {
    return this.connect?.properties.requestProblemInformation === true;
  }

  /** Writes a packet. Returns false, having written nothing, where the client does not take so large a one. */
  write(packet: Packet): boolean {
    return this.#put(fitPacket(packet, this.version, this.#sizeMax));
  }

  /** Refuses a CONNECT, in a version that its sender understands. */
  refuse(reasonCode: ReasonCode, detail: string, version: ProtocolVersion, serverReference?: string): void {
    const isV5 = version === ProtocolVersion.v5;
    const properties = isV5 ? farewell(detail, this.mayExplain, serverReference) : noProperties;
    // [MQTT-3.2.2-6] [MQTT3-3.2.2-4]
    const packet = { type: PacketType.connack, sessionPresent: false, reasonCode, properties };
    this.#put(fitPacket(packet, version, this.#sizeMax));
  }

  #put(bytes: Bytes | undefined): boolean {
    if (bytes === undefined) return false;
    this.#outbox.packets++;
    this.#outbox.append(bytes);
    return true;
  }

  /** Bytes of a whole packet that the client takes. */
  get #sizeMax(): number {
    return this.connect?.properties.maximumPacketSize ?? packetSizeMax;
  }
}
