// hot path
// PublishReader: the PUBLISH frames that come on one connection, read the long way: form, aliases, and what the peer
// may not attach. Made with the first PUBLISH of a connection. Bounded by the topic alias maximum that we stated.
import type { Bytes } from '../wire/bytes.ts';
import { Malformed } from '../wire/malformed.ts';
import type { ProtocolVersion, Qos } from '../wire/protocol-version.ts';
import { PublishView } from '../wire/publish-view.ts';
import { ReasonCode } from '../wire/reason-code.ts';
import { IncomingPublish } from './received-publish.ts';
import { InboundAliases } from './topic-aliases.ts';

/** Says what is wrong with a message of a QoS and a retain flag. */
export type PublishJudge = (qos: Qos, retain: boolean) => Malformed | undefined;

/** What a connection agreed on, as far as reading cares. */
export interface ReadTerms {
  readonly version: ProtocolVersion;
  /** Highest topic alias that we take. */
  readonly topicAliasMaximum: number;
  /** Whether the peer is a client, which attaches no subscription identifiers. */
  readonly isPeerClient: boolean;
  /** Present where not every message is served. */
  readonly judge?: PublishJudge;
}

const identifierFromClient = new Malformed(
  ReasonCode.protocolError,
  'MQTT-3.3.4-6',
  'a client attached a subscription identifier',
);

/** Reads one PUBLISH after the other. */
export class PublishReader {
  /** The one that was read last; borrowed until the next. */
  readonly publish: IncomingPublish = new IncomingPublish();
  readonly #terms: ReadTerms;
  readonly #view = new PublishView();
  #aliases: InboundAliases | undefined;

  constructor(terms: ReadTerms) {
    this.#terms = terms;
  }

  /** Packet identifier of the one that was read last; 0 for QoS 0. */
  get packetId(): number {
    return this.#view.packetId;
  }

  /** Reads a frame. Returns what is wrong with it, if anything. */
  read(bytes: Bytes, start: number, bodyStart: number, end: number): Malformed | undefined {
    const view = this.#view;
    const fault = view.read(bytes, start, bodyStart, end, this.#terms.version);
    if (fault) return fault;
    if (view.subscriptionIdentifiers !== undefined && this.#terms.isPeerClient) return identifierFromClient;
    const refusal = this.#terms.judge?.(view.qos, view.retain);
    if (refusal) return refusal;
    const topicFault = this.#resolveTopic(view);
    if (topicFault) return topicFault;
    const { publish } = this;
    publish.payload = view.payload();
    publish.properties = view.forwardProperties();
    publish.qos = view.qos;
    publish.retain = view.retain;
    publish.dup = view.dup;
    publish.messageExpiryInterval = view.messageExpiryInterval;
    publish.subscriptionIdentifiers = view.subscriptionIdentifiers;
    return undefined;
  }

  #resolveTopic(view: PublishView): Malformed | undefined {
    const { publish } = this;
    if (view.topicAlias === 0) {
      publish.topicBytes = view.topicBytes();
      publish.topic = view.topic();
      return undefined;
    }
    this.#aliases ??= new InboundAliases(this.#terms.topicAliasMaximum);
    const known = this.#aliases.resolve(view.topicAlias, view.topicBytes());
    if (known instanceof Malformed) return known;
    publish.topic = known.topic;
    publish.topicBytes = known.topicBytes;
    return undefined;
  }
}
