// Connector: the outbound connection of one bridge, dialled again for as long as the bridge lives; to the remote it is
// a client like any other [MQTT3-7.0.0-1]. The session belongs to the connector; sockets, machines and buffers belong
// to one line each and go with it.
//
//   dialling -> line opened -> CONNECT -> connected -> lost -> waiting (back-off) -> dialling ...
//
// Bounded: one line at a time.
import type { ClientAuthentication } from '../../protocol/connection/client-authentication.ts';
import { type ClientTerms, unknownSession } from '../../protocol/connection/client-terms.ts';
import type { ConnectionEnd, SendOutcome } from '../../protocol/connection/exchange.ts';
import { type PeerLimits, packetSizeMax } from '../../protocol/connection/limits.ts';
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import type { SendEntry } from '../../protocol/session/send-window.ts';
import { Session } from '../../protocol/session/session.ts';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnackPacket, ConnectPacket, SubscribeEntry } from '../../protocol/wire/packets.ts';
import { noProperties, type Properties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import { isFailure, ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { describeRemote } from '../base/remote-address.ts';
import { checkConnect, type LineOwner, OutgoingLine } from '../link/outgoing-line.ts';
import { Redial, type RedialOwner } from '../link/redial.ts';
import type { Turn } from '../link/turn.ts';
import type { Ports, Socket } from '../ports/ports.ts';
import { clientAuthenticationOf } from '../secrets/scram-client.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { BridgeLinkState } from './bridge-status.ts';
import type { ForwardLine } from './forwarder.ts';

/** What the bridge does with its connection. */
export interface ConnectorOwner {
  /** MQTT is up: subscriptions are asked for, and what waits goes out. */
  connected(isSessionPresent: boolean): void;
  /** The line takes more again. */
  writable(): void;
  messageReceived(publish: ReceivedPublish, ticket: number): void;
  messageSettled(entry: SendEntry, reasonCode: ReasonCode): void;
  /** The remote settled a message that was sent in a run. */
  runSettled(token: number): void;
  sessionLost(entries: readonly SendEntry[]): void;
  /** One reason code for each of these filters, which were asked for. */
  subscribed(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void;
  /** The state of the link has changed. */
  stateChanged(): void;
}

/** What a connector works with. */
export interface ConnectorParts {
  readonly ports: Ports;
  readonly log: Log;
  readonly turn: Turn;
  readonly options: BridgeOptions;
}

/** A method of enhanced authentication says who the bridge is, so CONNECT does not. */
const nobody: { readonly username?: string; readonly password?: string } = {};

/** One bridge's connection. */
export class Connector implements ForwardLine, LineOwner, RedialOwner {
  /** The flows that are not settled; they outlive the connections. */
  readonly session: Session;
  readonly #parts: ConnectorParts;
  readonly #owner: ConnectorOwner;
  readonly #redial: Redial;
  readonly #authentication: ClientAuthentication | undefined;
  /** What was asked for and not answered yet, by packet identifier. */
  readonly #asked = new Map<number, readonly SubscribeEntry[]>();
  #line: OutgoingLine | undefined;
  #state: BridgeLinkState;
  #connects = 0;
  #isBridgeBitSet: boolean;
  #isClosed = false;
  #wasAccepted = false;
  /** The remote has a session of which nothing is left here: the next connection begins a new one. */
  #isCleanDue = false;
  #lastEnd = '';
  #lineGone: (() => void) | undefined;

  constructor(parts: ConnectorParts, owner: ConnectorOwner) {
    const { options, ports } = parts;
    this.#parts = parts;
    this.#owner = owner;
    this.#isBridgeBitSet = options.isBridgeBitSet && options.version !== ProtocolVersion.v5;
    this.#state = { state: 'connecting', since: ports.clock.now() };
    this.session = new Session({
      clientId: options.clientId,
      sendWindowMax: options.sendWindowMax,
      receiveMaximum: options.receiveMaximum,
    });
    this.#authentication =
      options.version === ProtocolVersion.v5
        ? clientAuthenticationOf(options.authentication, options, ports.random)
        : undefined;
    const dial = {
      ...options.remote,
      timeoutMs: options.connectTimeoutMs,
      isNoDelay: options.isNoDelay,
      keepAliveDelayMs: options.tcpKeepAliveMs,
    };
    this.#redial = new Redial(ports, { dial, backoff: options.backoff }, this);
    checkConnect(this.#terms().connect);
  }

  /** The state of the link. */
  get state(): BridgeLinkState {
    return this.#state;
  }

  /** How often MQTT came up. */
  get connects(): number {
    return this.#connects;
  }

  /** See `ForwardLine`. */
  get isConnected(): boolean {
    return this.#line?.machine.isConnected ?? false;
  }

  /** See `ForwardLine`. */
  get isCongested(): boolean {
    return this.#line?.isCongested ?? false;
  }

  /** See `ForwardLine`. */
  get limits(): PeerLimits | undefined {
    return this.#line?.machine.server;
  }

  /** Begins to dial. */
  start(): void {
    this.#redial.start();
  }

  /** See `ForwardLine`. */
  send(delivery: Delivery, token: number): SendOutcome {
    return this.#line?.machine.send(delivery, token, this.#parts.turn.now) ?? 'offline';
  }

  /** See `ForwardLine`. */
  maySendRun(qos: Qos, run: PublishRun): boolean {
    return this.#line?.machine.maySendRun(qos, run) ?? false;
  }

  /** See `ForwardLine`. */
  sendRun(forms: RunForms, qos: Qos, token: number): void {
    this.#line?.machine.sendRun(forms, qos, token, this.#parts.turn.now);
  }

  /** Asks the remote for subscriptions, in as many packets as its maximum packet size calls for. */
  subscribe(entries: readonly SubscribeEntry[]): void {
    const { options, log } = this.#parts;
    const properties = options.version === ProtocolVersion.v5 ? options.subscribeProperties : noProperties;
    const packetId = this.#line?.machine.subscribe(entries, properties, this.#now) ?? 0;
    if (packetId > 0) this.#asked.set(packetId, entries);
    if (packetId >= 0) return;
    const half = Math.ceil(entries.length / 2);
    if (entries.length > 1) {
      this.subscribe(entries.slice(0, half));
      this.subscribe(entries.slice(half));
    } else {
      const facts = { bridge: options.name, filter: entries[0]?.filter };
      log.error(facts, 'not subscribed: the remote does not take so large a packet');
    }
  }

  /** Disconnects in order and dials no more; fulfilled when the socket is gone. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#redial.stop();
    if (this.#line !== undefined) {
      const gone = new Promise<void>((resolve) => {
        this.#lineGone = resolve;
      });
      this.#line.machine.disconnect(ReasonCode.success, 'the bridge was closed');
      await gone;
    }
    this.#changeState({ state: 'closed', since: this.#now });
  }

  /** Ends a connection of 3.x, which has no word for what is wrong, and dials again after the back-off. */
  breakOff(detail: string): void {
    if (this.#parts.options.version === ProtocolVersion.v5) return;
    this.#line?.machine.disconnect(ReasonCode.quotaExceeded, detail);
  }

  /** Cuts the connection and dials no more. */
  destroy(): void {
    this.#isClosed = true;
    this.#redial.stop();
    this.#line?.destroy();
    this.#changeState({ state: 'closed', since: this.#now });
  }

  // --- from the redial

  /** See `RedialOwner`. */
  dialling(): void {
    this.#changeState({ state: 'connecting', since: this.#now });
  }

  /** See `RedialOwner`. */
  opened(socket: Socket): void {
    const { turn, options } = this.#parts;
    this.#wasAccepted = false;
    this.#asked.clear();
    const terms = this.#terms();
    this.#line = new OutgoingLine(
      { socket, turn, session: this.session, terms, maximumPacketSize: options.maximumPacketSize },
      this,
    );
    this.#line.start();
  }

  /** See `RedialOwner`. */
  waiting(delayMs: number, error: Error | undefined): void {
    const { log, options } = this.#parts;
    const reason = error === undefined ? this.#lastEnd : messageOf(error);
    const { name, remote } = options;
    const facts = { bridge: name, remote: describeRemote(remote), retryInMs: Math.round(delayMs) };
    const isNews = this.#state.state === 'connected' || reason !== this.#lastError;
    if (isNews) log.warn(facts, `bridge not connected: ${reason}`);
    else log.debug(facts, `bridge not connected: ${reason}`);
    this.#lastError = reason;
    const since = this.#now;
    this.#changeState({ state: 'waiting', since, retryAt: since + delayMs, error: reason });
  }

  // --- from the line

  /** See `LineOwner`. */
  connected(connack: ConnackPacket): void {
    const { log, options } = this.#parts;
    this.#wasAccepted = true;
    this.#isCleanDue = false;
    this.#connects++;
    this.#redial.connected();
    this.#lastError = '';
    const { name, remote } = options;
    const facts = { bridge: name, remote: describeRemote(remote) };
    log.info({ ...facts, sessionPresent: connack.sessionPresent }, 'bridge connected');
    this.#changeState({ state: 'connected', since: this.#now, sessionPresent: connack.sessionPresent });
    this.#owner.connected(connack.sessionPresent);
  }

  /** See `LineOwner`. */
  refused(reasonCode: ReasonCode, _detail: string): void {
    if (this.#isBridgeBitSet && reasonCode === ReasonCode.unsupportedProtocolVersion) this.#dropBridgeBit();
  }

  /** See `LineOwner`. */
  writable(): void {
    this.#owner.writable();
  }

  /** See `LineOwner`. */
  messageReceived(publish: ReceivedPublish, ticket: number): void {
    this.#owner.messageReceived(publish, ticket);
  }

  /** See `LineOwner`. */
  messageSettled(entry: SendEntry, reasonCode: ReasonCode): void {
    this.#owner.messageSettled(entry, reasonCode);
  }

  /** See `LineOwner`. */
  sessionLost(entries: readonly SendEntry[]): void {
    this.#owner.sessionLost(entries);
  }

  /** See `LineOwner`. */
  subscribed(packetId: number, reasonCodes: readonly ReasonCode[]): void {
    const filters = this.#asked.get(packetId)?.map(({ filter }) => filter) ?? [];
    this.#asked.delete(packetId);
    this.#owner.subscribed(filters, reasonCodes);
  }

  /** See `LineOwner`; a bridge never asks for it. */
  unsubscribed(): void {}

  /** See `LineOwner`. */
  closed(end: ConnectionEnd): void {
    this.#line = undefined;
    this.#lastEnd = isFailure(end.reasonCode) ? end.detail : `${end.detail} (${reasonName(end.reasonCode)})`;
    // a remote that knows no bridge bit may also just hang up
    if (this.#isBridgeBitSet && !this.#wasAccepted && end.blame === 'network') this.#dropBridgeBit();
    this.#lineGone?.();
    // [MQTT-3.2.2-4] closed, and connected anew with clean start
    const isUnknown = end.statement === unknownSession && !this.#isCleanDue;
    this.#isCleanDue ||= isUnknown;
    if (isUnknown) this.#parts.log.info({ bridge: this.#parts.options.name }, `a new session is begun: ${end.detail}`);
    this.#redial.lost(isUnknown ? 'now' : 'soon');
  }

  #lastError = '';

  get #now(): number {
    return this.#parts.ports.clock.now();
  }

  /** What the standard does not have must not be needed [MQTT3-7.0.0-2]. */
  #dropBridgeBit(): void {
    this.#isBridgeBitSet = false;
    this.#parts.log.info({ bridge: this.#parts.options.name }, 'the remote knows no bridge bit: connecting without it');
  }

  #changeState(state: BridgeLinkState): void {
    if (this.#state.state === 'closed') return;
    this.#state = state;
    this.#owner.stateChanged();
  }

  #terms(): ClientTerms {
    const { options } = this.#parts;
    const { version, will } = options;
    const isV5 = version === ProtocolVersion.v5;
    const { username, password } = this.#authentication === undefined ? options : nobody;
    const connect: ConnectPacket = {
      type: PacketType.connect,
      version,
      isBridge: this.#isBridgeBitSet,
      clientId: options.clientId,
      cleanStart: options.cleanStart || this.#isCleanDue,
      keepAlive: options.keepAlive,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: bytesOfText(password) }),
      ...(will === undefined ? {} : { will: isV5 ? will : { ...will, properties: noProperties } }),
      properties: isV5 ? this.#limits() : noProperties,
    };
    return {
      connect,
      hasState: this.#connects > 0 || options.hasSessionState,
      answerTimeoutMs: options.answerTimeoutMs,
      acknowledgeTimeoutMs: options.acknowledgeTimeoutMs,
      runSink: { runReceived: () => false, runSettled: (token) => this.#owner.runSettled(token) },
      ...(this.#authentication === undefined ? {} : { authentication: this.#authentication }),
      ...(isV5 ? {} : { qos2WindowMax: options.qos2WindowMax }),
    };
  }

  /** What the remote is told of the connection; without the packet size it would send what only breaks the line. */
  #limits(): Properties {
    const { properties, receiveMaximum, maximumPacketSize } = this.#parts.options;
    const size = maximumPacketSize < packetSizeMax ? { maximumPacketSize } : {};
    return { requestProblemInformation: true, ...size, ...properties, receiveMaximum };
  }
}
