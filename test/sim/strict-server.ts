// StrictServer: a remote that is none of the product's. It speaks MQTT packet by packet, states another receive maximum
// with every connection, answers in its own time, refuses a message or a connection now and then, and forgets sessions
// when it likes; and it says so by the rules. What it gets and sends is written into the ledger.
import { type Bytes, bytesOfText, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet, PublishPacket, SubscribePacket } from '../../protocol/wire/packets.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Ports, Socket } from '../../src/ports/ports.ts';
import type { Chance } from '../kit/chance.ts';
import type { Ledger } from './ledger.ts';
import { StrictSession } from './strict-session.ts';

/** Under which name it receives, and publishes. */
const receiver = 'far0';
const publisher = 'boss';

/** A server that keeps to the standard and to nothing else. */
export class StrictServer {
  /** It neither forgets nor refuses any more. */
  isKind = false;
  readonly #ledger: Ledger;
  readonly #chance: Chance;
  readonly #ports: Ports;
  readonly #sessions = new Map<string, StrictSession>();
  /** The last connection of each client; one before it is over, whatever still comes on it [MQTT-3.1.4-3]. */
  readonly #connections = new Map<string, Connection>();

  readonly #refusalCodes: readonly ReasonCode[];

  /** `refusalCodes`: with which it refuses messages. */
  constructor(ports: Ports, chance: Chance, ledger: Ledger, refusalCodes: readonly ReasonCode[]) {
    this.#refusalCodes = refusalCodes;
    this.#ports = ports;
    this.#chance = chance;
    this.#ledger = ledger;
    void ports.net.listen({ host: '0.0.0.0', port: 1883 }, (socket) => this.#accept(socket));
  }

  /** Messages that wait for their acknowledgement. */
  get pendingCount(): number {
    return [...this.#sessions.values()].reduce((sum, session) => sum + session.pendingCount, 0);
  }

  /** How many subscriptions there are. */
  get subscriptionCount(): number {
    return [...this.#sessions.values()].reduce((sum, { subscriptions }) => sum + subscriptions.size, 0);
  }

  /** Publishes commands to whoever has subscribed to them. */
  publish(topic: string, qos: Qos, sizes: readonly number[]): void {
    for (const size of sizes) {
      const entry = this.#ledger.publish(publisher, topic, qos, size);
      entry.state = 'accepted';
      this.#ledger.arrived('remote', entry.payload);
      const session = [...this.#sessions.values()].find(({ subscriptions }) => subscriptions.size > 0);
      if (session) session.push({ entry, topic, qos, payload: bytesOfText(entry.payload) });
      else entry.isExcused = true;
    }
  }

  /** It loses its memory. */
  forgetAll(): void {
    for (const session of this.#sessions.values()) this.#forget(session);
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.#ports, (packet) => this.#take(connection, packet));
  }

  #take(connection: Connection, packet: Packet): void {
    if (packet.type === PacketType.connect) this.#connect(connection, packet);
    else if (packet.type === PacketType.publish) this.#received(connection, packet);
    else if (packet.type === PacketType.subscribe) this.#subscribed(connection, packet);
    else if (packet.type === PacketType.pingreq) connection.send({ type: PacketType.pingresp });
    else if (packet.type === PacketType.pubrel) {
      connection.session?.owned.delete(packet.packetId);
      connection.send({ type: PacketType.pubcomp, packetId: packet.packetId, reasonCode: 0, properties: {} });
    } else if (
      packet.type === PacketType.puback ||
      packet.type === PacketType.pubrec ||
      packet.type === PacketType.pubcomp
    ) {
      connection.session?.acknowledged(packet.type, packet.packetId, packet.reasonCode >= 0x80);
    } else if (packet.type === PacketType.disconnect) {
      if (packet.properties.sessionExpiryInterval === 0) this.#endSession(connection.session);
      connection.end();
    }
  }

  #connect(connection: Connection, packet: ConnectPacket): void {
    connection.version = packet.version;
    const isV5 = packet.version === ProtocolVersion.v5;
    if (!this.isKind && this.#chance.isTrue(0.1)) {
      connection.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0x88, properties: {} });
      connection.end();
      return;
    }
    this.#connections.get(packet.clientId)?.end();
    this.#connections.set(packet.clientId, connection);
    const kept = this.#sessions.get(packet.clientId);
    // 3.1 cannot say that a session was forgotten
    const isForgetting = !this.isKind && packet.version !== ProtocolVersion.v31 && this.#chance.isTrue(0.25);
    if (kept && isForgetting) this.#forget(kept);
    const isPresent = kept !== undefined && !packet.cleanStart && !isForgetting;
    const session = isPresent ? kept : new StrictSession();
    this.#sessions.set(packet.clientId, session);
    const receiveMaximum = this.#chance.pick([1, 2, 10, 65_535]);
    const properties = { receiveMaximum, topicAliasMaximum: this.#chance.pick([0, 3]) };
    connection.session = session;
    connection.send({
      type: PacketType.connack,
      sessionPresent: isPresent && packet.version !== ProtocolVersion.v31,
      reasonCode: 0,
      properties: isV5 ? properties : {},
    });
    session.attach(connection.send, isV5 ? (packet.properties.receiveMaximum ?? 65_535) : 20);
  }

  #endSession(session: StrictSession | undefined): void {
    for (const [clientId, one] of this.#sessions) if (one === session) this.#sessions.delete(clientId);
  }

  /** What a forgotten session would have known: doubles and losses are its own fault. */
  #forget(session: StrictSession): void {
    for (const entry of session.entries()) entry.isExcused = true;
  }

  #subscribed(connection: Connection, { packetId, entries }: SubscribePacket): void {
    for (const { filter, qos } of entries) connection.session?.subscriptions.set(filter, qos);
    const reasonCodes = entries.map(({ qos }) => qos);
    connection.send({ type: PacketType.suback, packetId, reasonCodes, properties: {} });
  }

  #received(connection: Connection, packet: PublishPacket): void {
    const { qos, packetId, properties } = packet;
    const { session } = connection;
    if (session === undefined) return;
    if (properties.topicAlias !== undefined && packet.topic !== '')
      connection.topics.set(properties.topicAlias, packet.topic);
    const topic = packet.topic || (connection.topics.get(properties.topicAlias ?? 0) ?? '');
    const payload = packet.payload.toString('latin1');
    const isRepeat = qos === 2 && session.owned.has(packetId);
    const mayRefuse = connection.version === ProtocolVersion.v5 && qos > 0 && !isRepeat && !this.isKind;
    const isRefused = mayRefuse && this.#chance.isTrue(0.02);
    if (!isRepeat && !isRefused) this.#ledger.received(receiver, topic, payload, qos);
    const entry = this.#ledger.find(payload);
    if (isRefused && entry) entry.isRefusedOnce = true;
    if (qos === 2 && !isRefused && entry) session.owned.set(packetId, entry);
    if (qos === 0) return;
    const type = qos === 1 ? PacketType.puback : PacketType.pubrec;
    // now, or in a while, but in order
    connection.sendLater(
      { type, packetId, reasonCode: isRefused ? this.#refusalCode : 0, properties: {} },
      this.#chance.isTrue(0.6) ? 0 : this.#chance.int(1, 1000),
    );
  }

  get #refusalCode(): ReasonCode {
    const [first = 0x97, ...others] = this.#refusalCodes;
    return others.length === 0 ? first : this.#chance.pick(this.#refusalCodes);
  }
}

/** One connection to the server. */
class Connection {
  version: ProtocolVersion = ProtocolVersion.v5;
  session: StrictSession | undefined;
  /** Topics by alias. */
  readonly topics: Map<number, string> = new Map();
  readonly #socket: Socket;
  readonly #ports: Ports;
  #isOver = false;
  readonly #later: Packet[] = [];

  constructor(socket: Socket, ports: Ports, take: (packet: Packet) => void) {
    this.#socket = socket;
    this.#ports = ports;
    const scanner = new FrameScanner(268_435_460);
    socket.listen({
      received: (chunk) => {
        scanner.scan(chunk, {
          frame: (bytes, start, _body, end) => {
            const packet = this.#decode(copyOfBytes(bytes, start, end));
            if (packet && !this.#isOver) take(packet);
            return !this.#isOver;
          },
        });
      },
      drained: () => undefined,
      ended: () => this.end(),
      closed: () => {
        this.#isOver = true;
        this.session?.detach(this.send);
      },
    });
  }

  /** Sends at once. */
  readonly send = (packet: Packet): void => {
    if (!this.#isOver) this.#socket.write([encodePacket(packet, this.version)]);
  };

  /** Sends after a while, behind what was to be sent before. */
  sendLater(packet: Packet, delayMs: number): void {
    this.#later.push(packet);
    if (delayMs === 0 && this.#later.length === 1) this.#sendNext();
    else this.#ports.clock.schedule(delayMs, () => this.#sendNext());
  }

  /** Whichever time has come: the oldest goes first. */
  #sendNext(): void {
    const packet = this.#later.shift();
    if (packet) this.send(packet);
  }

  end(): void {
    this.#isOver = true;
    this.session?.detach(this.send);
    this.#socket.end();
  }

  #decode(frame: Bytes): Packet | undefined {
    const packet = decodePacket(frame, this.version);
    return packet instanceof Malformed ? undefined : packet;
  }
}
