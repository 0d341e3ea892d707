// Destination: whoever takes messages from the router. A device's session
// and a bridge's forward rule are destinations; they know nothing of each
// other and meet only here.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { Acceptance } from './acceptance.ts';
import type { RunAcceptance } from './run-acceptance.ts';

/** What a subscription asks for (5.0 section 3.8.3.1). */
export interface SubscriptionOptions {
  /** The highest QoS at which the subscriber wants messages. */
  readonly qos: Qos;
  /** Do not deliver what the subscriber itself published. */
  readonly isNoLocal: boolean;
  /** Deliver with the retain flag as published, instead of 0. */
  readonly isRetainAsPublished: boolean;
  /** 1 to 268435455; 0 means none. */
  readonly identifier: number;
  /** Present where the subscriber may not have all that its filter matches: whether a topic is kept from it. */
  readonly isWithheld?: ((topic: string) => boolean) | undefined;
}

/** What a message's matching subscriptions of one destination grant together. Borrowed: reused for the next message. */
export interface Grant {
  /** The highest QoS among the matching subscriptions [MQTT-3.3.4-2] [MQTT3-3.3.5-1]. */
  qos: Qos;
  /** Whether any of them wants the retain flag as published. */
  isRetainAsPublished: boolean;
  /** Identifiers of all of them that have one [MQTT-3.3.4-4]; undefined if none has. */
  identifiers: readonly number[] | undefined;
  /** The group whose turn it was, if it is a shared subscription that granted this. */
  group?: ShareGroup;
}

/** Where a message goes whose receiver is gone for good. */
export interface ShareGroup {
  /** Gives an owned message to another member. Returns whether there was one. */
  passOn(message: Message): boolean;
}

/** A destination that can take messages as runs of the frames that they came in. */
export interface RunTaker {
  /** Whether the messages of a run can be passed on now at this QoS, ahead of nothing that waits. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean;
  /**
   * Passes a run on at this QoS, and holds it as safe as `deliver` would; `mayTakeRun` has said that it can. What it
   * needs beyond the end of the turn it copies or owns. A destination that needs time takes a hold on what
   * `acceptance` opens; it does not take runs that may not wait (`PublishRun.mayWait`).
   */
  takeRun(forms: RunForms, qos: Qos, acceptance: RunAcceptance): void;
}

/** A taker of runs on a route. */
export interface RunStop {
  readonly taker: RunTaker;
  /** The highest QoS that it is granted. */
  readonly qos: Qos;
}

/** Somebody who takes messages. `deliver` is synchronous and never throws; what it cannot do at once it queues. */
export interface Destination {
  /** Who this is when it publishes: what no-local compares with. */
  readonly origin: Origin;
  /** Whether it can pass messages on at once (its link is up); a shared group prefers members that are. */
  readonly isReady: boolean;
  /** Present where messages can be passed on as runs. */
  readonly runTaker?: RunTaker;
  /** Present where that depends on the topic: who takes the runs of one. It is asked once for each route. */
  runTakerOf?(topic: string): RunTaker;
  /**
   * Whether it would refuse a message for now, as `Acceptance.refuse` has it. Asked before a QoS 2 message goes to
   * anybody, except for a will: it comes again as a new one, and whoever had taken it would get it twice. Members of a
   * shared group are not asked. Absent: it never does.
   */
  isFullFor?(message: Message, grant: Grant): boolean;
  /**
   * Takes one message. It is borrowed: to keep it, `message.own()`. A destination that is not safe with it when it
   * returns takes a hold on `acceptance` first.
   */
  deliver(message: Message, grant: Grant, acceptance: Acceptance): void;
}
