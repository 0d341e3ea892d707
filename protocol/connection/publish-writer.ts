// hot path
// PublishWriter: the PUBLISH packets that leave on one connection, written one by one, with the aliases that the peer
// takes. Made with the first message to the peer. Bounded by the topic alias maximum that the peer stated.
import type { Outbox } from '../wire/outbox.ts';
import type { ProtocolVersion } from '../wire/protocol-version.ts';
import { publishSize, writePublish } from '../wire/publish-head.ts';
import type { Delivery } from '../wire/publishable.ts';
import type { PeerLimits } from './limits.ts';
import { OutboundAliases } from './outbound-aliases.ts';

/** A PUBLISH about to be written; reused. */
class Target {
  readonly version: ProtocolVersion;
  packetId = 0;
  dup = false;
  topicAlias = 0;
  isTopicOmitted = false;
  now = 0;

  constructor(version: ProtocolVersion) {
    this.version = version;
  }
}

/** Larger than every head that a packet can have. */
const headBytesMax = 70_000;

/** Writes to one peer. */
export class PublishWriter {
  /** What topics are called on this connection. */
  readonly aliases: OutboundAliases;
  readonly #outbox: Outbox;
  readonly #maximumPacketSize: number;
  readonly #target: Target;

  constructor(outbox: Outbox, version: ProtocolVersion, peer: PeerLimits) {
    this.#outbox = outbox;
    this.#maximumPacketSize = peer.maximumPacketSize;
    this.#target = new Target(version);
    this.aliases = new OutboundAliases(peer.topicAliasMaximum);
  }

  /** Whether the packet is one that the peer takes [MQTT-3.1.2-24] [MQTT-3.2.2-15]. */
  fits(delivery: Delivery, now: number): boolean {
    const { message } = delivery;
    // far below the limit, whatever head it gets
    if (message.payload.length + message.properties.length + headBytesMax < this.#maximumPacketSize) return true;
    const use = this.aliases.useFor(message.topicBytes);
    this.#aim(use.alias, use.isTopicOmitted, now);
    return publishSize(delivery, this.#target) <= this.#maximumPacketSize;
  }

  /** Writes a message; `packetId` 0 for QoS 0. */
  write(delivery: Delivery, packetId: number, dup: boolean, now: number): void {
    const { topicBytes } = delivery.message;
    const use = this.aliases.useFor(topicBytes);
    this.#aim(use.alias, use.isTopicOmitted, now);
    this.#target.packetId = packetId;
    this.#target.dup = dup;
    writePublish(this.#outbox, delivery, this.#target);
    this.aliases.used(topicBytes, use);
  }

  #aim(alias: number, isTopicOmitted: boolean, now: number): void {
    this.#target.topicAlias = alias;
    this.#target.isTopicOmitted = isTopicOmitted;
    this.#target.now = now;
  }
}
