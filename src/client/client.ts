// Client: the MQTT client for applications. One session, one connection at a time, dialled again when it is lost; what
// was published and not settled is kept and goes on, subscriptions are asked for anew when the server forgot them.
//
//   connecting -> connected -> waiting -> connecting ...
//   any --close--> what is underway is settled, then closed          any --destroy--> closed
import type { ClientAuthentication } from '../../protocol/connection/client-authentication.ts';
import { type ClientTerms, unknownSession } from '../../protocol/connection/client-terms.ts';
import type { ConnectionEnd } from '../../protocol/connection/exchange.ts';
import { Session } from '../../protocol/session/session.ts';
import type { ConnackPacket } from '../../protocol/wire/packets.ts';
import { noProperties, type Properties, type UserProperty } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { ClosedError, LinkError, RefusedError, UsageError } from '../base/errors.ts';
import { describeRemote, parseRemoteAddress, type RemoteAddress } from '../base/remote-address.ts';
import { checkConnect, type LineOwner, OutgoingLine } from '../link/outgoing-line.ts';
import { planOf, Redial } from '../link/redial.ts';
import { Turn } from '../link/turn.ts';
import { Origin } from '../message/origin.ts';
import type { Ports, Socket } from '../ports/ports.ts';
import {
  type ClientOptions,
  type CloseOptions,
  clientDefaults,
  type PublishOptions,
  type SubscribeOptions,
} from './client-options.ts';
import { ClientPublisher } from './client-publisher.ts';
import type { ClientStatus } from './client-status.ts';
import { type ClientSubscription, subscribeFault } from './client-subscription.ts';
import { type ClientCounts, ClientSubscriptions } from './client-subscriptions.ts';
import { authenticationOf, connectPacketOf, disconnectProperties } from './connect-packet.ts';
import { dialOptionsOf } from './dial-options.ts';
import type { OnMessage } from './on-message.ts';
import { Redirects } from './redirects.ts';
import { paceOf } from './retry-pace.ts';

/** The world of a client. */
export interface ClientContext {
  readonly ports: Ports;
  /** Shared by everything in a process that writes to sockets; default one of its own. */
  readonly turn?: Turn;
}

/** Why a client is closed: it was told to, or it gave up. */
export interface ClientClosed {
  readonly error: Error | undefined;
}

/** An MQTT client. */
export class Client {
  /** Fulfilled when the client is closed, whichever way. */
  readonly closed: Promise<ClientClosed>;
  readonly #context: ClientContext;
  readonly #turn: Turn;
  readonly #options: ClientOptions;
  readonly #redirects: Redirects;
  /** That of this client id, over all its connections [MQTT3-3.1.3-2]. */
  readonly #session: Session;
  #clientId: string;
  readonly #redial: Redial;
  readonly #authentication: ClientAuthentication | undefined;
  readonly #publisher: ClientPublisher;
  readonly #subscriptions: ClientSubscriptions;
  readonly #listeners = new Set<(status: ClientStatus) => void>();
  #line: OutgoingLine | undefined;
  #status: ClientStatus = { state: 'connecting' };
  #wasConnected = false;
  /** The server has a session of which nothing is left here: the next connection begins a new one. */
  #isCleanDue = false;
  #failure: Error | undefined;
  #isRefused = false;
  #connackProperties: Properties = noProperties;
  #isClosing = false;
  #resolveClosed: (reason: ClientClosed) => void = () => undefined;

  private constructor(address: RemoteAddress, options: ClientOptions, context: ClientContext) {
    const { ports } = context;
    this.#clientId = options.clientId ?? `viaduct-${ports.random.bytes(7).toString('hex')}`;
    this.#context = context;
    this.#turn = context.turn ?? new Turn(ports.clock);
    this.#options = options;
    this.#redirects = new Redirects(address, options.redirectMax);
    const { sendWindowMax, receiveMaximum } = options;
    this.#session = new Session({ clientId: this.clientId, sendWindowMax, receiveMaximum });
    this.#authentication = authenticationOf(options, ports.random);
    this.#subscriptions = new ClientSubscriptions(this.#session, options, () => this.#now);
    this.#publisher = new ClientPublisher(options, new Origin('application', this.clientId), () => this.#now);
    checkConnect(connectPacketOf(this.#clientId, options, options.cleanStart));
    const dial = dialOptionsOf(address, options);
    this.#redial = new Redial(ports, planOf({ dial, backoff: options.backoff }), {
      dialling: () => this.#change({ state: 'connecting' }),
      opened: (socket) => this.#opened(socket),
      waiting: (delayMs, error) => this.#waiting(delayMs, error),
    });
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /**
   * Connects to `url`, as `mqtt://host:1883`, `mqtts://`, `ws://`, `wss://` or
   * `unix:///path`. Fulfilled when the server has accepted. Rejects
   * with LinkError or RefusedError when the first try fails (unless `isPatient`), with UsageError for an address that
   * is none, and for options that cannot be put into a CONNECT.
   */
  static async connect(
    url: string,
    options: Partial<ClientOptions> & { readonly signal?: AbortSignal },
    context: ClientContext,
  ): Promise<Client> {
    const address = parseRemoteAddress(url);
    if (typeof address === 'string') throw new UsageError('ADDRESS', address);
    const { signal, ...more } = options;
    signal?.throwIfAborted();
    const client = new Client(address, { ...clientDefaults, ...more }, context);
    const abort = (): void => client.destroy(new ClosedError('connecting was called off', signal?.reason));
    signal?.addEventListener('abort', abort, { once: true });
    client.#redial.start();
    try {
      await client.#untilConnected();
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    return client;
  }

  /** Its own, or the one that the server assigned where it had none. */
  get clientId(): string {
    return this.#clientId;
  }

  /** The state of the connection. */
  get status(): ClientStatus {
    return this.#status;
  }

  /** What the server said of itself when it accepted last: the properties of its CONNACK; empty in 3.x. */
  get serverProperties(): Properties {
    return this.#connackProperties;
  }

  /** What was counted over all connections. */
  get counts(): ClientCounts {
    return this.#subscriptions.counts;
  }

  /** Messages published and not settled. */
  get pendingCount(): number {
    return this.#publisher.pendingCount;
  }

  /** Calls `listener` whenever the state changes. Returns how to stop that. */
  onStatus(listener: (status: ClientStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Publishes a message. Fulfilled with the server's reason code when it is settled (QoS 1, 2), with success when it is
   * written (QoS 0); while there is no connection it waits. Rejects with RefusedError when the server refuses it, with
   * UsageError for an invalid topic or a full queue, with ClosedError when the client is closed before.
   */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions = {}): Promise<ReasonCode> {
    if (this.#isOver) return Promise.reject(new ClosedError('the client is closed'));
    return this.#publisher.publish(topic, payload, options);
  }

  /**
   * Subscribes to a filter; without a handler the messages are read with `batches()`. Fulfilled when the server has
   * granted it; rejects with RefusedError when it refuses.
   */
  async subscribe(filter: string, options: SubscribeOptions = {}, onMessage?: OnMessage): Promise<ClientSubscription> {
    const fault = subscribeFault(filter, options, onMessage !== undefined);
    if (fault !== undefined) throw new UsageError('TOPIC_FILTER', `the filter '${filter}' ${fault}`);
    if (this.#isOver) throw new ClosedError('the client is closed');
    return this.#subscriptions.subscribe(filter, options, onMessage);
  }

  /**
   * Ends a subscription, also one that only the server knows of, from an earlier run. Fulfilled when the server has
   * confirmed it; rejects with RefusedError when it refuses.
   */
  async unsubscribe(filter: string, userProperties?: readonly UserProperty[]): Promise<void> {
    const fault = subscribeFault(filter, {}, true);
    if (fault !== undefined) throw new UsageError('TOPIC_FILTER', `the filter '${filter}' ${fault}`);
    if (this.#isOver) throw new ClosedError('the client is closed');
    return this.#subscriptions.unsubscribe(filter, userProperties);
  }

  /**
   * Proves again who the client is, on the live connection. Returns false where there is no connection or no method;
   * when the server does not agree, the connection ends.
   */
  reauthenticate(): boolean {
    return this.#line?.machine.reauthenticate(this.#now) ?? false;
  }

  /**
   * Closes in order: waits until what was published is settled, at most `timeoutMs` (default 5000), then disconnects.
   * What is not settled by then rejects. 5.0: `sessionExpiryInterval` changes how long the server keeps the session, in
   * seconds; UsageError where CONNECT said 0, which cannot be changed [MQTT-3.14.2-2].
   */
  async close(options: CloseOptions = {}): Promise<void> {
    if (this.#isOver) {
      await this.closed;
      return;
    }
    const properties = disconnectProperties(options, this.#options);
    this.#isClosing = true;
    await new Promise<void>((resolve) => {
      const bound = this.#context.ports.clock.schedule(options.timeoutMs ?? 5000, resolve);
      options.signal?.addEventListener('abort', () => resolve(), { once: true });
      this.#publisher.whenEmpty(() => {
        bound.cancel();
        resolve();
      });
    });
    this.#redial.stop();
    this.#line?.machine.disconnect(ReasonCode.success, 'the client was closed', properties);
    this.#finish(undefined);
  }

  /** Closes at once: what is not settled rejects, the server sees a lost connection. */
  destroy(error?: Error): void {
    this.#redial.stop();
    this.#line?.destroy();
    this.#finish(error);
  }

  /** `close` with its defaults. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #now(): number {
    return this.#context.ports.clock.now();
  }

  get #isOver(): boolean {
    return this.#isClosing || this.#status.state === 'closed';
  }

  async #untilConnected(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const stop = this.onStatus((status) => {
        if (status.state === 'connected') resolve();
        else if (status.state === 'closed') reject(status.error ?? new ClosedError('the client was closed'));
        else return;
        stop();
      });
    });
  }

  #opened(socket: Socket): void {
    const { maximumPacketSize } = this.#options;
    const parts = { socket, turn: this.#turn, session: this.#session, terms: this.#terms(), maximumPacketSize };
    const line = new OutgoingLine(parts, this.#owner());
    this.#line = line;
    this.#subscriptions.use(line.machine);
    this.#publisher.use({
      get isCongested() {
        return line.isCongested;
      },
      send: (delivery, token) => line.machine.send(delivery, token, this.#now),
    });
    line.start();
  }

  #owner(): LineOwner {
    return {
      connected: (connack) => this.#connected(connack),
      refused: (reasonCode, detail) => {
        const where = describeRemote(this.#redirects.address);
        this.#isRefused = true;
        this.#failure = new RefusedError(reasonCode, `${where} refused the client: ${detail}`);
      },
      sessionLost: (entries) => this.#publisher.sessionLost(entries),
      messageReceived: (publish, ticket) => this.#subscriptions.received(publish, ticket),
      messageSettled: ({ token }, reasonCode) => this.#publisher.settled(token, reasonCode),
      subscribed: (packetId, reasonCodes) => this.#subscriptions.answered(packetId, reasonCodes[0]),
      unsubscribed: (packetId, reasonCodes) => this.#subscriptions.answered(packetId, reasonCodes[0]),
      writable: () => this.#publisher.pump(),
      closed: (end) => this.#lineClosed(end),
    };
  }

  #terms(): ClientTerms {
    const { answerTimeoutMs } = this.#options;
    const isResumed = this.#wasConnected && this.#options.version === ProtocolVersion.v5;
    const cleanStart = this.#isCleanDue || (this.#options.cleanStart && !isResumed);
    const connect = connectPacketOf(this.clientId, this.#options, cleanStart);
    const hasState = this.#wasConnected || this.#options.hasSessionState;
    const terms = { connect, hasState, answerTimeoutMs, acknowledgeTimeoutMs: 0 };
    return this.#authentication === undefined ? terms : { ...terms, authentication: this.#authentication };
  }

  #connected(connack: ConnackPacket): void {
    this.#clientId = connack.properties.assignedClientIdentifier ?? this.#clientId; // the session is known by it
    this.#wasConnected = true;
    this.#isCleanDue = false;
    this.#failure = undefined;
    this.#connackProperties = connack.properties;
    this.#redirects.connected();
    this.#redial.connected();
    this.#subscriptions.connected(connack.sessionPresent);
    this.#change({ state: 'connected', sessionPresent: connack.sessionPresent });
    this.#publisher.pump();
  }

  #lineClosed(end: ConnectionEnd): void {
    this.#line = undefined;
    this.#subscriptions.use(undefined);
    this.#publisher.use(undefined);
    // [MQTT-3.2.2-4] closed, and connected anew with clean start
    const isUnknown = end.statement === unknownSession && !this.#isCleanDue;
    const isRefused = this.#isRefused;
    this.#isRefused = false;
    const wasAway = this.#redirects.address;
    const isSent = this.#redirects.follow(end);
    if (this.#redirects.address !== wasAway)
      this.#redial.redirect(dialOptionsOf(this.#redirects.address, this.#options));
    if (isUnknown) this.#isCleanDue = true;
    else if (isSent) this.#failure = undefined;
    else this.#failure ??= new LinkError('open', end.detail);
    const pace = isUnknown || isSent ? 'now' : paceOf(end, isRefused);
    if (pace === 'never') this.destroy(this.#failure);
    else this.#redial.lost(pace);
  }

  #waiting(delayMs: number, error: Error | undefined): void {
    if (error !== undefined && this.#redirects.goHome()) {
      this.#redial.redirect(dialOptionsOf(this.#redirects.address, this.#options));
    }
    const reason = error ?? this.#failure ?? new LinkError('open', 'the connection was lost');
    this.#failure = undefined;
    const isFirst = !this.#wasConnected && !this.#options.isPatient;
    if (isFirst || !this.#options.isReconnecting) this.destroy(reason);
    else this.#change({ state: 'waiting', retryAt: this.#now + delayMs, error: reason });
  }

  #change(status: ClientStatus): void {
    if (this.#status.state === 'closed') return;
    this.#status = status;
    for (const listener of [...this.#listeners]) listener(status);
  }

  #finish(error: Error | undefined): void {
    if (this.#status.state === 'closed') return;
    const reason = error ?? new ClosedError('the client was closed');
    this.#publisher.clear(reason);
    this.#subscriptions.clear(reason);
    this.#change({ state: 'closed', error });
    this.#resolveClosed({ error });
  }
}
