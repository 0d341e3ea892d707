// The options of a client, each with its unit, bound and default.
// Everything that can grow, wait or be tried again has its bound here, and
// every bound has a default.
import type { BackoffOptions } from '../../protocol/connection/backoff.ts';
import type { Properties, UserProperty } from '../../protocol/wire/properties.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { ProxyOptions, TlsOptions } from '../ports/ports.ts';
import type { ClientMethod } from '../secrets/scram-client.ts';
import type { OnMessage } from './on-message.ts';

/** The message that the server publishes when the client vanishes. */
export interface WillOptions {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  /** Default 0. */
  readonly qos?: Qos;
  /** Default false. */
  readonly retain?: boolean;
  /** 5.0 only. */
  readonly properties?: Properties;
}

/** Everything a client can be told. */
export interface ClientOptions {
  /** Default 5.0. */
  readonly version: ProtocolVersion;
  /** Default `viaduct-` and 14 random hexadecimal digits: 3.1 allows 23 characters [MQTT31-6]. */
  readonly clientId?: string;
  /** Forget at the first connect what the server kept of an earlier run. Default true. */
  readonly cleanStart: boolean;
  /**
   * Without clean start: state of the session is left of an earlier run, or its flows are known to be finished. Default
   * false: a 5.0 server that has a session at the first connect, of which nothing is left here, is asked for a new one.
   */
  readonly hasSessionState: boolean;
  /** Seconds that the server keeps the session without a connection, 5.0. Default 300. */
  readonly sessionExpiryInterval: number;
  /** Seconds, 0 to 65535; 0 turns it off. Default 60. */
  readonly keepAlive: number;
  readonly username?: string;
  readonly password?: string | Uint8Array;
  /**
   * 5.0: proves who the client is by enhanced authentication; `scram-sha-256` takes user name and password, and the
   * password is not sent. Default: both are sent as they are.
   */
  readonly authentication?: ClientMethod;
  readonly will?: WillOptions;
  /** For `mqtts:` and `wss:` addresses. Default: authorities of Node, verified. */
  readonly tls?: TlsOptions;
  /** The address of this machine to dial from. Default: the system chooses. */
  readonly localAddress?: string;
  /** For `ws:` and `wss:` addresses: more headers of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is made by a proxy, which resolves the name; not for `unix:` addresses. Default: none. */
  readonly proxy?: ProxyOptions;
  /** More properties of CONNECT, 5.0 only. */
  readonly properties: Properties;
  /** Longest time for name lookup, connecting and TLS together, in ms. Default 20,000. */
  readonly connectTimeoutMs: number;
  /** Longest wait for CONNACK and PINGRESP, in ms. Default 10,000. */
  readonly answerTimeoutMs: number;
  /** Default 250 ms to 30 s, anew after 10 s. */
  readonly backoff: BackoffOptions;
  /**
   * Dial again when the first try fails or a connection is lost. Default true; the first try fails `Client.connect` all
   * the same.
   */
  readonly isReconnecting: boolean;
  /** `Client.connect` waits for a server that is not there yet. Default false. */
  readonly isPatient: boolean;
  /**
   * Follow a server that names another one, this often in a row, 0 to 10; the other gets the same user name and
   * password. Default 0: not at all. TLS is never given up for it.
   */
  readonly redirectMax: number;
  /**
   * Leave a server (protocol error) that sends a message at a higher QoS than it granted. Default false:
   * such messages are taken, and counted in `Client.counts`.
   */
  readonly isGrantEnforced: boolean;
  /**
   * Hears of messages that no subscription here asked for, as those that a kept session brings before the application
   * has subscribed again. Default: nobody; they are acknowledged and counted.
   */
  readonly onUnasked?: OnMessage;
  /** QoS 1 and 2 messages underway, 1 to 65535; the server's receive maximum may lower it. Default 1000. */
  readonly sendWindowMax: number;
  /** QoS 1 and 2 messages that may await their handler, 1 to 65535. Default 1000. */
  readonly receiveMaximum: number;
  /** Largest packet taken, in bytes. Default 10 MiB. */
  readonly maximumPacketSize: number;
  /** Messages published and not settled; beyond it `publish` rejects. Default 100,000. */
  readonly queueCountMax: number;
  /** Their payloads and properties together, in bytes; beyond it `publish` rejects. Default 256 MiB. */
  readonly queueBytesMax: number;
}

/** The defaults of every option that has one. */
export const clientDefaults: ClientOptions = {
  version: ProtocolVersion.v5,
  cleanStart: true,
  hasSessionState: false,
  sessionExpiryInterval: 300,
  keepAlive: 60,
  properties: {},
  connectTimeoutMs: 20_000,
  answerTimeoutMs: 10_000,
  backoff: { delayMsMin: 250, delayMsMax: 30_000, stableMs: 10_000 },
  isReconnecting: true,
  isPatient: false,
  redirectMax: 0,
  isGrantEnforced: false,
  sendWindowMax: 1000,
  receiveMaximum: 1000,
  maximumPacketSize: 10 * 1024 * 1024,
  queueCountMax: 100_000,
  queueBytesMax: 256 * 1024 * 1024,
};

/** How a message is published. */
export interface PublishOptions {
  /** Default 0. */
  readonly qos?: Qos;
  /** Default false. */
  readonly retain?: boolean;
  /** Properties of PUBLISH, 5.0 only; a message expiry interval among them counts from now. */
  readonly properties?: Properties;
  /** Calls it off as long as it has not been sent. */
  readonly signal?: AbortSignal;
}

/** How a filter is subscribed. */
export interface SubscribeOptions {
  /** Default 0. */
  readonly qos?: Qos;
  /** 5.0: nothing back that this client published. Default false. */
  readonly isNoLocal?: boolean;
  /** 5.0: the retain flag as it was published. Default false. */
  readonly isRetainAsPublished?: boolean;
  /**
   * The application acknowledges each message itself, with the second argument of its handler, when it likes: neither
   * that the handler returns nor a promise of it does. Needs a handler. Default false.
   */
  readonly isManual?: boolean;
  /** 5.0: a number from 1 to 268,435,455 that comes back with each message. Default none. */
  readonly subscriptionIdentifier?: number;
  /** 5.0: what else the server is told. Default nothing. */
  readonly userProperties?: readonly UserProperty[];
  /** 5.0: when retained messages come: 0 at every subscribe, 1 at a new one, 2 never. Default 0. */
  readonly retainHandling?: 0 | 1 | 2;
}

/** How a client is closed. */
export interface CloseOptions {
  /** Longest wait for what is not settled, in ms. Default 5000. */
  readonly timeoutMs?: number;
  /** 5.0: seconds that the server keeps the session from now on. Default as CONNECT said. */
  readonly sessionExpiryInterval?: number;
  /** 5.0: what else the server is told. Default nothing. */
  readonly userProperties?: readonly UserProperty[];
  /** 5.0: why, in words. Default nothing. */
  readonly reasonString?: string;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}
