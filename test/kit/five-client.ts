// FiveClient: our client and our bridge's connector against a 5.0 server that says only what the test tells it, packet
// by packet or byte by byte.
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnackPacket, Packet } from '../../protocol/wire/packets.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/client-options.ts';
import { type RawPeer, World } from './world.ts';

/** A server that answers CONNECT as the test wants it, and nothing else unless the test says so. */
export class ScriptedServer {
  readonly world: World = new World();
  /** Every connection so far, the newest last. */
  readonly peers: RawPeer[] = [];
  /** What CONNACK says. */
  connack: Partial<ConnackPacket> | 'silent' = {};
  /** Whether there is a session for whoever does not start clean. */
  hasSession = false;
  /** What comes together with CONNACK. */
  early: readonly Packet[] = [];
  /** Told of every packet but CONNECT. */
  onPacket: ((packet: Packet, peer: RawPeer) => void) | undefined;

  /** Opens one, on the port where clients look. */
  static async open(connack: Partial<ConnackPacket> | 'silent' = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.connack = connack;
    await server.world.listen(ProtocolVersion.v5, 1883, (peer) => server.#accept(peer));
    return server;
  }

  /** The newest connection. */
  get peer(): RawPeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error('nobody connected');
    return peer;
  }

  /** A client that has connected, or tried to; its CONNECT is still to be taken from the peer. */
  async dial(options: Partial<ClientOptions> = {}): Promise<{ readonly connecting: Promise<Client> }> {
    const context = { ports: this.world.ports, turn: this.world.turn };
    const connecting = Client.connect('mqtt://127.0.0.1', { clientId: 'c', keepAlive: 0, ...options }, context);
    connecting.catch(() => undefined); // tests look at it when they want to
    await this.world.clock.advance(10);
    return { connecting };
  }

  /** A client that is connected; its CONNECT has been taken. */
  async client(options: Partial<ClientOptions> = {}, properties: Properties = {}): Promise<Client> {
    if (Object.keys(properties).length > 0) this.connack = { properties };
    const client = await (await this.dial(options)).connecting;
    await this.peer.received();
    return client;
  }

  #accept(peer: RawPeer): void {
    this.peers.push(peer);
    peer.onPacket = (packet) => {
      if (packet.type !== PacketType.connect) {
        this.onPacket?.(packet, peer);
        return;
      }
      if (this.connack === 'silent') return;
      const plain = { sessionPresent: this.hasSession && !packet.cleanStart, reasonCode: 0 as const, properties: {} };
      peer.send({ type: PacketType.connack, ...plain, ...this.connack }, ...this.early);
    };
  }
}

/** Answers SUBSCRIBE and UNSUBSCRIBE by granting everything. */
export function grantAll(packet: Packet, peer: RawPeer): void {
  const { type } = packet;
  if (type === PacketType.subscribe) {
    const reasonCodes = packet.entries.map(({ qos }) => qos);
    peer.send({ type: PacketType.suback, packetId: packet.packetId, reasonCodes, properties: {} });
  } else if (type === PacketType.unsubscribe) {
    const reasonCodes = packet.filters.map(() => 0 as const);
    peer.send({ type: PacketType.unsuback, packetId: packet.packetId, reasonCodes, properties: {} });
  }
}
