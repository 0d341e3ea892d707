// The public API of Viaduct for programs: a client, an embedded broker, bridges, and the
// errors that they raise. What is not exported here is an inner matter of Viaduct and may
// change with any version.

export type { AccessOptions } from '../access/access-options.ts';
export type { AclRule } from '../access/acl.ts';
export type { Authentication, AuthenticationStep, Authenticator } from '../access/authenticator.ts';
export type { Admission, Login, LoginStep, RefusalReason, Verdict } from '../access/login.ts';
export type { UserOptions } from '../access/user-table.ts';
export {
  type Blame,
  ClosedError,
  ConfigError,
  LinkError,
  ProtocolError,
  RefusedError,
  StorageError,
  UsageError,
  ViaductError,
} from '../base/errors.ts';
export { type Log, type LogOptions, openLog } from '../base/log.ts';
export { Bridge } from '../bridge/bridge.ts';
export type { BridgeContext, BridgeSettings } from '../bridge/bridge-context.ts';
export {
  type BridgeOptions,
  bridgeDefaults,
  type ForwardRuleOptions,
  type SubscriptionRuleOptions,
} from '../bridge/bridge-options.ts';
export type { BridgeLinkState, BridgeStatus, RuleStatus } from '../bridge/bridge-status.ts';
export { Bridges } from '../bridge/bridges.ts';
export { Broker } from '../broker/broker.ts';
export { type BrokerOptions, brokerDefaults } from '../broker/broker-options.ts';
export type { BrokerContext } from '../broker/broker-rooms.ts';
export type { BrokerStatus } from '../broker/broker-status.ts';
export type { ListenerLimits, ListenerOptions } from '../broker/listener-options.ts';
export { Client } from '../client/client.ts';
export {
  type ClientOptions,
  type CloseOptions,
  clientDefaults,
  type PublishOptions,
  type SubscribeOptions,
} from '../client/client-options.ts';
export { ClientRequester, type RequesterOptions, type RequestOptions } from '../client/client-requester.ts';
export type { ClientStatus } from '../client/client-status.ts';
export type { ClientSubscription } from '../client/client-subscription.ts';
export type { ClientCounts } from '../client/client-subscriptions.ts';
export type { Acknowledge, OnMessage } from '../client/on-message.ts';
export type { ReceivedMessage } from '../client/received-message.ts';
export { Turn } from '../link/turn.ts';
export { Message } from '../message/message.ts';
export { Origin } from '../message/origin.ts';
export type { Ports, TlsOptions } from '../ports/ports.ts';
export { Router } from '../router/router.ts';
export { connect } from './connect.ts';
export { nodePorts } from './node-ports.ts';
