// DeviceSession: what the broker keeps of a device across its connections: its subscriptions, the flows that are not
// settled, and the messages that wait. It is the destination under which the device is known to the router.
//
//   no connection: QoS 1 and 2 wait in the queue, QoS 0 is dropped (counted)
//   slow:          everything waits, QoS 0 within a bound of its own
//   connected:     queue empty and window open -> sent at once; otherwise behind the queue, which `pump` empties
//
// Messages leave in the order in which they came [MQTT3-4.6.0-5] [MQTT3-4.6.0-6].
// Bounded by the queue's limits and the budget of all queues, the send window, `underwayBytesMax`, `subscriptionsMax`.

import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import { isForgone, type SendEntry } from '../../protocol/session/send-entry.ts';
import { Session } from '../../protocol/session/session.ts';
import { SmallMap } from '../../protocol/topic/small-map.ts';
import { lowerQos, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Delivery, Publishable } from '../../protocol/wire/publishable.ts';
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Identity } from '../access/acl.ts';
import { awayIdentityOf } from '../access/acl.ts';
import type { Durability } from '../base/durability.ts';
import type { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import type { RunHold } from '../queue/hold.ts';
import type { MessageQueue, QueueEntry } from '../queue/message-queue.ts';
import type { DropReason } from '../queue/overflow.ts';
import { Queue } from '../queue/queue.ts';
import type { StoredQueue } from '../queue/stored-queue.ts';
import type { Acceptance } from '../router/acceptance.ts';
import type { Destination, Grant, RunTaker, SubscriptionOptions } from '../router/destination.ts';
import type { RetainedReplay } from '../router/retained-replay.ts';
import type { BrokerOptions } from './broker-options.ts';
import type { BrokerCounters } from './broker-status.ts';
import type { DeviceLine } from './device-line.ts';
import { isKeptBack, isRestricted } from './kept-back.ts';
import { queueLimitsOf, type SessionTerms } from './session-class.ts';
import type { SessionCommon } from './session-common.ts';
import { bytesUnderway, type Identifiers, openSessionQueue } from './session-queue.ts';
import { type ReplaySession, SessionReplays } from './session-replays.ts';
import type { SessionStore } from './session-store.ts';
import { SharedMessages } from './shared-messages.ts';

/** One device's session. */
export class DeviceSession implements Destination, RunTaker, ReplaySession {
  readonly origin: Origin;
  /** The flows of QoS 1 and 2 in both directions. */
  readonly flows: Session;
  /** By filter, `$share/...` included. */
  readonly subscriptions: SmallMap<SubscriptionOptions> = new SmallMap();
  /** Of these, filters that the rules do not allow any more; made when there is one. */
  suspended: Set<string> | undefined;
  /** It was told that the session takes no more subscriptions. */
  isFullTold = false;
  /** Whose it is, since its device connected last. */
  identity: Identity | undefined;
  /**
   * When the session ends for want of a connection, in ms of the monotonic clock; Infinity while connected or kept for
   * ever.
   */
  expiresAt: number = Number.POSITIVE_INFINITY;
  /** Where the session outlives the process; undefined where it does not. */
  readonly store: SessionStore | undefined;
  /** How safe its messages must be where they are stored. */
  durability: Durability;
  readonly #common: SessionCommon;
  readonly #terms: SessionTerms;
  readonly #options: BrokerOptions;
  readonly #counters: BrokerCounters;
  /** Bytes underway at QoS 1 and 2, those of runs apart. */
  #underwayBytes = 0;
  /** Made with the first message that has to wait. */
  #queue: MessageQueue<Identifiers> | undefined;
  /** The same, where it outlives the process. */
  #stored: StoredQueue<Identifiers> | undefined;
  #isRefused = false;
  /** Made with the first. */
  #shared: SharedMessages | undefined;
  /** Made with the first. */
  #replays: SessionReplays | undefined;
  #line: DeviceLine | undefined;
  #isPumping = false;
  /** Messages that waited when rules changed: they are looked at again when their turn comes. */
  #recheckCount = 0;

  /** `terms` hold as long as the session lives; `store`: it outlives the process. */
  constructor(clientId: string, common: SessionCommon, terms: SessionTerms, store?: SessionStore) {
    const { options, counters } = common;
    this.#common = common;
    this.#terms = terms;
    this.durability = terms.durability;
    this.origin = new Origin('device', clientId);
    this.flows = new Session({
      clientId,
      sendWindowMax: options.sendWindowMax,
      receiveMaximum: options.receiveMaximum,
    });
    this.#options = options;
    this.#counters = counters;
    this.store = store;
    if (store) this.#openStored(store);
  }

  /** See `Destination`. */
  get runTaker(): RunTaker {
    return this;
  }

  /** See `RunTaker`. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean {
    const line = this.#line;
    if (line === undefined || line.isCongested || this.unreadCount > 0) return false;
    const stored = qos > 0 ? this.#stored : undefined;
    if (stored && !stored.passage.mayPass(qos, run)) return false;
    return line.maySendRun(qos, run, stored === undefined ? 0 : stored.lastSequence + 1);
  }

  /** See `RunTaker`. What outlives the process is stored on its way. */
  takeRun(forms: RunForms, qos: Qos, hold: RunHold): void {
    this.#counters.matched.add(forms.count);
    this.#counters.sent.add(forms.count);
    if (qos === 0) this.#counters.sentOnce.add(forms.count);
    this.#counters.payloadBytesSent.add(forms.run.payloadBytes);
    const token = qos > 0 ? this.#stored?.passage.pass(forms, qos, undefined, hold) : 0;
    this.#line?.sendRun(forms, qos, token ?? 0);
  }

  /** Whether a device is connected to it now. */
  get isReady(): boolean {
    return this.#line !== undefined;
  }

  /** The connection in use. */
  get line(): DeviceLine | undefined {
    return this.#line;
  }

  /** Messages waiting, those underway from the queue included. */
  get queueDepth(): number {
    return this.#queue?.depth ?? 0;
  }

  /** Of these, not sent yet. */
  get unreadCount(): number {
    return this.#queue?.unreadCount ?? 0;
  }

  /** Bytes of the messages waiting. */
  get queueBytes(): number {
    return this.#queue?.byteLength ?? 0;
  }

  /** The device is connected: what waits goes out, and what had begun is finished [MQTT-4.8.2-4]. */
  attach(line: DeviceLine): void {
    this.#line = line;
    this.expiresAt = Number.POSITIVE_INFINITY;
    this.pump();
  }

  /** The connection is gone; entries underway stay in the window for the next one. */
  detach(): void {
    this.identity = this.identity && awayIdentityOf(this.identity);
    this.#line = undefined;
  }

  /** The session ends: what it had from groups goes to other members, all else that waits is dropped, counted. */
  end(): void {
    const underway = this.flows.reset();
    this.#underwayBytes = 0;
    this.#replays = undefined;
    this.#shared?.passOn(underway, {
      takeOut: (sequence) => this.#queue?.acknowledge(sequence)?.message,
      passedOn: (isTaken) => this.#drop(isTaken ? 'passed-on' : 'session-ended'),
    });
    if (this.store) this.#drop('session-ended', this.queueDepth);
    this.#queue?.clear('session-ended');
    const windowOnly = underway.filter((entry) => entry.token === 0 && !isForgone(entry)).length;
    this.#drop('session-ended', windowOnly);
  }

  /** Takes a message that matched the session's subscriptions, behind all before it [MQTT-4.6.0-5] [MQTT-4.6.0-6]. */
  deliver(message: Message, grant: Grant, acceptance: Acceptance): void {
    const qos = lowerQos(message.qos, grant.qos); // [MQTT-3.8.4-8] [MQTT3-3.8.4-6]
    const retain = grant.isRetainAsPublished && message.retain; // [MQTT-3.3.1-12] [MQTT-3.3.1-13] [MQTT3-3.3.1-9]
    const isQueued = qos > 0 && (grant.group !== undefined || this.store !== undefined);
    if (isQueued) this.#queueUp(message.withTopic(message.topic, qos, retain), grant, acceptance);
    else this.#take(message, qos, retain, grant.identifiers);
  }

  /** See `Destination`. */
  isFullFor(_message: Message, { qos }: Grant): boolean {
    return qos > 0 && this.store?.storage.isRefusing === true;
  }

  /** Takes the retained messages of a new subscription, behind what waits. */
  replay(filter: string, source: RetainedReplay, options: SubscriptionOptions): void {
    this.#replays ??= new SessionReplays(this);
    this.#replays.add(filter, source, options);
    this.pump();
  }

  /** A subscription is over: what is left of its retained messages does not come [MQTT-3.10.4-2]. */
  forgetReplay(filter: string): void {
    this.#replays?.forget(filter);
  }

  /** What the device may get has changed: what waits is looked at again. */
  recheck(): void {
    this.#recheckCount = isRestricted(this) ? this.unreadCount : 0;
  }

  /** The device settled what was sent to it; refused, it goes to nobody else either [MQTT-4.8.2-6]. */
  settled(entry: SendEntry, reasonCode: ReasonCode): void {
    // what runs left unfinished comes here too, and was never added
    const isIdle = this.flows.underwayCount === 0;
    this.#underwayBytes = isIdle ? 0 : Math.max(0, this.#underwayBytes - bytesUnderway(entry.delivery));
    if (entry.token > 0) {
      const isOfQueue = this.#queue?.acknowledge(entry.token) !== undefined;
      if (!isOfQueue) this.#stored?.passage.passedAlone(entry.token, undefined);
      this.#shared?.remove(entry.token);
    }
    if (isFailure(reasonCode)) this.#drop('refused');
    else if (!isForgone(entry)) this.#counters.settled.add();
    this.pump();
  }

  /** The device settled messages of a run. `token`: of the first, those of the others follow it; 0 for none. */
  runSettled(token: number, count: number): void {
    if (token > 0) this.#stored?.passage.passed(token, count, undefined);
    this.#counters.settled.add(count);
    if (this.unreadCount > 0 || this.#replays?.isDone === false) this.pump();
  }

  /** Sends what waits, as far as link and window allow. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#sendNext()) {
      // one message a turn of this loop; it ends when the queue is empty, the window full or the link congested
    }
    this.#isPumping = false;
  }

  #sendNext(): boolean {
    const line = this.#line;
    const queue = this.#queue;
    if (line === undefined || line.isCongested) return false;
    const entry = queue?.peek();
    if (queue === undefined || entry === undefined) return this.#sendRetainedNext();
    if (this.#recheckCount > 0 && this.#keepBack(queue, entry)) return true;
    const { message, tag, sequence } = entry;
    const delivery = { message, qos: message.qos, retain: message.retain, subscriptionIdentifiers: tag };
    const outcome = this.#send(line, delivery, message.qos === 0 ? 0 : sequence);
    if (outcome === 'full' || outcome === 'offline') return false;
    queue.next();
    if (this.#recheckCount > 0) this.#recheckCount--;
    if (outcome !== 'sent') this.#drop(outcome);
    if (outcome === 'sent') this.#countSent(message, message.qos);
    if (outcome !== 'sent' || message.qos === 0) {
      queue.acknowledge(sequence);
      this.#shared?.remove(sequence);
      if (message.qos === 2) this.flows.forgo(sequence);
    }
    return true;
  }

  /** Replays take memory only while there is something to come. */
  #sendRetainedNext(): boolean {
    const isSent = this.#replays?.sendNext() === true;
    if (this.#replays?.isDone) this.#replays = undefined;
    return isSent;
  }

  /** Lets a message go that the device may not get any more; its group may have somebody else. */
  #keepBack(queue: MessageQueue<Identifiers>, { message, sequence }: QueueEntry<Identifiers>): boolean {
    if (!isKeptBack(this, message.topic)) return false;
    this.#recheckCount--;
    queue.next();
    queue.acknowledge(sequence);
    if (message.qos === 2) this.flows.forgo(sequence);
    const group = this.#shared?.remove(sequence);
    this.#drop(group?.passOn(message) ? 'passed-on' : 'denied');
    return true;
  }

  /** Sends, unless too many bytes are underway already; one message of any size has room. */
  #send(line: DeviceLine, delivery: Delivery, token: number): SendOutcome {
    if (delivery.qos === 0) return line.send(delivery, token);
    const bytes = bytesUnderway(delivery);
    const sum = this.#underwayBytes + bytes;
    if (sum > this.#options.underwayBytesMax && this.#underwayBytes > 0) return 'full';
    const outcome = line.send(delivery, token);
    if (outcome === 'sent') this.#underwayBytes = sum;
    return outcome;
  }

  /** See `ReplaySession`. */
  optionsOf(filter: string): SubscriptionOptions | undefined {
    return this.subscriptions.get(filter);
  }

  /** See `ReplaySession`. */
  sendRetained(delivery: Delivery): SendOutcome {
    const outcome = this.#line === undefined ? 'offline' : this.#send(this.#line, delivery, 0);
    if (outcome === 'full' || outcome === 'offline' || outcome === 'expired') return outcome;
    this.#counters.matched.add();
    if (outcome === 'sent') this.#countSent(delivery.message, delivery.qos);
    else this.#drop(outcome);
    return outcome;
  }

  #take(message: Message, qos: Qos, retain: boolean, identifiers: Identifiers): void {
    this.#counters.matched.add();
    const line = this.#line;
    if (line === undefined || line.isCongested || this.unreadCount > 0) {
      this.#wait(message, qos, retain, identifiers);
      return;
    }
    const sent = qos === 0 ? message : message.own();
    const outcome = this.#send(line, { message: sent, qos, retain, subscriptionIdentifiers: identifiers }, 0);
    if (outcome === 'sent') this.#countSent(message, qos);
    else if (outcome === 'full' || outcome === 'offline') this.#wait(message, qos, retain, identifiers);
    else this.#drop(outcome);
  }

  /**
   * A message of a group stays in the queue until it is settled: should the session end, another member gets it. So
   * does one for a session that outlives the process, whether or not it can be sent at once.
   */
  #queueUp(message: Message, { group, identifiers }: Grant, acceptance: Acceptance): void {
    this.#counters.matched.add();
    this.#isRefused = false;
    const sequence = this.#openQueue().append(message, identifiers, acceptance);
    if (sequence === 0 && this.#isRefused) acceptance.refuse(ReasonCode.quotaExceeded, true);
    if (sequence > 0 && group) {
      this.#shared ??= new SharedMessages();
      this.#shared.add(sequence, group);
    }
    this.pump();
  }

  /** [MQTT3-3.1.2-5] */
  #wait(message: Message, qos: Qos, retain: boolean, identifiers: Identifiers): void {
    if (qos === 0 && this.#line === undefined) this.#drop('qos-0-offline');
    else if (qos === 0 && !this.#hasRoomForQos0(message)) this.#drop('qos-0-congested');
    else this.#openQueue().append(message.withTopic(message.topic, qos, retain), identifiers);
  }

  /** QoS 0 waits only for a device that is slow, and never pushes out what was acknowledged. */
  #hasRoomForQos0(message: Message): boolean {
    const { qos0QueueBytesMax } = this.#options;
    const bytes = (this.#queue?.byteLength ?? 0) + message.byteLength;
    return bytes <= qos0QueueBytesMax && this.queueDepth < this.#terms.queueCountMax / 2;
  }

  #openStored({ storage }: SessionStore): void {
    const queue = openSessionQueue(storage, this.flows, this.#options.sendWindowMax, {
      limits: queueLimitsOf(this.#terms, this.#common.clock),
      budget: this.#common.budget,
      durabilityOf: () => this.durability,
      origin: this.origin,
      dropped: (sequence, _tag, reason, qos) => {
        this.#shared?.remove(sequence);
        if (qos === 2) this.flows.forgo(sequence);
        this.#isRefused = reason === 'disk-full' && storage.whenFull === 'refuse';
        this.#drop(reason);
      },
      readable: () => this.pump(),
    });
    this.#queue = queue;
    this.#stored = queue;
    queue.forEachTag((_tag, count) => this.#counters.matched.add(count));
  }

  #openQueue(): MessageQueue<Identifiers> {
    if (this.#queue === undefined) {
      this.#queue = new Queue<Identifiers>(
        queueLimitsOf(this.#terms, this.#common.clock),
        ({ sequence }, reason) => {
          this.#shared?.remove(sequence);
          this.#drop(reason);
        },
        { budget: this.#common.budget },
      );
    }
    return this.#queue;
  }

  #countSent({ payload }: Publishable, qos: Qos): void {
    this.#counters.sent.add();
    if (qos === 0) this.#counters.sentOnce.add();
    this.#counters.payloadBytesSent.add(payload.length);
  }

  #drop(reason: DropReason, count = 1): void {
    if (count === 0) return;
    this.#counters.dropped.add(reason, count);
    this.#common.drops.add(this.origin.name, reason);
  }
}
