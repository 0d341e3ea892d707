// Remote: the broker at the other end of a bridge, played by the test, and a bridge to it.
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet, PublishPacket } from '../../protocol/wire/packets.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { Message } from '../../src/message/message.ts';
import { Origin } from '../../src/message/origin.ts';
import { Acceptance } from '../../src/router/acceptance.ts';
import { ackOf, type RawPeer, type World } from './world.ts';

const { v5 } = ProtocolVersion;
const device = new Origin('device', 'device');

/** A remote that the test plays, with everything that came to it. */
export class Remote {
  readonly peers: RawPeer[] = [];
  readonly connects: ConnectPacket[] = [];
  /** What CONNACK says next. */
  sessionPresent = false;
  receiveMaximum = 65_535;
  /** More properties of CONNACK, 5.0 only. */
  properties: Properties = {};
  /** Answers PUBLISH, PUBREL and SUBSCRIBE as a broker does; PINGREQ is always answered. */
  isAnswering = true;
  readonly published: PublishPacket[] = [];
  /** What CONNACK says next: 0 accepts. */
  reasonCode: ReasonCode = 0;

  async open(world: World, version: ProtocolVersion, port = 9000): Promise<void> {
    await world.listen(version, port, (peer) => this.take(peer));
  }

  /** A connection came. */
  take(peer: RawPeer): void {
    this.peers.push(peer);
    peer.onPacket = (packet) => this.#answer(peer, packet);
  }

  get peer(): RawPeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error('nobody connected');
    return peer;
  }

  get payloads(): readonly string[] {
    return this.published.map(({ payload }) => payload.toString());
  }

  #answer(peer: RawPeer, packet: Packet): void {
    if (packet.type === PacketType.connect) {
      this.connects.push(packet);
      const properties = peer.version === v5 ? { receiveMaximum: this.receiveMaximum, ...this.properties } : {};
      const { sessionPresent, reasonCode } = this;
      peer.send({
        type: PacketType.connack,
        sessionPresent: sessionPresent && !packet.cleanStart && reasonCode === 0,
        reasonCode,
        properties: reasonCode === 0 ? properties : {},
      });
    }
    if (packet.type === PacketType.publish) this.published.push(packet);
    if (packet.type === PacketType.pingreq) peer.send({ type: PacketType.pingresp });
    if (!this.isAnswering) return;
    if (packet.type === PacketType.publish && packet.qos > 0)
      peer.send(ackOf(packet.qos === 1 ? 4 : 5, packet.packetId));
    if (packet.type === PacketType.pubrel) peer.send(ackOf(7, packet.packetId));
    if (packet.type === PacketType.subscribe) {
      const reasonCodes = packet.entries.map(({ qos }) => qos);
      peer.send({ type: PacketType.suback, packetId: packet.packetId, reasonCodes, properties: {} });
    }
  }
}

/** A bridge to it. */
export function openBridge(world: World, more: Partial<BridgeSettings> = {}): Bridge {
  return world.openBridge({
    name: 'plant7',
    clientId: 'plant7',
    remote: { host: '127.0.0.1', port: 9000 },
    forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
    ...more,
  });
}

/** Publishes locally; the result says when, and how, it was accepted. */
export function publishLocally(
  { router }: Pick<World, 'router'>,
  topic: string,
  payload: string,
  qos: 0 | 1 | 2 = 1,
): ReasonCode[] {
  const accepted: ReasonCode[] = [];
  const message = new Message({ topic, payload: Buffer.from(payload), qos, retain: false, origin: device });
  router.publish(message, new Acceptance({ accepted: (_ticket, reasonCode) => accepted.push(reasonCode) }, 1));
  return accepted;
}
