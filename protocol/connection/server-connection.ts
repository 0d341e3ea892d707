// ServerConnection: one connection as the server sees it, for 3.1, 3.1.1 and 5.0.
//
//   awaiting --CONNECT--> deciding --accept--> connected --disconnect / DISCONNECT / fault / silence--> ended
//      |                     | refuse                                                                     ^
//      +-- fault, no CONNECT in time -----------------------------------------------------------------------+
//
// It answers what the standard lays down and asks its sink for the rest. While the sink decides about CONNECT, scanning
// stops. Time is a parameter; `nextDeadline` says when `tick` has something to do.
import type { Session } from '../session/session.ts';
import { type Bytes, copyOfBytes } from '../wire/bytes.ts';
import { decodePacket } from '../wire/codec.ts';
import { Malformed } from '../wire/malformed.ts';
import type { Outbox } from '../wire/outbox.ts';
import { PacketType, packetName } from '../wire/packet-type.ts';
import type { ConnectPacket, DisconnectPacket, Packet, SubscribePacket, UnsubscribePacket } from '../wire/packets.ts';
import { noProperties, type Properties } from '../wire/properties.ts';
import { ProtocolVersion, type Qos } from '../wire/protocol-version.ts';
import type { PublishRun } from '../wire/publish-run.ts';
import type { Delivery } from '../wire/publishable.ts';
import { isFailure, ReasonCode, reasonName } from '../wire/reason-code.ts';
import type { RunForms } from '../wire/run-forms.ts';
import { type ConnectionEnd, Exchange, type ExchangeSink, type SendOutcome } from './exchange.ts';
import { explanation, fitPacket } from './fitted-packet.ts';
import { SilenceLimit } from './keep-alive.ts';
import { faultAtServer } from './legal-packets.ts';
import { limitsOfConnect, packetSizeMax } from './limits.ts';
import { connackVersion } from './refused-connect.ts';
import type { RunSink } from './run-exchange.ts';

/** What a server does with one connection. */
export interface ServerSink extends ExchangeSink, RunSink {
  /** Answered by `accept` or `refuse`, inside this call or later. */
  connectRequested(connect: ConnectPacket): void;
  /** Answered by `subscribed`. */
  subscribeRequested(packet: SubscribePacket): void;
  /** Answered by `unsubscribed`. */
  unsubscribeRequested(packet: UnsubscribePacket): void;
}

/** What the server allows; see `BrokerOptions` for bounds and defaults. */
export interface ServerLimits {
  readonly maximumPacketSize: number;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
  readonly keepAliveMultiplier: number;
  readonly connectTimeoutMs: number;
}

/** The server's answer to a CONNECT that it accepts. */
export interface ConnectAnswer {
  readonly sessionPresent: boolean;
  /** The client sent no client id and got this one. */
  readonly assignedClientId?: string;
  /** Seconds; stated when it is not what the client asked for. */
  readonly sessionExpiryInterval?: number;
}

/** One connection at a server. */
export class ServerConnection {
  readonly #outbox: Outbox;
  readonly #sink: ServerSink;
  readonly #limits: ServerLimits;
  readonly #connectDeadline: number;
  #state: 'awaiting' | 'deciding' | 'connected' | 'ended' = 'awaiting';
  #connect: ConnectPacket | undefined;
  #exchange: Exchange | undefined;
  #silence: SilenceLimit | undefined;
  #sessionExpiryInterval: number | undefined;

  constructor(outbox: Outbox, sink: ServerSink, limits: ServerLimits, now: number) {
    this.#outbox = outbox;
    this.#sink = sink;
    this.#limits = limits;
    this.#connectDeadline = now + limits.connectTimeoutMs;
  }

  /** Seconds, as the client changed it with DISCONNECT; undefined if it did not. */
  get sessionExpiryInterval(): number | undefined {
    return this.#sessionExpiryInterval;
  }

  /** When `tick` has something to do, in ms; Infinity if never. */
  nextDeadline(): number {
    if (this.#state === 'ended') return Number.POSITIVE_INFINITY;
    return this.#silence?.deadline ?? this.#connectDeadline;
  }

  /** Looks at the deadlines. */
  tick(now: number): void {
    if (this.nextDeadline() > now) return;
    if (this.#state !== 'connected') {
      this.#end({ blame: 'remote', reasonCode: ReasonCode.maximumConnectTime, detail: 'no CONNECT came in time' });
      return;
    }
    // [MQTT-3.1.2-22] [MQTT3-3.1.2-24]
    const detail = `nothing came for ${this.#limits.keepAliveMultiplier} times the keep-alive`;
    this.#endWith(ReasonCode.keepAliveTimeout, detail, 'network');
  }

  /** Takes a frame. Returns false when scanning is to stop: ended, or until the sink has answered or accepted. */
  receive(bytes: Bytes, start: number, bodyStart: number, end: number, now: number): boolean {
    if (this.#state === 'ended') return false;
    this.#silence?.heard(now);
    const type = (bytes[start] ?? 0) >> 4;
    const exchange = this.#exchange;
    if (type === PacketType.publish && exchange) {
      const publishFault = exchange.publishReceived(bytes, start, bodyStart, end);
      if (publishFault) this.#fail(publishFault);
      return this.#mayScan();
    }
    // what a run gathered came before this frame
    this.chunkEnded();
    const fault = faultAtServer(type, exchange !== undefined) ?? this.#ackFault(bytes, start, bodyStart, end, now);
    if (fault) this.#fail(fault);
    else if (type > PacketType.pubcomp || exchange === undefined) this.#receiveOther(copyOfBytes(bytes, start, end));
    return this.#mayScan();
  }

  /** All frames of a chunk were taken: a run ends with it. */
  chunkEnded(): void {
    const fault = this.#state === 'connected' ? this.#exchange?.gatherer?.end() : undefined;
    if (fault) this.#fail(fault);
  }

  /** The stream is no MQTT: the scanner refused it. What came before that counts. */
  scanFailed(fault: Malformed): void {
    this.chunkEnded();
    this.#fail(fault);
  }

  /** From now on messages to this topic, without properties, may come as runs; they go this way. */
  expectRun(topicBytes: Bytes, way: object): void {
    this.#exchange?.expectRun(topicBytes, way);
  }

  /** See `RunExchange.maySend`. */
  maySendRun(qos: Qos, run: PublishRun): boolean {
    return this.#exchange?.runs?.maySend(qos, run) ?? false;
  }

  /** Sends a run; see `RunExchange.send`. `token` comes back with `runSettled`. */
  sendRun(forms: RunForms, qos: Qos, token: number, now: number): void {
    this.#exchange?.sendRun(forms, qos, token, now);
  }

  /** The version that the client speaks. */
  get version(): ProtocolVersion {
    return this.#version;
  }

  /** The socket is gone. */
  linkLost(): void {
    this.#end({ blame: 'network', reasonCode: ReasonCode.unspecifiedError, detail: 'the connection was lost' });
  }

  /** Accepts the client; what its session left unfinished goes on at once [MQTT-3.1.4-5] [MQTT3-3.1.4-4]. */
  accept(session: Session, answer: ConnectAnswer, now: number): void {
    const connect = this.#connect;
    if (connect === undefined || this.#state !== 'deciding') return;
    const isTold = this.#write({
      type: PacketType.connack,
      // [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT3-3.2.2-1] [MQTT3-3.2.2-2] [MQTT3-3.2.2-3]
      sessionPresent: answer.sessionPresent && connect.version !== ProtocolVersion.v31,
      reasonCode: ReasonCode.success,
      properties: connect.version === ProtocolVersion.v5 ? this.#connackProperties(answer) : noProperties,
    });
    if (!isTold) return;
    this.#state = 'connected';
    this.#silence = new SilenceLimit(connect.keepAlive, this.#limits.keepAliveMultiplier, now);
    this.#exchange = new Exchange(this.#outbox, this.#sink, session, {
      version: connect.version,
      peer: limitsOfConnect(connect),
      topicAliasMaximum: this.#limits.topicAliasMaximum,
      isPeerClient: true,
      runSink: this.#sink,
    });
    this.#exchange.begin(now);
    this.#sink.resumable();
  }

  /** Refuses the client; `detail` is for a 5.0 client that asked for it. */
  refuse(reasonCode: ReasonCode, detail: string): void {
    if (this.#connect === undefined || this.#state !== 'deciding') return;
    this.#refuse(reasonCode, detail, this.#connect.version);
    this.#end({ blame: 'local', reasonCode, detail });
  }

  /** Sends a message to the client. `token` comes back with `messageSettled`. */
  send(delivery: Delivery, token: number, now: number): SendOutcome {
    return this.#exchange?.send(delivery, token, now) ?? 'offline';
  }

  /** Answers SUBSCRIBE [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-7] [MQTT3-3.8.4-1] [MQTT3-3.8.4-2]. */
  subscribed(packetId: number, reasonCodes: readonly ReasonCode[]): void {
    const codes = reasonCodes.map((code) => subackCode(code, this.#version));
    this.#writeConnected({ type: PacketType.suback, packetId, reasonCodes: codes, properties: noProperties });
  }

  /** Answers UNSUBSCRIBE [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT3-3.10.4-4] [MQTT3-3.10.4-5]. */
  unsubscribed(packetId: number, reasonCodes: readonly ReasonCode[]): void {
    this.#writeConnected({ type: PacketType.unsuback, packetId, reasonCodes, properties: noProperties });
  }

  /** Ends the connection; a 5.0 client is told why. */
  disconnect(reasonCode: ReasonCode, detail: string): void {
    this.#endWith(reasonCode, detail, 'local');
  }

  get #version(): ProtocolVersion {
    return this.#connect?.version ?? ProtocolVersion.v311;
  }

  /** Takes an acknowledgement, if the frame is one. Returns what is wrong with it. */
  #ackFault(bytes: Bytes, start: number, bodyStart: number, end: number, now: number): Malformed | undefined {
    const isAck = (bytes[start] ?? 0) >> 4 <= PacketType.pubcomp;
    if (!isAck || this.#state !== 'connected') return undefined;
    return this.#exchange?.ackReceived(bytes, start, bodyStart, end, now);
  }

  #receiveOther(frame: Bytes): void {
    if (this.#state === 'ended') return;
    const isFirst = this.#exchange === undefined;
    const fault = isFirst ? this.#receiveConnect(frame) : this.#receiveControl(decodePacket(frame, this.#version));
    if (fault) this.#fail(fault);
  }

  #mayScan(): boolean {
    return this.#state === 'connected' && this.#exchange?.isStalled !== true;
  }

  #receiveConnect(frame: Bytes): Malformed | undefined {
    const packet = decodePacket(frame, ProtocolVersion.v5);
    if (packet instanceof Malformed) {
      this.#refuseMalformed(packet, frame);
      return packet;
    }
    if (packet.type !== PacketType.connect) return undefined;
    this.#connect = packet;
    this.#state = 'deciding';
    if (packet.properties.authenticationMethod !== undefined) {
      // [MQTT-4.12.0-1]
      this.refuse(ReasonCode.badAuthenticationMethod, 'enhanced authentication is not offered here');
      return undefined;
    }
    this.#sink.connectRequested(packet);
    return undefined;
  }

  /**
   * What a client hears whose CONNECT was no CONNECT: something in 5.0 and for identifiers and versions, nothing else
   * in 3.x.
   */
  #refuseMalformed(fault: Malformed, frame: Bytes): void {
    const version = connackVersion(frame);
    const isTold =
      version === ProtocolVersion.v5 ||
      fault.reasonCode === ReasonCode.unsupportedProtocolVersion || // [MQTT3-3.1.2-2] [MQTT-3.1.2-2]
      fault.reasonCode === ReasonCode.clientIdentifierNotValid; // [MQTT3-3.1.3-8] [MQTT3-3.1.3-9]
    if (isTold) this.#refuse(fault.reasonCode, fault.detail, version);
  }

  #refuse(reasonCode: ReasonCode, detail: string, version: ProtocolVersion): void {
    const properties = explanation(detail, version === ProtocolVersion.v5 && this.#mayExplain);
    // [MQTT-3.2.2-6] [MQTT3-3.2.2-4]
    const packet = { type: PacketType.connack, sessionPresent: false, reasonCode, properties };
    const bytes = fitPacket(packet, version, this.#sizeMax);
    if (bytes) this.#outbox.append(bytes);
  }

  #receiveControl(packet: Packet | Malformed): Malformed | undefined {
    if (packet instanceof Malformed) return packet;
    switch (packet.type) {
      case PacketType.subscribe:
        return this.#receiveSubscribe(packet);
      case PacketType.unsubscribe:
        this.#sink.unsubscribeRequested(packet);
        return undefined;
      case PacketType.pingreq:
        this.#writeConnected({ type: PacketType.pingresp }); // [MQTT-3.12.4-1] [MQTT3-3.12.4-1]
        return undefined;
      case PacketType.disconnect:
        return this.#receiveDisconnect(packet);
      default:
        return undefined; // `faultAtServer` let no other through
    }
  }

  #receiveSubscribe(packet: SubscribePacket): Malformed | undefined {
    const wrong = packet.entries.find(({ filter, noLocal }) => noLocal && filter.startsWith('$share/'));
    if (wrong) {
      // [MQTT-3.8.3-4]
      const detail = `no local on the shared subscription ${wrong.filter}`;
      return new Malformed(ReasonCode.protocolError, 'MQTT-3.8.3-4', detail);
    }
    this.#sink.subscribeRequested(packet);
    return undefined;
  }

  #receiveDisconnect(packet: DisconnectPacket): Malformed | undefined {
    const asked = packet.properties.sessionExpiryInterval;
    const before = this.#connect?.properties.sessionExpiryInterval ?? 0;
    if (asked !== undefined && asked > 0 && before === 0) {
      return new Malformed(ReasonCode.protocolError, '', 'DISCONNECT prolongs a session that was to end with it');
    }
    this.#sessionExpiryInterval = asked;
    const { reasonCode } = packet;
    // [MQTT-3.14.4-3] [MQTT3-3.14.4-3] no will after a DISCONNECT in order
    const isWillDue = reasonCode !== ReasonCode.success;
    const detail = packet.properties.reasonString ?? `the device disconnected: ${reasonName(reasonCode)}`;
    this.#end({ blame: 'remote', reasonCode, detail, isWillDue });
    return undefined;
  }

  #connackProperties(answer: ConnectAnswer): Properties {
    const { receiveMaximum, maximumPacketSize, topicAliasMaximum } = this.#limits;
    return {
      ...(receiveMaximum < 65_535 ? { receiveMaximum } : {}),
      ...(maximumPacketSize < packetSizeMax ? { maximumPacketSize } : {}),
      ...(topicAliasMaximum > 0 ? { topicAliasMaximum } : {}),
      // [MQTT-3.2.2-16]
      ...(answer.assignedClientId === undefined ? {} : { assignedClientIdentifier: answer.assignedClientId }),
      ...(answer.sessionExpiryInterval === undefined ? {} : { sessionExpiryInterval: answer.sessionExpiryInterval }),
    };
  }

  #fail(fault: Malformed): void {
    this.#endWith(fault.reasonCode, fault.detail, 'remote', fault.statement);
  }

  /** Ends a connection; a 5.0 client that was accepted gets DISCONNECT [MQTT-3.14.0-1] [MQTT-4.13.1-1]. */
  #endWith(reasonCode: ReasonCode, detail: string, blame: ConnectionEnd['blame'], statement = ''): void {
    if (this.#state === 'connected' && this.#version === ProtocolVersion.v5) {
      const properties = explanation(detail, this.#mayExplain); // [MQTT-3.14.2-2] no session expiry
      this.#write({ type: PacketType.disconnect, reasonCode, properties });
    }
    this.#end({ blame, reasonCode, statement, detail });
  }

  #writeConnected(packet: Packet): void {
    if (this.#state === 'connected') this.#write(packet);
  }

  /** Returns false where the client does not take so large a packet: the connection is over then. */
  #write(packet: Packet): boolean {
    const bytes = fitPacket(packet, this.#version, this.#sizeMax);
    if (bytes) {
      this.#outbox.append(bytes);
      return true;
    }
    this.#endWith(ReasonCode.packetTooLarge, `the client does not take a ${packetName(packet.type)} so large`, 'local');
    return false;
  }

  /** Bytes of a whole packet that the client takes. */
  get #sizeMax(): number {
    return this.#connect?.properties.maximumPacketSize ?? packetSizeMax;
  }

  /** Whether the client wants to know why [MQTT-3.1.2-29]. */
  get #mayExplain(): boolean {
    return this.#connect?.properties.requestProblemInformation ?? true;
  }

  #end(end: Partial<ConnectionEnd> & Pick<ConnectionEnd, 'blame' | 'reasonCode' | 'detail'>): void {
    if (this.#state === 'ended') return;
    const isWillDue = this.#state === 'connected';
    this.#state = 'ended';
    this.#exchange?.end();
    this.#sink.ended({ statement: '', isWillDue, ...end });
  }
}

/** 3.1.1 has one code for every refusal [MQTT3-3.9.3-2]; 3.1 has none and says the lowest QoS instead. */
function subackCode(code: ReasonCode, version: ProtocolVersion): ReasonCode {
  if (!isFailure(code) || version === ProtocolVersion.v5) return code;
  return version === ProtocolVersion.v311 ? ReasonCode.unspecifiedError : ReasonCode.success;
}
