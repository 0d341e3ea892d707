// ConnectorParts: what a connector works with, and
// who hears of what happens on its connection. Types
// without state.
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Log } from '../base/log.ts';
import type { Turn } from '../link/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { LaneBytes } from './link-bytes.ts';
import type { EchoGuard } from './loop-guard.ts';
import type { RunCommand } from './server-secrets.ts';

/** What the bridge does with its connection. */
export interface ConnectorOwner {
  /** MQTT is up: subscriptions are asked for, and what waits goes out. */
  connected(isSessionPresent: boolean): void;
  /** The line takes more again. */
  writable(): void;
  messageReceived(publish: ReceivedPublish, ticket: number): void;
  messageSettled(entry: SendEntry, reasonCode: ReasonCode): void;
  /** A line is about to be opened. */
  opening(): void;
  /** The remote hung up without a word that explains it. Returns whether the message is found that it does not bear. */
  cut(): boolean;
  /** The remote settled a message that was sent in a run. */
  runSettled(token: number, count: number): void;
  sessionLost(entries: readonly SendEntry[]): void;
  /** One reason code for each of these filters, which were asked for. */
  subscribed(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void;
  /** These filters, whose end was asked for, are over at the remote; only 5.0 has a reason code for each. */
  unsubscribed(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void;
  /** The state of the link has changed. */
  stateChanged(): void;
}

/** What a connector works with. */
export interface ConnectorParts {
  readonly ports: Ports;
  readonly log: Log;
  readonly turn: Turn;
  readonly options: BridgeOptions;
  readonly runCommand?: RunCommand;
  /** The number of the lane, from 1. */
  readonly lane: number;
  /** Whether the bridge has other lanes now. */
  readonly isOneOfSeveral: () => boolean;
  readonly echoes: EchoGuard;
  /** Told which link is in use. */
  readonly bytes: LaneBytes;
}
