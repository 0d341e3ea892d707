// ClientSubscriptions: what a client is subscribed to, over all its connections. It asks the server, hands each message
// to everybody whom it matches, and acknowledges it when the last of them has; on a server that forgot them it asks for
// its subscriptions anew. Each connection is lent to it.
import type { ClientConnection } from '../../protocol/connection/client-connection.ts';
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import type { Session } from '../../protocol/session/session.ts';
import { noProperties, type Properties, type UserProperty } from '../../protocol/wire/properties.ts';
import { PropertyPlace } from '../../protocol/wire/property-names.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import { ClosedError, UsageError } from '../base/errors.ts';
import type { ClientOptions, SubscribeOptions } from './client-options.ts';
import { type ClientRequest, ClientRequests } from './client-requests.ts';
import { ClientSubscription } from './client-subscription.ts';
import { checkProperties } from './connect-packet.ts';
import { handle, type OnMessage } from './on-message.ts';
import { ReceivedMessage } from './received-message.ts';
import { offerFault } from './server-offers.ts';

/** What a client has counted since it began. */
export interface ClientCounts {
  /** Messages that no subscription here asked for: of an earlier run's session, or the server's mistake. */
  readonly unasked: number;
  /** Messages at a higher QoS than the server granted to any subscription that they match. */
  readonly qosAboveGranted: number;
}

/** The subscriptions of one client. */
export class ClientSubscriptions {
  readonly #session: Session;
  readonly #now: () => number;
  readonly #requests = new ClientRequests();
  readonly #subscriptions = new Map<string, ClientSubscription>();
  readonly #options: Pick<ClientOptions, 'isGrantEnforced' | 'onUnasked'>;
  #machine: ClientConnection | undefined;
  #unasked = 0;
  #qosAboveGranted = 0;
  #isOver = false;

  /** `session`: where messages are accepted; `now`: ms of the monotonic clock. */
  constructor(session: Session, options: Pick<ClientOptions, 'isGrantEnforced' | 'onUnasked'>, now: () => number) {
    this.#session = session;
    this.#options = options;
    this.#now = now;
  }

  /** See `Client.counts`. */
  get counts(): ClientCounts {
    return { unasked: this.#unasked, qosAboveGranted: this.#qosAboveGranted };
  }

  /** A connection begins, or is gone. */
  use(machine: ClientConnection | undefined): void {
    this.#machine = machine;
  }

  /** See `Client.subscribe`. */
  async subscribe(filter: string, options: SubscribeOptions, onMessage?: OnMessage): Promise<ClientSubscription> {
    const entry = {
      filter,
      qos: options.qos ?? 0,
      noLocal: options.isNoLocal ?? false,
      retainAsPublished: options.isRetainAsPublished ?? false,
      retainHandling: options.retainHandling ?? 0,
    };
    const { subscriptionIdentifier: identifier, userProperties, isManual = false } = options;
    const properties = {
      ...(identifier === undefined ? {} : { subscriptionIdentifiers: [identifier] }),
      ...(userProperties === undefined ? {} : { userProperties }),
    };
    checkProperties(properties, PropertyPlace.subscribe);
    const subscription = new ClientSubscription({ entry, properties, isManual }, onMessage, (one) =>
      this.#unsubscribe(one),
    );
    this.#subscriptions.get(filter)?.over();
    this.#subscriptions.set(filter, subscription);
    try {
      const granted = await this.#ask('subscribe', filter);
      subscription.grantedQos = granted === 0 ? 0 : granted === 1 ? 1 : 2;
    } catch (error) {
      this.#forget(subscription);
      throw error;
    }
    return subscription;
  }

  /** See `Client.unsubscribe`. */
  async unsubscribe(filter: string, userProperties: readonly UserProperty[] = []): Promise<void> {
    const properties = userProperties.length === 0 ? noProperties : { userProperties };
    checkProperties(properties, PropertyPlace.unsubscribe);
    const subscription = this.#subscriptions.get(filter);
    await this.#ask('unsubscribe', filter, properties);
    if (subscription !== undefined) this.#forget(subscription);
  }

  /** The server accepted the connection: what has no answer is asked, and what it forgot. */
  connected(isSessionPresent: boolean): void {
    const pending = this.#requests.takeAll();
    if (!isSessionPresent) this.#subscribeAgain(pending);
    for (const request of pending) this.#send(request);
  }

  /** The server answered a SUBSCRIBE or UNSUBSCRIBE. */
  answered(packetId: number, reasonCode: ReasonCode | undefined): void {
    this.#requests.answered(packetId, reasonCode);
  }

  /** Hands a message to everybody whom it matches. */
  received(publish: ReceivedPublish, ticket: number): void {
    const matching = [...this.#subscriptions.values()].filter((one) => one.matches(publish.topic));
    let open = matching.length;
    let worst: ReasonCode = ReasonCode.success;
    if (matching.length === 0) {
      this.#receivedUnasked(publish, ticket);
      return;
    }
    if (isAboveGrant(publish.qos, matching)) this.#aboveGrant();
    const message = new ReceivedMessage(publish);
    for (const subscription of matching) {
      subscription.deliver(message, (reasonCode) => {
        if (isFailure(reasonCode)) worst = reasonCode;
        open--;
        if (open === 0 && ticket > 0) this.#session.accept(ticket, worst);
      });
    }
  }

  /** The client is closed: nothing more is asked, and iterations end. */
  clear(reason: Error): void {
    this.#isOver = true;
    this.#requests.clear(reason);
    for (const subscription of this.#subscriptions.values()) subscription.over();
  }

  /** [MQTT-4.5.0-2] [MQTT3-4.5.0-2] acknowledged, wanted or not. */
  #receivedUnasked(publish: ReceivedPublish, ticket: number): void {
    this.#unasked++;
    const release = (reasonCode: ReasonCode): void => {
      if (ticket > 0) this.#session.accept(ticket, reasonCode);
    };
    const { onUnasked } = this.#options;
    if (onUnasked === undefined) release(ReasonCode.success);
    else handle(onUnasked, new ReceivedMessage(publish), false, release);
  }

  #aboveGrant(): void {
    this.#qosAboveGranted++;
    if (!this.#options.isGrantEnforced) return;
    const detail = 'a message came at a higher QoS than the server granted';
    this.#machine?.disconnect(ReasonCode.protocolError, detail);
  }

  /** All but those that are about to be asked for anyway are asked for again. */
  #subscribeAgain(pending: readonly ClientRequest[]): void {
    const asked = new Set(pending.map(({ filter }) => filter));
    for (const { filter } of this.#subscriptions.values()) {
      if (asked.has(filter)) continue;
      this.#send({
        kind: 'subscribe',
        filter,
        properties: noProperties,
        resolve: () => undefined,
        reject: (error) => this.#lostFilter(filter, error),
      });
    }
  }

  #lostFilter(filter: string, error: Error): void {
    const subscription = this.#subscriptions.get(filter);
    if (subscription && !(error instanceof ClosedError)) this.#forget(subscription);
  }

  #ask(kind: ClientRequest['kind'], filter: string, properties: Properties = noProperties): Promise<ReasonCode> {
    return new Promise((resolve, reject) => this.#send({ kind, filter, properties, resolve, reject }));
  }

  #send(request: ClientRequest): void {
    const machine = this.#machine;
    const { kind, filter } = request;
    const subscription = kind === 'subscribe' ? this.#subscriptions.get(filter) : undefined;
    const unserved = subscription && offerFault(machine?.server, filter, hasIdentifier(subscription));
    if (unserved !== undefined) {
      request.reject(new UsageError('NOT_SENT', `the filter '${filter}' was not sent: ${unserved}`));
      return;
    }
    const packetId =
      subscription === undefined
        ? (machine?.unsubscribe([filter], this.#now(), request.properties) ?? 0)
        : (machine?.subscribe([subscription.entry], subscription.properties, this.#now()) ?? 0);
    if (packetId > 0) this.#requests.asked(packetId, request);
    else if (packetId === 0) this.#requests.wait(request);
    else request.reject(new UsageError('NOT_SENT', `${filter} is longer than the server takes`));
  }

  async #unsubscribe(subscription: ClientSubscription): Promise<void> {
    if (this.#subscriptions.get(subscription.filter) !== subscription) return;
    if (!this.#isOver) await this.#ask('unsubscribe', subscription.filter);
    this.#forget(subscription);
  }

  #forget(subscription: ClientSubscription): void {
    subscription.over();
    if (this.#subscriptions.get(subscription.filter) === subscription) this.#subscriptions.delete(subscription.filter);
  }
}

/** Whether every grant that a message may have come under is known, and below its QoS. */
function isAboveGrant(qos: Qos, matching: readonly ClientSubscription[]): boolean {
  return qos > 0 && matching.every(({ grantedQos = 2 }) => grantedQos < qos);
}

function hasIdentifier({ properties }: ClientSubscription): boolean {
  return properties.subscriptionIdentifiers !== undefined;
}
