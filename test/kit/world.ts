// World: the four ports in memory, and what is mostly wanted with them: a broker, a peer that speaks raw MQTT, a
// collecting log.
import { type Bytes, bytesOf, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet, PublishPacket } from '../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { Log, LogFields } from '../../src/base/log.ts';
import { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeContext, BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { Broker } from '../../src/broker/broker.ts';
import type { BrokerOptions } from '../../src/broker/broker-options.ts';
import { type ReadOptions, ReadPool, readDefaults } from '../../src/link/read-memory.ts';
import { Turn } from '../../src/link/turn.ts';
import type { Ports, Socket } from '../../src/ports/ports.ts';
import { Router } from '../../src/router/router.ts';
import { auditBridge, auditBroker } from './audit.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryNet } from './memory-net.ts';
import { SeededRandom } from './seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A log that remembers. */
export class MemoryLog implements Log {
  readonly lines: string[] = [];

  debug(fields: LogFields, message: string): void {
    this.#add('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#add('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#add('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#add('error', fields, message);
  }

  #add(level: string, fields: LogFields, message: string): void {
    this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  }
}

/** Everything that components reach the world through. */
export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly net: MemoryNet = new MemoryNet(this.clock);
  readonly log: MemoryLog = new MemoryLog();
  readonly router: Router = new Router();
  readonly turn: Turn;
  readonly ports: Ports = { clock: this.clock, net: this.net, disk: new MemoryDisk(), random: new SeededRandom() };

  /** `reads`: when links read into memory of their own; default as in production. */
  constructor(reads: Partial<ReadOptions> = {}) {
    this.turn = new Turn(this.clock, new ReadPool({ ...readDefaults, ...reads }));
  }

  /** What broker and bridge are opened with. */
  get context(): { ports: Ports; log: Log; router: Router; turn: Turn } {
    return { ports: this.ports, log: this.log, router: this.router, turn: this.turn };
  }

  /** Opens a broker on a port. */
  async openBroker(options: Partial<BrokerOptions> = {}, port = 1883, router: Router = this.router): Promise<Broker> {
    const listeners = [{ name: 'tcp', host: '127.0.0.1', port }];
    const settings = { systemTopicsIntervalMs: 0, listeners, ...options };
    return auditBroker(await Broker.open({ ...this.context, router }, settings));
  }

  /** Opens a bridge; `context`: where it is not that of the world. */
  openBridge(settings: BridgeSettings, context: Partial<BridgeContext> = {}): Bridge {
    return auditBridge(Bridge.open({ ...this.context, ...context }, settings));
  }

  /** A peer that dials a port and speaks what the test tells it. */
  async dial(version: ProtocolVersion, port = 1883): Promise<RawPeer> {
    const socket = await this.net.dial({ host: '127.0.0.1', port, timeoutMs: 1000 });
    return new RawPeer(socket, version, this.clock);
  }

  /** A listener whose peers speak what the test tells them; `onPeer` gets each. */
  async listen(version: ProtocolVersion, port: number, onPeer: (peer: RawPeer) => void): Promise<void> {
    await this.net.listen({ host: '127.0.0.1', port }, (socket) => onPeer(new RawPeer(socket, version, this.clock)));
  }
}

/** One end of a connection that speaks MQTT packet by packet. */
export class RawPeer {
  /** What came, oldest first; a test takes from it. */
  readonly packets: Packet[] = [];
  /** The frames of the same packets, byte for byte. */
  readonly #frames: Bytes[] = [];
  /** Called for each packet, if a test wants to answer at once. */
  onPacket: ((packet: Packet) => void) | undefined;
  isClosed = false;
  readonly version: ProtocolVersion;
  readonly #socket: Socket;
  readonly #clock: VirtualClock;

  constructor(socket: Socket, version: ProtocolVersion, clock: VirtualClock) {
    this.version = version;
    this.#socket = socket;
    this.#clock = clock;
    const scanner = new FrameScanner(268_435_460);
    socket.listen({
      received: (chunk) => {
        const fault = scanner.scan(chunk, {
          frame: (bytes, start, _body, end) => this.#take(copyOfBytes(bytes, start, end)),
        });
        if (fault) throw new Error(fault.detail);
      },
      drained: () => undefined,
      ended: () => socket.end(),
      closed: () => {
        this.isClosed = true;
      },
    });
  }

  /** Writes packets, all of them in one write. */
  send(...packets: readonly Packet[]): void {
    this.#socket.write(packets.map((packet) => encodePacket(packet, this.version)));
  }

  /** Writes bytes. */
  sendHex(hex: string): void {
    this.#socket.write([bytesOf(Buffer.from(hex, 'hex'))]);
  }

  /** Everything that came since the last call, after all that can happen has happened. */
  async received(): Promise<readonly Packet[]> {
    await this.#clock.settle();
    this.#frames.length = 0;
    return this.packets.splice(0);
  }

  /** The same as `received`, as bytes in hexadecimal, a frame each. */
  async receivedHex(): Promise<readonly string[]> {
    await this.#clock.settle();
    this.packets.length = 0;
    return this.#frames.splice(0).map((frame) => frame.toString('hex'));
  }

  /** What came of one type since the last call; everything else is thrown away. */
  async receivedOf<Type extends Packet['type']>(type: Type): Promise<readonly Extract<Packet, { type: Type }>[]> {
    const isOf = (packet: Packet): packet is Extract<Packet, { type: Type }> => packet.type === type;
    return (await this.received()).filter(isOf);
  }

  /** CONNECTs and returns what came back. */
  connect(clientId: string, more: Partial<ConnectPacket> = {}): Promise<readonly Packet[]> {
    this.send({
      type: PacketType.connect,
      version: this.version,
      isBridge: false,
      clientId,
      cleanStart: true,
      keepAlive: 0,
      properties: {},
      ...more,
    });
    return this.received();
  }

  /** Cuts the connection. */
  cut(): void {
    this.#socket.destroy();
  }

  #take(frame: Bytes): boolean {
    const packet = decodePacket(frame, this.version);
    if (packet instanceof Malformed) throw new Error(`the peer sent no MQTT: ${packet.detail}`);
    this.packets.push(packet);
    this.#frames.push(frame);
    this.onPacket?.(packet);
    return true;
  }
}

/** A PUBLISH with what matters. */
export function publishOf(topic: string, payload: string, more: Partial<PublishPacket> = {}): PublishPacket {
  return {
    type: PacketType.publish,
    topic,
    payload: bytesOf(Buffer.from(payload)),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: {},
    ...more,
  };
}

/** An acknowledgement. */
export function ackOf(type: 4 | 5 | 6 | 7, packetId: number): Packet {
  return { type, packetId, reasonCode: 0, properties: {} };
}

/** A SUBSCRIBE to filters at one QoS. */
export function subscribeOf(packetId: number, qos: 0 | 1 | 2, ...filters: readonly string[]): Packet {
  const entries = filters.map((filter) => ({
    filter,
    qos,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0 as const,
  }));
  return { type: PacketType.subscribe, packetId, entries, properties: {} };
}

/** All versions. */
export const versions: readonly ProtocolVersion[] = [ProtocolVersion.v31, ProtocolVersion.v311, ProtocolVersion.v5];
