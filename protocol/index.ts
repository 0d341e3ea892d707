// The public API of the pure half: MQTT as state machines over bytes, without sockets, timers or Node.
// Everything else in protocol/ is an inner matter of it and may change with any version; what is
// exported here may not.
export { Backoff, type BackoffOptions } from './connection/backoff.ts';
export type { ClientAuthentication } from './connection/client-authentication.ts';
export { ClientConnection } from './connection/client-connection.ts';
export { type ClientSink, type ClientTerms, unknownSession } from './connection/client-terms.ts';
export type { ConnectionEnd, ExchangeSink, SendOutcome } from './connection/exchange.ts';
export type { PeerLimits, ServerFeatures } from './connection/limits.ts';
export type { ReceivedPublish } from './connection/received-publish.ts';
export { ServerConnection } from './connection/server-connection.ts';
export type { ServerLimits } from './connection/server-limits.ts';
export type { ConnectAnswer, ServerSink } from './connection/server-terms.ts';
export type { SendEntry } from './session/send-entry.ts';
export { Session, type SessionOptions } from './session/session.ts';
export { FilterTree } from './topic/filter-tree.ts';
export { MappingFault } from './topic/mapping-fault.ts';
export { filterMatches, topicFilterFault } from './topic/topic-filter.ts';
export { type MappingRule, TopicMapping } from './topic/topic-mapping.ts';
export { topicNameFault } from './topic/topic-name.ts';
export type { Bytes } from './wire/bytes.ts';
export { decodePacket, encodePacket } from './wire/codec.ts';
export { type FrameHandler, FrameScanner } from './wire/frame-scanner.ts';
export { Malformed } from './wire/malformed.ts';
export type { Outbox } from './wire/outbox.ts';
export { PacketType } from './wire/packet-type.ts';
export type { ConnectPacket, Packet, Will } from './wire/packets.ts';
export type { Properties } from './wire/properties.ts';
export { ProtocolVersion, type Qos } from './wire/protocol-version.ts';
export type { Delivery, Publishable } from './wire/publishable.ts';
export { ReasonCode, reasonName } from './wire/reason-code.ts';
