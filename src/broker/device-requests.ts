// DeviceRequests: SUBSCRIBE and UNSUBSCRIBE of one connection, from the packet to its answer. The rules decide first,
// maybe later than now; then the session and the router change; then what is retained begins to come. An answer about a
// session that outlives the process leaves when what it says does, too. One request at a time: the connection is held
// while somebody is asked.
import type { ServerConnection } from '../../protocol/connection/server-connection.ts';
import type { SubscribePacket, UnsubscribePacket } from '../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { FilterDecision } from '../access/acl.ts';
import type { AcceptedDevice } from './accepted-device.ts';
import type { BrokerRooms } from './broker-rooms.ts';
import type { DeviceSession } from './device-session.ts';
import { decideEntries, filterFault, subscribeSession, unsubscribeSession } from './subscribing.ts';

/** The connection that the requests come on. */
export interface RequestLine {
  readonly isOver: boolean;
  /** Stops reading until it is decided; a connection that ended meanwhile does not hear of it. */
  hold<Decision>(pending: Promise<Decision>, decided: (decision: Decision) => void): void;
}

/** What one device asks for. */
export class DeviceRequests {
  readonly #rooms: BrokerRooms;
  readonly #machine: ServerConnection;
  readonly #line: RequestLine;

  constructor(rooms: BrokerRooms, machine: ServerConnection, line: RequestLine) {
    this.#rooms = rooms;
    this.#machine = machine;
    this.#line = line;
  }

  /** The device wants to hear of topics. */
  subscribe({ connect, identity, session }: AcceptedDevice, asked: SubscribePacket): void {
    const packet = connect.isBridge && connect.version !== ProtocolVersion.v5 ? askedByBridge(asked) : asked;
    const decisions = decideEntries(this.#rooms, identity, packet);
    if (decisions instanceof Promise) this.#line.hold(decisions, (later) => this.#subscribe(session, packet, later));
    else this.#subscribe(session, packet, decisions);
  }

  /** The device does not want to hear of topics any more. */
  unsubscribe({ session }: AcceptedDevice, packet: UnsubscribePacket): void {
    // the UNSUBACK of 3.x cannot say that a filter is none
    const fault = this.#machine.version === ProtocolVersion.v5 ? undefined : filterFault(packet.filters);
    if (fault !== undefined) {
      this.#machine.disconnect(fault.reasonCode, fault.detail);
      return;
    }
    const reasonCodes = unsubscribeSession(this.#rooms, session, packet);
    this.#whenKept(session, () => this.#machine.unsubscribed(packet.packetId, reasonCodes));
  }

  #subscribe(session: DeviceSession, packet: SubscribePacket, decisions: readonly FilterDecision[]): void {
    const { fault, reasonCodes, detail, replays } = subscribeSession(this.#rooms, session, decisions, packet);
    if (fault !== undefined) {
      this.#machine.disconnect(fault.reasonCode, fault.detail);
      return;
    }
    this.#whenKept(session, () => this.#machine.subscribed(packet.packetId, reasonCodes, detail));
    for (const { filter, options } of replays) {
      session.replay(filter, this.#rooms.router.retained.replay(filter), options);
    }
  }

  #whenKept({ store, durability }: DeviceSession, answer: () => void): void {
    if (store === undefined) answer();
    else store.wait(() => (this.#line.isOver ? undefined : answer()), durability);
  }
}

/**
 * A bridge of 3.x cannot ask for it, and means it by the top bit of the level: it gets nothing back of what it sends,
 * and the retain flag as it was published.
 */
function askedByBridge(packet: SubscribePacket): SubscribePacket {
  const entries = packet.entries.map((entry) => ({
    ...entry,
    // [MQTT-3.8.3-4]
    noLocal: !entry.filter.startsWith('$share/'),
    retainAsPublished: true,
  }));
  return { ...packet, entries };
}
