// ClientConnection: one connection as the client sees it, for 3.1, 3.1.1 and 5.0. A bridge's connection is one.
//
//   idle --start--> connecting --CONNACK 0--> connected --disconnect / DISCONNECT / fault / silence--> ended
//                       | CONNACK >= 0x80, no CONNACK in time                                           ^
//                       +--------------------------------------------------------------------------------+
//
// Time is a parameter; `nextDeadline` says when `tick` has something to do: the answer to CONNECT, pings, and a peer
// that acknowledges nothing any more. What the server forgot goes back to the owner through `sessionLost`.

import type { Session } from '../session/session.ts';
import { type Bytes, copyOfBytes } from '../wire/bytes.ts';
import { decodePacket } from '../wire/codec.ts';
import { Malformed } from '../wire/malformed.ts';
import type { Outbox } from '../wire/outbox.ts';
import { PacketType } from '../wire/packet-type.ts';
import type {
  AuthPacket,
  ConnackPacket,
  DisconnectPacket,
  Packet,
  SubackPacket,
  SubscribeEntry,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
} from '../wire/packets.ts';
import { noProperties, type Properties } from '../wire/properties.ts';
import { ProtocolVersion, type Qos } from '../wire/protocol-version.ts';
import type { PublishRun } from '../wire/publish-run.ts';
import type { Delivery } from '../wire/publishable.ts';
import { isFailure, mayClientDisconnectWith, ReasonCode, reasonName } from '../wire/reason-code.ts';
import type { RunForms } from '../wire/run-forms.ts';
import { readAcks } from './ack-runs.ts';
import { authFault, type ClientAuthentication, methodFault } from './client-authentication.ts';
import {
  type ClientSink,
  type ClientTerms,
  connackFault,
  serverDisconnectFault,
  unknownSession,
} from './client-terms.ts';
import { type ConnectionEnd, Exchange, type SendOutcome } from './exchange.ts';
import type { ExchangeOwner } from './exchange-terms.ts';
import { fitPacket } from './fitted-packet.ts';
import { Pinger } from './keep-alive.ts';
import { faultAtClient } from './legal-packets.ts';
import { featuresOfConnack, packetSizeMax, type ServerFeatures } from './limits.ts';
import { OpenRequests } from './open-requests.ts';

/** One connection at a client. */
export class ClientConnection implements ExchangeOwner {
  readonly #outbox: Outbox;
  readonly #sink: ClientSink;
  readonly #session: Session;
  readonly #terms: ClientTerms;
  #state: 'idle' | 'connecting' | 'connected' | 'ended' = 'idle';
  #server: ServerFeatures | undefined;
  #exchange: Exchange | undefined;
  #pinger: Pinger | undefined;
  #answerDeadline = Number.POSITIVE_INFINITY;
  /** By when the server must have decided about an authentication beside a live connection. */
  #authenticationDeadline = Number.POSITIVE_INFINITY;
  readonly #requests: OpenRequests;

  constructor(outbox: Outbox, sink: ClientSink, session: Session, terms: ClientTerms) {
    this.#outbox = outbox;
    this.#sink = sink;
    this.#session = session;
    this.#terms = terms;
    this.#requests = new OpenRequests(session.sendWindow.ids, terms.connect.version);
  }

  /** Whether the server has accepted and the connection goes on. */
  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** What the server allows and offers, once it has accepted. */
  get server(): ServerFeatures | undefined {
    return this.#server;
  }

  /** Begins: CONNECT is the first packet [MQTT-3.1.0-1] [MQTT3-3.1.0-1]. */
  start(now: number): void {
    this.#state = 'connecting';
    this.#answerDeadline = now + this.#terms.answerTimeoutMs;
    const { connect, authentication } = this.#terms;
    this.#write(authentication === undefined ? connect : { ...connect, properties: this.#beginning(authentication) });
  }

  /** When `tick` has something to do, in ms; Infinity if never. */
  nextDeadline(): number {
    if (this.#state === 'connecting') return this.#answerDeadline;
    if (this.#state !== 'connected') return Number.POSITIVE_INFINITY;
    const pings = this.#pinger?.deadline ?? Number.POSITIVE_INFINITY;
    return Math.min(pings, this.#acknowledgeDeadline, this.#authenticationDeadline);
  }

  /** Looks at the deadlines. */
  tick(now: number): void {
    if (now < this.nextDeadline()) return;
    const timeout = ReasonCode.keepAliveTimeout;
    if (this.#state === 'connecting') {
      const detail = `no CONNACK came within ${this.#terms.answerTimeoutMs} ms`;
      this.#end({ blame: 'network', reasonCode: timeout, detail });
    } else if (now >= this.#authenticationDeadline) {
      const detail = `no answer to AUTH came within ${this.#terms.answerTimeoutMs} ms`;
      this.#end({ blame: 'network', reasonCode: timeout, detail });
    } else if (now >= this.#acknowledgeDeadline) {
      const detail = `nothing was acknowledged for ${this.#terms.acknowledgeTimeoutMs} ms`;
      this.#end({ blame: 'network', reasonCode: timeout, detail });
    } else if (this.#pinger?.isOverdue(now)) {
      const detail = `no PINGRESP came within ${this.#terms.answerTimeoutMs} ms`;
      this.#end({ blame: 'network', reasonCode: timeout, detail });
    } else if (this.#pinger?.isDue(now)) {
      this.#write({ type: PacketType.pingreq });
      this.#pinger.pinged(now);
    }
  }

  /** Takes a frame. Returns false when scanning is to stop: ended, or until enough was accepted. */
  receive(bytes: Bytes, start: number, bodyStart: number, end: number, now: number): boolean {
    if (this.#state === 'ended') return false;
    this.#pinger?.heard(now);
    const type = (bytes[start] ?? 0) >> 4;
    const exchange = this.#exchange;
    let fault = faultAtClient(type, exchange !== undefined, this.#version);
    if (fault === undefined) {
      if (exchange && type === PacketType.publish) fault = exchange.publishReceived(bytes, start, bodyStart, end);
      else if (exchange && type <= PacketType.pubcomp) fault = exchange.ackReceived(bytes, start, bodyStart, end, now);
      else fault = this.#receiveControl(this.#decode(copyOfBytes(bytes, start, end)), now);
    }
    if (fault) this.#fail(fault);
    return this.#mayScan();
  }

  /** Takes acknowledgements side by side; see `FrameHandler`. */
  receiveAcks(bytes: Bytes, start: number, end: number, now: number): boolean {
    const exchange = this.#exchange;
    // where they are wrong the first one says so
    if (this.#state !== 'connected' || !exchange) return this.receive(bytes, start, start + 2, start + 4, now);
    this.#pinger?.heard(now);
    const fault = readAcks(exchange, bytes, start, end, now);
    if (fault) this.#fail(fault);
    return this.#mayScan();
  }

  /** The stream is no MQTT: the scanner refused it. */
  scanFailed(fault: Malformed): void {
    this.#fail(fault);
  }

  /** The socket is gone; `detail` says why, if that is known. */
  linkLost(detail = 'the connection was lost'): void {
    this.#end({ blame: 'network', reasonCode: ReasonCode.unspecifiedError, detail });
  }

  /** Sends a message. `token` comes back with `messageSettled`. */
  send(delivery: Delivery, token: number, now: number): SendOutcome {
    const outcome = this.#exchange?.send(delivery, token, now) ?? 'offline';
    if (outcome === 'sent') this.#pinger?.sent(now);
    return outcome;
  }

  /** See `RunExchange.maySend`. */
  maySendRun(qos: Qos, run: PublishRun, token: number): boolean {
    return this.#exchange?.runs?.maySend(qos, run, token) ?? false;
  }

  /** Sends a run; see `RunExchange.send`. `token` comes back with `runSettled`. */
  sendRun(forms: RunForms, qos: Qos, token: number, now: number): void {
    this.#exchange?.sendRun(forms, qos, token, now);
    this.#pinger?.sent(now);
  }

  /**
   * Asks for subscriptions. Returns the packet identifier; 0 when not connected or when none is free, -1 when the
   * server does not take so large a packet.
   */
  subscribe(entries: readonly SubscribeEntry[], properties: Properties, now: number): number {
    const { length } = entries;
    return this.#request(length, now, (packetId) => ({ type: PacketType.subscribe, packetId, entries, properties }));
  }

  /** Asks for the end of subscriptions. Returns what `subscribe` returns. */
  unsubscribe(filters: readonly string[], now: number, properties: Properties = noProperties): number {
    const more = { filters, properties };
    return this.#request(filters.length, now, (packetId) => ({ type: PacketType.unsubscribe, packetId, ...more }));
  }

  /** Proves again who the client is, on the live connection [MQTT-4.12.1-1]. Returns false where there is no method. */
  reauthenticate(now: number): boolean {
    const { authentication, answerTimeoutMs } = this.#terms;
    if (authentication === undefined || this.#state !== 'connected') return false;
    this.#authenticationDeadline = now + answerTimeoutMs;
    const properties = this.#authenticationProperties(authentication, authentication.begin());
    this.#write({ type: PacketType.auth, reasonCode: ReasonCode.reAuthenticate, properties });
    return true;
  }

  /** Ends the connection in order; nothing is sent after it [MQTT-3.14.4-1] [MQTT3-3.14.4-1] [MQTT3-3.14.4-2]. */
  disconnect(reasonCode: ReasonCode, detail: string, properties: Properties = noProperties): void {
    if (this.#state === 'connected') this.#write({ type: PacketType.disconnect, reasonCode, properties });
    this.#end({ blame: 'local', reasonCode, detail });
  }

  #mayScan(): boolean {
    return this.#state !== 'ended' && this.#exchange?.isStalled !== true;
  }

  get #version(): ProtocolVersion {
    return this.#terms.connect.version;
  }

  get #acknowledgeDeadline(): number {
    const { acknowledgeTimeoutMs } = this.#terms;
    if (acknowledgeTimeoutMs === 0 || this.#exchange === undefined) return Number.POSITIVE_INFINITY;
    return this.#exchange.waitingSince + acknowledgeTimeoutMs;
  }

  #request(count: number, now: number, packetOf: (packetId: number) => SubscribePacket | UnsubscribePacket): number {
    if (this.#state !== 'connected') return 0;
    const { type } = packetOf(1);
    const packetId = this.#requests.begin(type, count);
    if (packetId === 0) return 0;
    if (!this.#write(packetOf(packetId))) {
      this.#requests.end(packetId);
      return -1;
    }
    this.#pinger?.sent(now);
    return packetId;
  }

  #receiveControl(packet: Packet | Malformed, now: number): Malformed | undefined {
    if (packet instanceof Malformed) return packet;
    switch (packet.type) {
      case PacketType.connack:
        return this.#receiveConnack(packet, now);
      case PacketType.suback:
      case PacketType.unsuback:
        return this.#receiveAnswer(packet);
      case PacketType.disconnect:
        return this.#receiveDisconnect(packet);
      case PacketType.auth:
        return this.#receiveAuth(packet);
      default:
        return undefined; // PINGRESP: that something came is all there is to it
    }
  }

  /** A server that does not speak 5.0 refuses in the form of 3.1.1, which is no CONNACK of 5.0. */
  #decode(frame: Bytes): Packet | Malformed {
    const packet = decodePacket(frame, this.#version);
    const isOlder = this.#state === 'connecting' && this.#version === ProtocolVersion.v5 && packet instanceof Malformed;
    if (!isOlder) return packet;
    const older = decodePacket(frame, ProtocolVersion.v311);
    return !(older instanceof Malformed) && older.type === PacketType.connack && isFailure(older.reasonCode)
      ? older
      : packet;
  }

  #receiveAnswer(packet: SubackPacket | UnsubackPacket): Malformed | undefined {
    const isAnswer = this.#requests.answered(packet);
    if (isAnswer instanceof Malformed) return isAnswer;
    const { type, packetId, reasonCodes } = packet;
    if (isAnswer && type === PacketType.suback) this.#sink.subscribed(packetId, reasonCodes);
    else if (isAnswer) this.#sink.unsubscribed(packetId, reasonCodes);
    return undefined;
  }

  #receiveConnack(packet: ConnackPacket, now: number): Malformed | undefined {
    const { connect } = this.#terms;
    if (isFailure(packet.reasonCode)) {
      const detail = packet.properties.reasonString ?? reasonName(packet.reasonCode);
      this.#sink.refused(packet.reasonCode, detail);
      this.#ended(packet, `the server refused: ${detail}`);
      return undefined;
    }
    const distrust = connackFault(packet, this.#terms) ?? this.#authenticationFault(packet.properties);
    if (distrust) return distrust;
    this.#server = featuresOfConnack(connect, packet);
    const { keepAlive } = this.#server;
    const answerMs = Math.min(this.#terms.answerTimeoutMs, Math.max(1000, keepAlive * 1000));
    this.#pinger = new Pinger(keepAlive, answerMs, now);
    // In 3.1 CONNACK does not tell: a session that was asked for is taken to be there.
    const isPresent = packet.sessionPresent || (this.#version === ProtocolVersion.v31 && !connect.cleanStart);
    if (!isPresent) this.#sink.sessionLost(this.#session.reset()); // [MQTT-3.2.2-5]
    if (this.#state !== 'connecting') return undefined;
    this.#state = 'connected';
    const { qos2WindowMax, runSink } = this.#terms;
    this.#exchange = new Exchange(this.#outbox, this.#sink, this.#session, {
      version: this.#version,
      peer: this.#server,
      topicAliasMaximum: connect.properties.topicAliasMaximum ?? 0,
      isPeerClient: false,
      owner: this,
      ...(qos2WindowMax === undefined ? {} : { qos2WindowMax }),
      ...(runSink === undefined ? {} : { runSink }),
    });
    this.#exchange.begin(now);
    this.#sink.connected(packet);
    return undefined;
  }

  #receiveAuth(packet: AuthPacket): Malformed | undefined {
    const { authentication } = this.#terms;
    const isUnderway = this.#state === 'connecting' || this.#authenticationDeadline < Number.POSITIVE_INFINITY;
    const fault = authFault(packet, authentication?.method, isUnderway);
    if (fault !== undefined || authentication === undefined) return fault;
    if (packet.reasonCode === ReasonCode.continueAuthentication) {
      authentication.challenged(packet.properties.authenticationData, (answer) => this.#answer(authentication, answer));
      return undefined;
    }
    if (this.#state === 'connecting') return authFault(packet, authentication.method, false);
    this.#authenticationDeadline = Number.POSITIVE_INFINITY;
    const distrust = this.#authenticationFault(packet.properties);
    if (distrust === undefined) this.#sink.reauthenticated?.();
    return distrust;
  }

  /** Answers a challenge [MQTT-4.12.0-3], or gives up where there is no answer. */
  #answer(authentication: ClientAuthentication, answer: Bytes | string): void {
    if (this.#state === 'ended') return;
    if (typeof answer === 'string') {
      this.#fail(new Malformed(ReasonCode.notAuthorized, '', answer));
      return;
    }
    const properties = this.#authenticationProperties(authentication, answer);
    this.#write({ type: PacketType.auth, reasonCode: ReasonCode.continueAuthentication, properties });
  }

  /** What is wrong with a server that has accepted. */
  #authenticationFault(properties: Properties): Malformed | undefined {
    const { authentication } = this.#terms;
    if (authentication === undefined) return undefined;
    const fault = methodFault(authentication.method, properties);
    const doubt = fault === undefined ? authentication.finished(properties.authenticationData) : undefined;
    return doubt === undefined ? fault : new Malformed(ReasonCode.notAuthorized, '', doubt);
  }

  #beginning(authentication: ClientAuthentication): Properties {
    const { properties } = this.#terms.connect;
    return { ...properties, ...this.#authenticationProperties(authentication, authentication.begin()) };
  }

  #authenticationProperties({ method }: ClientAuthentication, data: Bytes | undefined): Properties {
    return { authenticationMethod: method, ...(data === undefined ? {} : { authenticationData: data }) };
  }

  #receiveDisconnect(packet: DisconnectPacket): Malformed | undefined {
    const fault = serverDisconnectFault(packet);
    if (fault) return fault;
    const detail = packet.properties.reasonString ?? reasonName(packet.reasonCode);
    const reference = packet.properties.serverReference;
    const where = reference === undefined ? '' : `, use ${reference}`;
    this.#ended(packet, `the server disconnected: ${detail}${where}`);
    return undefined;
  }

  /** The server ended the connection by a packet, which may name another server. */
  #ended({ reasonCode, properties: { serverReference } }: ConnackPacket | DisconnectPacket, detail: string): void {
    this.#end({ blame: 'remote', reasonCode, detail, ...(serverReference === undefined ? {} : { serverReference }) });
  }

  /**
   * A 5.0 server hears what it did wrong, with its CONNACK too, then the connection is closed [MQTT-4.13.2-1]
   * [MQTT-3.14.4-2]. That we have no answer for it, or nothing left of its session, is not its fault.
   */
  #fail(fault: Malformed): void {
    const { reasonCode, detail, statement } = fault;
    const isFaulty = mayClientDisconnectWith(reasonCode) && statement !== unknownSession;
    const isTold = this.#state === 'connected' || (this.#state === 'connecting' && isFaulty);
    if (isTold && this.#version === ProtocolVersion.v5) {
      const said = mayClientDisconnectWith(reasonCode) ? reasonCode : ReasonCode.unspecifiedError;
      this.#write({ type: PacketType.disconnect, reasonCode: said, properties: noProperties });
    }
    this.#end({ blame: 'remote', reasonCode, detail, statement });
  }

  /** Returns false, having written nothing, where the server does not take so large a packet [MQTT-3.2.2-15]. */
  #write(packet: Packet): boolean {
    const bytes = fitPacket(packet, this.#version, this.#server?.maximumPacketSize ?? packetSizeMax);
    if (bytes === undefined) return false;
    this.#outbox.packets++;
    this.#outbox.append(bytes);
    return true;
  }

  #end(end: Partial<ConnectionEnd> & Pick<ConnectionEnd, 'blame' | 'reasonCode' | 'detail'>): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#requests.clear();
    this.#exchange?.end();
    this.#sink.ended({ statement: '', isWillDue: false, ...end });
  }
}
