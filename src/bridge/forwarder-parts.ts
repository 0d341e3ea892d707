// ForwarderParts: what a forwarder works with, and what it
// hands over when messages go to another queue. Types
// without state.
import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import type { PeerLimits } from '../../protocol/connection/limits.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Message } from '../message/message.ts';
import type { BridgeContext } from './bridge-context.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { FormerTopics } from './former-topics.ts';
import type { ForwardSource } from './forward-source.ts';
import type { ForwardStorage } from './forward-storage.ts';
import type { Awaited, Blocked } from './intake.ts';
import type { KeptMessages } from './kept-messages.ts';
import type { LatencyHistograms } from './latencies.ts';
import type { PooledLimits } from './queue-pool.ts';
import type { RateGate } from './rate-gate.ts';
import type { RefusalRests } from './refusal-rests.ts';

/** What the forwarder needs of its bridge's surroundings. */
export type ForwardContext = Pick<BridgeContext, 'ports' | 'budget'> & {
  readonly deadLetters: DeadLetters;
  /** Where what was delivered is kept, if it is. */
  readonly kept: KeptMessages | undefined;
  /** Where messages go that rules of earlier times have queued. */
  readonly formerTopics: FormerTopics;
};

/** The connection as the pump sees it. */
export interface ForwardLine {
  readonly isConnected: boolean;
  /** So much waits to be written that nothing should be added. */
  readonly isCongested: boolean;
  /** Whether the remote speaks 5.0. */
  readonly hasProperties: boolean;
  /** What the remote takes; undefined while it is not connected. */
  readonly limits: Pick<PeerLimits, 'maximumQos' | 'isRetainAvailable'> | undefined;
  send(delivery: Delivery, token: number): SendOutcome;
  /** A QoS 2 message is not sent any more: a remote that may have it half is to forget it. */
  forgo(token: number): void;
  /** Whether a run may be sent at a QoS. `token`: of the first message, those of the others follow. */
  maySendRun(qos: Qos, run: PublishRun, token: number): boolean;
  /** Sends a run; `maySendRun` has said that it may be. */
  sendRun(forms: RunForms, qos: Qos, token: number): void;
}

/** Why the pump does not run. */
export type PauseReason =
  | 'paused'
  | 'held'
  | 'refused'
  | 'parked'
  | 'limited'
  | 'offline'
  | 'congested'
  | 'empty'
  | 'window-full';

/** What a forwarder works with. */
export interface ForwarderParts {
  readonly options: BridgeOptions;
  readonly line: ForwardLine;
  readonly context: ForwardContext;
  /** Its share in the bounds of the bridge. */
  readonly limits: PooledLimits;
  /** The rates of the bridge, on all its lanes (undefined: no limit), and the lowest class that is sent now. */
  readonly pace: { readonly gate: RateGate | undefined; readonly priorityMin: number };
  /** Those of the bridge. */
  readonly histograms: LatencyHistograms;
  readonly rests: RefusalRests;
  /** Present with durability `written` or `synced`, with the name of the queue; otherwise messages live in memory. */
  readonly stored: (ForwardStorage & { readonly owner: string }) | undefined;
}

/** A message on its way to another queue: one that waits there, or one that waits for room. */
export type MovingMessage = {
  readonly message: Message;
  readonly rule: ForwardSource;
} /** `tries`: how often the remote refused it. */ & (
  | { readonly awaited: Awaited | undefined; readonly queuedAt: number; readonly tries: number }
  | Blocked
);
