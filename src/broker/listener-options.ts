// ListenerOptions: one address on which devices connect, and what those who come
// through it may do. Whatever a listener does not say holds as for the whole
// broker.
import type { ProtocolVersion, Qos } from '../../protocol/wire/protocol-version.ts';
import type { CertificatePart } from '../access/certificate-name.ts';
import type { Durability } from '../base/durability.ts';
import type { RateOptions } from '../base/token-bucket.ts';
import type { ListenOptions } from '../ports/ports.ts';

/** What a listener may say otherwise than the broker; see `BrokerOptions`. */
export interface ListenerLimits {
  readonly maximumPacketSize?: number;
  readonly connectTimeoutMs?: number;
  readonly keepAliveMultiplier?: number;
  /** Seconds: the longest keep-alive of a 5.0 device. */
  readonly keepAliveSMax?: number;
  /** How safe sessions are that are begun through it. */
  readonly durability?: Durability;
  /** How safe messages that come through it must be at least; see `BrokerOptions`. */
  readonly publishDurability?: Durability;
  /** Seconds: the shortest keep-alive of a 5.0 device that has one. */
  readonly keepAliveSMin?: number;
  /** Highest QoS of messages from devices. */
  readonly maximumQos?: Qos;
  /** Topic aliases that one device may use. */
  readonly topicAliasMaximum?: number;
  /** Devices without user name may connect when no method has decided. */
  readonly isAnonymousAllowed?: boolean;
  /** Which part of a verified certificate names a device's user. */
  readonly certificateName?: CertificatePart;
  /** Versions that may be spoken; others are refused with 0x84, in 3.x with 1. Default: all. */
  readonly versions?: readonly ProtocolVersion[];
}

/** One address on which devices connect. */
export interface ListenerOptions extends Omit<ListenOptions, 'refused'> {
  /** Unique, for logs, errors and changes while it is open. */
  readonly name: string;
  /** Connections open at a time on this listener. Default 100,000. */
  readonly connectionsMax?: number;
  /** Connections accepted in a second; those over it are told 0x9F and closed. Default: no limit. */
  readonly connectionRate?: RateOptions;
  /** Messages taken from one device in a second; over it, reading pauses. Default: no limit. */
  readonly messageRate?: RateOptions;
  /** Bytes taken from one device in a second; over it, reading pauses. Default: no limit. */
  readonly byteRate?: RateOptions;
  readonly limits?: ListenerLimits;
}

/** Connections open at a time on a listener that does not say. */
export const connectionsMaxDefault = 100_000;
