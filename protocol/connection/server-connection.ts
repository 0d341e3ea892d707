// ServerConnection: one connection as the server sees it, for 3.1, 3.1.1 and 5.0.
//
//   awaiting --CONNECT--> deciding --accept--> connected --disconnect / DISCONNECT / fault / silence--> ended
//      |                  | ^  | refuse                                                                   ^
//      |         challenge| |  +--------------------------------------------------------------------------+
//      |                  +-AUTH                                                                          |
//      +-- fault, no CONNECT or no decision in time ------------------------------------------------------+
// It answers what the standard lays down and asks its sink for the rest. While the sink decides, about CONNECT or
// because it holds the connection, scanning stops. Time is a parameter; `nextDeadline` says when `tick` has work.

import type { Session } from '../session/session.ts';
import { type Bytes, copyOfBytes } from '../wire/bytes.ts';
import { decodePacket } from '../wire/codec.ts';
import { Malformed } from '../wire/malformed.ts';
import { subackCode } from '../wire/older-codes.ts';
import type { Outbox } from '../wire/outbox.ts';
import { PacketType, packetName } from '../wire/packet-type.ts';
import type { AuthPacket, DisconnectPacket, Packet } from '../wire/packets.ts';
import { noProperties } from '../wire/properties.ts';
import { ProtocolVersion, type Qos } from '../wire/protocol-version.ts';
import type { PublishRun } from '../wire/publish-run.ts';
import type { Delivery } from '../wire/publishable.ts';
import { ReasonCode, reasonName } from '../wire/reason-code.ts';
import type { RunForms } from '../wire/run-forms.ts';
import { readAcks } from './ack-runs.ts';
import { type ConnectionEnd, Exchange, type SendOutcome } from './exchange.ts';
import type { ExchangeOwner } from './exchange-terms.ts';
import { explanation, farewell } from './fitted-packet.ts';
import { SilenceLimit } from './keep-alive.ts';
import { faultAtServer, type ServerPhase } from './legal-packets.ts';
import { limitsOfConnect } from './limits.ts';
import { answerVersion } from './refused-connect.ts';
import { ServerAuthentication } from './server-authentication.ts';
import {
  acceptanceOf,
  connectFault,
  judgeOf,
  keepAliveOf,
  type ServerLimits,
  subscribeFault,
} from './server-limits.ts';
import { type ConnectAnswer, disconnectFault, type ServerSink, withoutPassword } from './server-terms.ts';
import { ServerWriter } from './server-writer.ts';

/** One connection at a server. */
export class ServerConnection implements ExchangeOwner {
  readonly #outbox: Outbox;
  readonly #writer: ServerWriter;
  readonly #sink: ServerSink;
  readonly #limits: ServerLimits;
  readonly #connectDeadline: number;
  #state: 'awaiting' | 'deciding' | 'connected' | 'ended' = 'awaiting';
  #exchange: Exchange | undefined;
  #silence: SilenceLimit | undefined;
  #sessionExpiryInterval: number | undefined;
  #authentication: ServerAuthentication | undefined;
  #isHeld = false;
  #serverReference: string | undefined;

  constructor(outbox: Outbox, sink: ServerSink, limits: ServerLimits, now: number) {
    this.#outbox = outbox;
    this.#writer = new ServerWriter(outbox);
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
    const deadline = this.#silence?.deadline ?? this.#connectDeadline;
    return this.#authentication === undefined ? deadline : Math.min(deadline, this.#authentication.deadline);
  }

  /** Looks at the deadlines. */
  tick(now: number): void {
    if (this.nextDeadline() > now) return;
    if (this.#state === 'deciding') {
      this.refuse(ReasonCode.serverUnavailable, 'it was not decided in time who this is');
      return;
    }
    if (this.#state !== 'connected') {
      this.#end({ blame: 'remote', reasonCode: ReasonCode.maximumConnectTime, detail: 'no CONNECT came in time' });
      return;
    }
    if ((this.#authentication?.deadline ?? Number.POSITIVE_INFINITY) <= now) {
      this.#endWith(ReasonCode.notAuthorized, 'authentication was not finished in time', 'remote', 'MQTT-4.12.1-2');
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
    const fault = faultAtServer(type, this.#phase) ?? this.#ackFault(bytes, start, bodyStart, end, now);
    if (fault) this.#fail(fault);
    else if (type > PacketType.pubcomp || exchange === undefined)
      this.#receiveOther(copyOfBytes(bytes, start, end), now);
    return this.#mayScan();
  }

  /** Takes acknowledgements side by side; see `FrameHandler`. */
  receiveAcks(bytes: Bytes, start: number, end: number, now: number): boolean {
    const exchange = this.#exchange;
    // where they are wrong the first one says so
    if (this.#state !== 'connected' || !exchange) return this.receive(bytes, start, start + 2, start + 4, now);
    this.#silence?.heard(now);
    this.chunkEnded();
    const fault = readAcks(exchange, bytes, start, end, now);
    if (fault) this.#fail(fault);
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

  /** From now on plain messages to this topic (see `KnownTopics`) may come as runs; they go this way. */
  expectRun(topicBytes: Bytes, way: object): void {
    this.#exchange?.expectRun(topicBytes, way);
  }

  /** See `RunExchange.maySend`. */
  maySendRun(qos: Qos, run: PublishRun, token: number): boolean {
    return this.#exchange?.runs?.maySend(qos, run, token) ?? false;
  }

  /** Sends a run; see `RunExchange.send`. `token` comes back with `runSettled`. */
  sendRun(forms: RunForms, qos: Qos, token: number, now: number): void {
    this.#exchange?.sendRun(forms, qos, token, now);
  }

  /** The version that the client speaks. */
  get version(): ProtocolVersion {
    return this.#writer.version;
  }

  /** The socket is gone. */
  linkLost(): void {
    this.#end({ blame: 'network', reasonCode: ReasonCode.unspecifiedError, detail: 'the connection was lost' });
  }

  /** Stops scanning until `proceed`: what came last must be decided before anything after it is looked at. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Ends `hold`. */
  proceed(): void {
    this.#isHeld = false;
    if (this.#mayScan()) this.#sink.resumable();
  }

  /** Asks a client that named a method for more [MQTT-4.12.0-2]. */
  challenge(data: Bytes | undefined): void {
    const isOpen = this.#state === 'deciding' || this.#state === 'connected';
    if (!isOpen || !this.#authentication?.challenge()) return;
    this.#writeAuth(ReasonCode.continueAuthentication, data);
    if (this.#state === 'deciding') this.#sink.resumable();
  }

  /** The client of a live connection has proved again who it is. */
  reauthenticated(data: Bytes | undefined): void {
    if (this.#state !== 'connected' || !this.#authentication?.isAsked) return;
    this.#authentication.settle();
    this.#writeAuth(ReasonCode.success, data);
  }

  /** Accepts the client; what its session left unfinished goes on at once [MQTT-3.1.4-5] [MQTT3-3.1.4-4]. */
  accept(session: Session, answer: ConnectAnswer, now: number): void {
    const connect = this.#writer.connect;
    if (connect === undefined || this.#state !== 'deciding') return;
    const authentication = this.#authentication?.propertiesWith(answer.authenticationData) ?? noProperties;
    if (!this.#write(acceptanceOf(this.#limits, connect, answer, authentication))) return;
    this.#state = 'connected';
    this.#writer.connect = withoutPassword(connect);
    this.#authentication?.settle();
    this.#silence = new SilenceLimit(keepAliveOf(this.#limits, connect), this.#limits.keepAliveMultiplier, now);
    const judge = judgeOf(this.#limits);
    this.#exchange = new Exchange(this.#outbox, this.#sink, session, {
      version: connect.version,
      peer: limitsOfConnect(connect),
      topicAliasMaximum: this.#limits.topicAliasMaximum,
      isPeerClient: true,
      owner: this,
      // runs are not looked into: where something is not served every message has to be
      ...(judge === undefined ? { runSink: this.#sink } : { judge }),
    });
    this.#exchange.begin(now);
    this.#sink.resumable();
  }

  /**
   * Refuses the client, and takes nothing more from it [MQTT-3.1.4-2] [MQTT-3.1.4-6] [MQTT-3.2.2-7] [MQTT3-3.1.4-5]
   * [MQTT3-3.2.2-5]; `detail` is for a 5.0 client that asked for it, and so is another server to go to.
   */
  refuse(reasonCode: ReasonCode, detail: string, serverReference?: string): void {
    if (this.#writer.connect === undefined || this.#state !== 'deciding') return;
    this.#writer.refuse(reasonCode, detail, this.#writer.connect.version, serverReference);
    this.#end({ blame: 'local', reasonCode, detail });
  }

  /** Sends a message to the client. `token` comes back with `messageSettled`. */
  send(delivery: Delivery, token: number, now: number): SendOutcome {
    return this.#exchange?.send(delivery, token, now) ?? 'offline';
  }

  /**
   * Answers SUBSCRIBE; `detail` explains refusals to a 5.0 client that asked [MQTT-3.8.4-1] [MQTT-3.8.4-2]
   * [MQTT-3.8.4-7] [MQTT3-3.8.4-1] [MQTT3-3.8.4-2] [MQTT3-2.3.1-7].
   */
  subscribed(packetId: number, reasonCodes: readonly ReasonCode[], detail = ''): void {
    const codes = reasonCodes.map((code) => subackCode(code, this.version));
    const properties = explanation(detail, this.#writer.mayExplain);
    this.#writeConnected({ type: PacketType.suback, packetId, reasonCodes: codes, properties });
  }

  /** Answers UNSUBSCRIBE [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT3-3.10.4-4] [MQTT3-3.10.4-5]. */
  unsubscribed(packetId: number, reasonCodes: readonly ReasonCode[]): void {
    this.#writeConnected({ type: PacketType.unsuback, packetId, reasonCodes, properties: noProperties });
  }

  /** Ends the connection; a 5.0 client is told why, and which server to go to, if there is one. */
  disconnect(reasonCode: ReasonCode, detail: string, serverReference?: string): void {
    this.#serverReference = serverReference;
    this.#endWith(reasonCode, detail, 'local');
  }

  /** Takes an acknowledgement, if the frame is one. Returns what is wrong with it. */
  #ackFault(bytes: Bytes, start: number, bodyStart: number, end: number, now: number): Malformed | undefined {
    const isAck = (bytes[start] ?? 0) >> 4 <= PacketType.pubcomp;
    if (!isAck || this.#state !== 'connected') return undefined;
    return this.#exchange?.ackReceived(bytes, start, bodyStart, end, now);
  }

  /** What the client may send now. */
  get #phase(): ServerPhase {
    if (this.#exchange !== undefined) return 'connected';
    return this.#state === 'deciding' ? 'challenged' : 'awaiting';
  }

  #receiveOther(frame: Bytes, now: number): void {
    if (this.#state === 'ended') return;
    const isFirst = this.#state === 'awaiting';
    // DUP of a repeat in 3.1 [MQTT31-13]: it says nothing more, the answer is the same
    if (!isFirst) frame[0] = (frame[0] ?? 0) & ~0x08;
    // [MQTT-3.1.4-1] a CONNECT of wrong form is refused
    const fault = isFirst ? this.#receiveConnect(frame) : this.#receiveControl(decodePacket(frame, this.version), now);
    if (fault) this.#fail(fault);
  }

  #mayScan(): boolean {
    if (this.#state !== 'connected') return this.#state === 'deciding' && this.#authentication?.isChallenged === true;
    return !this.#isHeld && this.#exchange?.isStalled !== true;
  }

  #receiveConnect(frame: Bytes): Malformed | undefined {
    const packet = decodePacket(frame, ProtocolVersion.v5);
    if (packet instanceof Malformed) {
      const version = answerVersion(packet, frame);
      if (version !== undefined) this.#writer.refuse(packet.reasonCode, packet.detail, version);
      return packet;
    }
    if (packet.type !== PacketType.connect) return undefined;
    this.#writer.connect = packet;
    this.#state = 'deciding';
    const { authenticationMethod } = packet.properties;
    if (authenticationMethod !== undefined) {
      if (this.#sink.authenticationReceived === undefined) {
        // [MQTT-4.12.0-1]
        this.refuse(ReasonCode.badAuthenticationMethod, 'enhanced authentication is not offered here');
        return undefined;
      }
      this.#authentication = new ServerAuthentication(authenticationMethod);
    }
    const fault = connectFault(this.#limits, packet);
    if (fault) this.refuse(fault.reasonCode, fault.detail);
    else this.#sink.connectRequested(packet);
    return undefined;
  }

  #receiveControl(packet: Packet | Malformed, now: number): Malformed | undefined {
    if (packet instanceof Malformed) return packet;
    switch (packet.type) {
      case PacketType.subscribe: {
        const fault = this.version === ProtocolVersion.v5 ? subscribeFault(this.#limits, packet) : undefined;
        if (fault === undefined) this.#sink.subscribeRequested(packet);
        return fault;
      }
      case PacketType.unsubscribe:
        this.#sink.unsubscribeRequested(packet);
        return undefined;
      case PacketType.pingreq:
        this.#writeConnected({ type: PacketType.pingresp }); // [MQTT-3.12.4-1] [MQTT3-3.12.4-1]
        return undefined;
      case PacketType.disconnect:
        return this.#receiveDisconnect(packet);
      case PacketType.auth:
        return this.#receiveAuth(packet, now);
      default:
        return undefined; // `faultAtServer` let no other through
    }
  }

  #receiveAuth(packet: AuthPacket, now: number): Malformed | undefined {
    if (this.#authentication === undefined) {
      return new Malformed(ReasonCode.protocolError, 'MQTT-4.12.0-7', 'AUTH came, but CONNECT named no method');
    }
    const step = this.#authentication.receive(packet, now + this.#limits.connectTimeoutMs);
    if (step instanceof Malformed) return step;
    this.#sink.authenticationReceived?.(packet.properties.authenticationData, step === 'again');
    return undefined;
  }

  #receiveDisconnect(packet: DisconnectPacket): Malformed | undefined {
    const fault = disconnectFault(packet, this.#writer.connect?.properties.sessionExpiryInterval ?? 0);
    if (fault) return fault;
    this.#sessionExpiryInterval = packet.properties.sessionExpiryInterval;
    const { reasonCode } = packet;
    // [MQTT-3.14.4-3] [MQTT3-3.14.4-3] no will after a DISCONNECT in order
    const isWillDue = reasonCode !== ReasonCode.success;
    const detail = packet.properties.reasonString ?? `the device disconnected: ${reasonName(reasonCode)}`;
    this.#end({ blame: 'remote', reasonCode, detail, isWillDue });
    return undefined;
  }

  #writeAuth(reasonCode: ReasonCode, data: Bytes | undefined): void {
    const properties = this.#authentication?.propertiesWith(data) ?? noProperties;
    this.#write({ type: PacketType.auth, reasonCode, properties });
  }

  #fail(fault: Malformed): void {
    // [MQTT-4.12.0-4] a client that does not keep to its method hears of it in CONNACK
    if (this.#state === 'deciding') this.#writer.refuse(fault.reasonCode, fault.detail, this.version);
    this.#endWith(fault.reasonCode, fault.detail, 'remote', fault.statement);
  }

  /**
   * Ends a connection; a 5.0 client that was accepted gets DISCONNECT first [MQTT-3.14.0-1] [MQTT-4.13.1-1]
   * [MQTT-4.13.2-1] [MQTT-3.14.4-1] [MQTT-3.14.4-2]; others hear nothing [MQTT3-4.8.0-1].
   */
  #endWith(reasonCode: ReasonCode, detail: string, blame: ConnectionEnd['blame'], statement = ''): void {
    if (this.#state === 'connected' && this.version === ProtocolVersion.v5) {
      const properties = farewell(detail, this.#writer.mayExplain, this.#serverReference); // [MQTT-3.14.2-2] no expiry
      this.#write({ type: PacketType.disconnect, reasonCode, properties });
    }
    this.#end({ blame, reasonCode, statement, detail });
  }

  #writeConnected(packet: Packet): void {
    if (this.#state === 'connected') this.#write(packet);
  }

  /** Returns false where the client does not take so large a packet: the connection is over then. */
  #write(packet: Packet): boolean {
    if (this.#writer.write(packet)) return true;
    this.#endWith(ReasonCode.packetTooLarge, `the client does not take a ${packetName(packet.type)} so large`, 'local');
    return false;
  }

  #end(end: Partial<ConnectionEnd> & Pick<ConnectionEnd, 'blame' | 'reasonCode' | 'detail'>): void {
    if (this.#state === 'ended') return;
    const isWillDue = this.#state === 'connected';
    this.#state = 'ended';
    this.#exchange?.end();
    this.#sink.ended({ statement: '', isWillDue, ...end });
  }
}
