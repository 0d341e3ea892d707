// Five: a broker and devices that speak MQTT 5.0 to it, packet by packet or byte by byte, for the tests of the
// standard's statements.
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet, PublishPacket, SubscribeEntry } from '../../protocol/wire/packets.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type { BrokerOptions } from '../../src/broker/broker-options.ts';
import { Origin } from '../../src/message/origin.ts';
import type { Acceptance } from '../../src/router/acceptance.ts';
import { type RawPeer, subscribeOf, World } from './world.ts';

/** A CONNECT that keeps its session for ten minutes and goes on with it. */
export const kept: { readonly cleanStart: false; readonly properties: Properties } = {
  cleanStart: false,
  properties: { sessionExpiryInterval: 600 },
};

/** A broker with its world. */
export class Five {
  readonly world: World;
  readonly broker: Broker;

  private constructor(world: World, broker: Broker) {
    this.world = world;
    this.broker = broker;
  }

  /** Opens one. */
  static async open(options: Partial<BrokerOptions> = {}): Promise<Five> {
    const world = new World();
    return new Five(world, await world.openBroker(options));
  }

  /** A socket to the broker on which nothing was said yet. */
  dial(): Promise<RawPeer> {
    return this.world.dial(ProtocolVersion.v5);
  }

  /** A device that is connected; its CONNACK has been taken. */
  async device(clientId: string, more: Partial<ConnectPacket> = {}): Promise<RawPeer> {
    const device = await this.dial();
    const [connack] = await device.connect(clientId, more);
    if (connack?.type !== PacketType.connack || connack.reasonCode !== ReasonCode.success) {
      throw new Error(`${clientId} was not let in`);
    }
    return device;
  }

  /** A device that is connected and has subscribed. */
  async listener(clientId: string, qos: 0 | 1 | 2, ...filters: readonly string[]): Promise<RawPeer> {
    const device = await this.device(clientId);
    device.send(subscribeOf(1, qos, ...filters));
    await device.received();
    return device;
  }

  /** A device that is gone, with a session that is kept and subscribed. */
  async away(clientId: string, qos: 0 | 1 | 2, ...filters: readonly string[]): Promise<void> {
    const device = await this.device(clientId, kept);
    device.send(subscribeOf(1, qos, ...filters));
    await device.received();
    device.cut();
    await this.world.clock.settle();
  }

  /** Messages to `filter` are not accepted before the test says so, by what is returned. */
  holdBack(filter: string): Acceptance[] {
    const held: Acceptance[] = [];
    const slow = {
      origin: new Origin('application', 'slow'),
      isReady: true,
      deliver: (_message: unknown, _grant: unknown, acceptance: Acceptance) => {
        acceptance.hold();
        held.push(acceptance);
      },
    };
    this.world.router.subscribe(slow, filter, { qos: 2, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
    return held;
  }
}

/** A CONNECT without anything that it need not have. */
export function connectOf(clientId: string): ConnectPacket {
  const version = ProtocolVersion.v5;
  return {
    type: PacketType.connect,
    version,
    isBridge: false,
    clientId,
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  };
}

/** A SUBSCRIBE to one filter with its options. */
export function subscribeWith(
  packetId: number,
  filter: string,
  options: Partial<SubscribeEntry> = {},
  properties: Properties = {},
): Packet {
  const plain = { filter, qos: 0 as const, noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
  return { type: PacketType.subscribe, packetId, entries: [{ ...plain, ...options }], properties };
}

/** An UNSUBSCRIBE. */
export function unsubscribeOf(packetId: number, ...filters: readonly string[]): Packet {
  return { type: PacketType.unsubscribe, packetId, filters, properties: {} };
}

/** A DISCONNECT. */
export function disconnectOf(reasonCode: ReasonCode = 0, properties: Properties = {}): Packet {
  return { type: PacketType.disconnect, reasonCode, properties };
}

/** Any of the four acknowledgements, with a reason. */
export function ackWith(type: 4 | 5 | 6 | 7, packetId: number, reasonCode: ReasonCode): Packet {
  return { type, packetId, reasonCode, properties: {} };
}

/** The PUBLISH packets among others. */
export function published(packets: readonly Packet[]): readonly PublishPacket[] {
  return packets.filter((packet): packet is PublishPacket => packet.type === PacketType.publish);
}

/** The payloads of the PUBLISH packets among others. */
export function payloads(packets: readonly Packet[]): readonly string[] {
  return published(packets).map(({ payload }) => payload.toString());
}
