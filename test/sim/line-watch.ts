// LineWatch: looks at everything that passes on one connection and tells what the standard forbids, whoever wrote it:
// flows (FlowWatch), acknowledgements in receipt order and for nothing else, aliases of this connection only, and that
// ends which both keep to the standard never accuse each other.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { decodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { PublishView } from '../../protocol/wire/publish-view.ts';
import type { FlowWatch } from './flow-watch.ts';
import type { LineObserver } from './sim-line.ts';

/** Both directions of a session: what the client sends, what the server sends. */
export type SessionWatch = readonly [FlowWatch, FlowWatch];

/** What all lines of a world have in common. */
export interface WatchHost {
  /** The session of a client at a server; made when it is not known. */
  session(server: string, clientId: string): SessionWatch;
  /** Something is wrong. */
  fault(text: string): void;
  /** A PUBLISH has arrived at a node. */
  arrived(node: string, payload: string): void;
  /** Whether a node may release identifiers of messages that it sends another way from now on. */
  mayForgo(node: string): boolean;
  /** A server has sent a PUBLISH of QoS 0. */
  qos0Sent(server: string): void;
}

/** Accusations: no two correct ends ever need them. */
const accusations = new Set([0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95]);

interface Side {
  readonly sent: FrameScanner;
  readonly delivered: FrameScanner;
  /** Topics by alias, as this side has used them. */
  readonly aliases: Set<number>;
  /** What this side was given and has not acknowledged: PUBACK and PUBREC apart. */
  readonly owed: { readonly puback: number[]; readonly pubrec: number[] };
  /** QoS 1 and 2 messages that this side takes at a time. */
  receiveMaximum: number;
}

const newSide = (): Side => ({
  sent: new FrameScanner(268_435_460),
  delivered: new FrameScanner(268_435_460),
  aliases: new Set(),
  owed: { puback: [], pubrec: [] },
  receiveMaximum: Number.POSITIVE_INFINITY,
});

/** One connection: side 0 is the client. */
export class LineWatch implements LineObserver {
  readonly #nodes: readonly [string, string];
  readonly #host: WatchHost;
  readonly #sides: readonly [Side, Side] = [newSide(), newSide()];
  readonly #view = new PublishView();
  #version: ProtocolVersion = ProtocolVersion.v5;
  #session: SessionWatch | undefined;
  #clientId = '';

  constructor(nodes: readonly [string, string], host: WatchHost) {
    this.#nodes = nodes;
    this.#host = host;
  }

  sent(side: 0 | 1, bytes: Bytes): void {
    const fault = this.#sides[side].sent.scan(bytes, {
      frame: (frames, start, bodyStart, end) => {
        this.#sentFrame(side, { bytes: frames, start, bodyStart, end });
        return true;
      },
    });
    if (fault) this.#tell(side, `wrote what is no MQTT: ${fault.detail}`);
  }

  delivered(side: 0 | 1, bytes: Bytes): void {
    this.#sides[side].delivered.scan(bytes, {
      frame: (frames, start, bodyStart, end) => {
        this.#deliveredFrame(side, { bytes: frames, start, bodyStart, end });
        return true;
      },
    });
  }

  closed(): void {}

  #sentFrame(side: 0 | 1, frame: Frame): void {
    const type = typeOf(frame);
    if (type === PacketType.publish) this.#publishSent(side, frame);
    else if (type >= PacketType.puback && type <= PacketType.pubcomp) this.#ackSent(side, type, packetIdOf(frame));
    else if (type === PacketType.connect) this.#connectSent(frame);
    else if (type === PacketType.connack) this.#connackSent(frame);
    else if (type === PacketType.disconnect) this.#disconnectSent(side, frame);
  }

  #deliveredFrame(side: 0 | 1, frame: Frame): void {
    const type = typeOf(frame);
    const flow = this.#session?.[side];
    if (type === PacketType.publish) {
      const view = this.#read(frame);
      const { owed } = this.#sides[side];
      this.#host.arrived(this.#nodes[side], view.payload().toString('latin1'));
      if (view.qos > 0) (view.qos === 1 ? owed.puback : owed.pubrec).push(view.packetId);
    } else if (type === PacketType.puback || type === PacketType.pubcomp) {
      flow?.settled(packetIdOf(frame));
    } else if (type === PacketType.pubrec) {
      if (isRefusal(frame)) flow?.settled(packetIdOf(frame));
      else flow?.released(packetIdOf(frame));
    } else if (type === PacketType.connack && side === 0) {
      const isPresent = ((frame.bytes[frame.bodyStart] ?? 0) & 1) === 1 || this.#version === ProtocolVersion.v31;
      if (!isPresent) flow?.clear(this);
    }
  }

  #publishSent(side: 0 | 1, frame: Frame): void {
    const view = this.#read(frame);
    const { packetId, qos, dup, topicAlias } = view;
    const { aliases } = this.#sides[side];
    if (topicAlias > 0 && view.topicEnd === view.topicStart && !aliases.has(topicAlias)) {
      this.#tell(side, `used topic alias ${topicAlias}, which stands for nothing on this connection`);
    }
    if (topicAlias > 0) aliases.add(topicAlias);
    if (qos === 0) {
      if (side === 1) this.#host.qos0Sent(this.#nodes[1]);
      return;
    }
    const digest = view.payload().toString('latin1');
    const windowMax = this.#sides[side === 0 ? 1 : 0].receiveMaximum;
    const fault = this.#session?.[side].published(this, { packetId, qos, dup, digest }, windowMax);
    if (fault !== undefined) this.#tell(side, fault);
  }

  #ackSent(side: 0 | 1, type: number, packetId: number): void {
    const { owed } = this.#sides[side];
    if (type === PacketType.pubrel) {
      const fault = this.#session?.[side].releasing(this, packetId);
      if (fault !== undefined && !this.#host.mayForgo(this.#nodes[side])) this.#tell(side, fault);
    }
    if (type !== PacketType.puback && type !== PacketType.pubrec) return;
    const queue = type === PacketType.puback ? owed.puback : owed.pubrec;
    const next = queue.shift();
    if (next === packetId) return;
    this.#tell(side, `acknowledged ${packetId} where ${next ?? 'nothing'} was to be acknowledged`);
    queue.length = 0;
  }

  #connectSent(frame: Frame): void {
    const packet = decodePacket(copyOfBytes(frame.bytes, frame.start, frame.end), ProtocolVersion.v5);
    if (packet instanceof Malformed || packet.type !== PacketType.connect) {
      this.#tell(0, 'wrote a CONNECT that is none');
      return;
    }
    this.#version = packet.version;
    this.#clientId = packet.clientId;
    this.#session = this.#host.session(this.#nodes[1], packet.clientId);
    if (packet.version === ProtocolVersion.v5)
      this.#sides[0].receiveMaximum = packet.properties.receiveMaximum ?? 65_535;
  }

  #connackSent(frame: Frame): void {
    const packet = decodePacket(copyOfBytes(frame.bytes, frame.start, frame.end), this.#version);
    if (packet instanceof Malformed || packet.type !== PacketType.connack) {
      this.#tell(1, 'wrote a CONNACK that is none');
      return;
    }
    if (this.#version === ProtocolVersion.v5)
      this.#sides[1].receiveMaximum = packet.properties.receiveMaximum ?? 65_535;
    const isPresent = packet.sessionPresent || this.#version === ProtocolVersion.v31;
    if (!isPresent) this.#session?.[1].clear(this);
  }

  #disconnectSent(side: 0 | 1, frame: Frame): void {
    const reason = frame.end > frame.bodyStart ? (frame.bytes[frame.bodyStart] ?? 0) : 0;
    if (!accusations.has(reason)) return;
    const packet = decodePacket(copyOfBytes(frame.bytes, frame.start, frame.end), ProtocolVersion.v5);
    const detail =
      packet instanceof Malformed || !('properties' in packet) ? '' : (packet.properties.reasonString ?? '');
    this.#tell(side, `accused its peer with 0x${reason.toString(16)} ${detail}`);
  }

  #read({ bytes, start, bodyStart, end }: Frame): PublishView {
    const fault = this.#view.read(bytes, start, bodyStart, end, this.#version);
    if (fault) this.#host.fault(`${this.#nodes.join(' and ')}: a PUBLISH that is none: ${fault.detail}`);
    return this.#view;
  }

  #tell(side: 0 | 1, text: string): void {
    const peer = this.#nodes[side === 0 ? 1 : 0];
    this.#host.fault(`${this.#nodes[side]} to ${peer} (session ${this.#clientId}) ${text}`);
  }
}

interface Frame {
  readonly bytes: Bytes;
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

function typeOf({ bytes, start }: Frame): number {
  return (bytes[start] ?? 0) >> 4;
}

function packetIdOf({ bytes, bodyStart }: Frame): number {
  return ((bytes[bodyStart] ?? 0) << 8) | (bytes[bodyStart + 1] ?? 0);
}

function isRefusal({ bytes, bodyStart, end }: Frame): boolean {
  return end > bodyStart + 2 && (bytes[bodyStart + 2] ?? 0) >= 0x80;
}
