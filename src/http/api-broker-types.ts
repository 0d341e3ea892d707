// ApiBrokerTypes: the shapes of devices, subscriptions, messages and rights over `/api/v1`.
// Lists come in pages, trees one level at a time, payloads cut at 1 KB unless one is asked for alone.
// Types only; the conventions stand in `api-types.ts`.
import type { ConfigValue } from './api-config-types.ts';

/** GET /clients. Filters: `clientid`, `username`, `address` (parts of them), `isConnected`. */
export interface ClientView {
  readonly clientId: string;
  readonly isConnected: boolean;
  readonly username?: string;
  readonly address?: string;
  /** The listener that it came through. */
  readonly listener?: string;
  readonly isEncrypted?: boolean;
  readonly version?: 3 | 4 | 5;
  readonly cleanStart?: boolean;
  readonly keepAliveS?: number;
  /** What is published for it when it vanishes: of the payload at most 1024 bytes, as text. */
  readonly will?: { readonly topic: string; readonly qos: 0 | 1 | 2; readonly retain: boolean; readonly text: string };
  readonly connectedAt?: number;
  readonly subscriptions: number;
  /** Messages waiting for it. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Sent to it and not settled. */
  readonly underway: number;
  readonly messagesReceived?: number;
  readonly bytesReceived?: number;
  readonly bytesSent?: number;
  /** When the session of a device that is away ends; absent: never, or connected. */
  readonly expiresAt?: number;
}

/** GET /subscriptions. Filters: `clientid`, `topic` (part), `shared`. */
export interface SubscriptionView {
  readonly clientId: string;
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly isNoLocal: boolean;
  readonly isRetainAsPublished: boolean;
  readonly identifier?: number;
  /** The rules do not allow it any more. */
  readonly isSuspended: boolean;
}

/** GET /topics?under=a/b: one level of the tree of filters; of all levels below, only how many there are. */
export interface TopicTreeReply {
  readonly under: string;
  readonly levels: readonly TopicLevel[];
  /** Levels left out: at most 1000 are told. */
  readonly leftOut: number;
}

/** One level of the topic tree. */
export interface TopicLevel {
  readonly level: string;
  /** The path from the root on. */
  readonly path: string;
  /** Client ids that subscribe exactly here, at most 100. */
  readonly clients: readonly string[];
  readonly subscriptions: number;
  /** Subscriptions here and below. */
  readonly subscriptionsBelow: number;
  readonly hasChildren: boolean;
}

/** GET /retained?filter=a/#: payloads are cut at 1 KB there; GET /retained/message?topic= has the whole. */
export interface RetainedView {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly size: number;
  readonly payload: PayloadView;
  readonly expiresAt?: number;
  readonly contentType?: string;
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
}

/** A payload as text if it is UTF-8, otherwise in Base64. */
export interface PayloadView {
  readonly encoding: 'text' | 'base64';
  readonly data: string;
  /** There is more. */
  readonly isCut: boolean;
}

/** POST /publish; POST /publish/batch takes an array of at most 1000. */
export interface PublishRequest {
  readonly topic: string;
  /** Whose message it is, as rules with `${clientid}` see it; default nobody's. */
  readonly clientId?: string;
  /** Default empty. */
  readonly payload?: string;
  /** Default text. */
  readonly encoding?: 'text' | 'base64';
  /** Default 0. */
  readonly qos?: 0 | 1 | 2;
  /** Default false. */
  readonly retain?: boolean;
  readonly expiryS?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  /** As UTF-8. */
  readonly correlationData?: string;
  /** Says that the payload is UTF-8 (payload format indicator 1). */
  readonly isPayloadText?: boolean;
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
}

/** What became of it. */
export interface PublishReply {
  readonly topic: string;
  /** A reason code of MQTT: 0 taken, 16 nobody was there; 128 and more: not taken. */
  readonly reasonCode: number;
  readonly reason: string;
}

/**
 * GET /tap?filter=a/#&qos=0: server-sent events `message` (this), and `skipped` (`{ count }`) when the receiver was too
 * slow.
 */
export interface TapMessage {
  readonly at: number;
  readonly topic: string;
  readonly payload: PayloadView;
  readonly size: number;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Who published it, as `device:sensor-1` or `bridge:plant7`. */
  readonly from: string;
}

/** GET /mqtt-users: devices that log in with a password. */
export interface MqttUserView {
  readonly username: string;
  readonly isSuperuser: boolean;
  /** Whether the API may change it: users of a password file are changed by `viaduct passwd`. */
  readonly isEditable: boolean;
}

/** GET and PUT /acl: the keys of the section `auth.acl`. */
export interface AclReply {
  readonly rules: readonly ConfigValue[];
  /** What holds where no rule matches. */
  readonly noMatch: 'allow' | 'deny';
}

/** POST /acl/test: who may what. */
export interface AclTestRequest {
  readonly clientId: string;
  readonly username?: string;
  readonly address?: string;
  readonly action: 'publish' | 'subscribe';
  readonly topic: string;
}

/** What the rules say, and which one. */
export interface AclTestReply {
  readonly isAllowed: boolean;
  /** Its place in the list, from 0; absent where no rule decided. */
  readonly rule?: number;
  readonly why: string;
}

/** A device came or went. */
export interface ClientEvent {
  readonly at: number;
  readonly event: 'connected' | 'disconnected';
  readonly clientId: string;
}
