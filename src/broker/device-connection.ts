// hot path
// DeviceConnection: one device's network connection. It joins a link (bytes), a server connection (MQTT) and, once the
// device is accepted, a session; and it ends with its socket: nothing of it is left for the next connection.
//
//   link.frame -> server-connection.receive -> messageReceived -> access -> router.publish -> acceptance -> PUBACK
//
// Reading stops while the device's CONNECT is being decided and while too much awaits acceptance.
import type { ConnectionEnd, SendOutcome } from '../../protocol/connection/exchange.ts';
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import type { RunOutcome } from '../../protocol/connection/run-exchange.ts';
import { ServerConnection } from '../../protocol/connection/server-connection.ts';
import type { ServerSink } from '../../protocol/connection/server-terms.ts';
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import { levelsOf } from '../../protocol/topic/topic-name.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Malformed } from '../../protocol/wire/malformed.ts';
import type { ConnectPacket, SubscribePacket, UnsubscribePacket } from '../../protocol/wire/packets.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import { ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Admission } from '../access/login.ts';
import type { Watched } from '../link/deadlines.ts';
import { Link, type LinkHandler } from '../link/link.ts';
import { Message } from '../message/message.ts';
import type { Socket } from '../ports/ports.ts';
import { Acceptance, type AcceptanceOwner } from '../router/acceptance.ts';
import { AcceptedDevice } from './accepted-device.ts';
import type { BrokerRooms } from './broker-rooms.ts';
import { connectAnswer, sessionExpiryOf } from './connect-answer.ts';
import { leaveBroker } from './device-departure.ts';
import { DeviceIdentity } from './device-identity.ts';
import type { DeviceLine } from './device-line.ts';
import { DeviceLogin, tellConnected } from './device-login.ts';
import { DeviceRequests, type RequestLine } from './device-requests.ts';
import { isPayloadOfFormat, willFault } from './payload-format.ts';
import { sessionTermsOf } from './session-class.ts';
import type { TrafficCounts } from './traffic.ts';

/** One network connection of one device. */
export class DeviceConnection
  implements LinkHandler, ServerSink, DeviceLine, RequestLine, AcceptanceOwner, Watched, TrafficCounts
{
  slot = 0;
  slotPlace = 0;
  /** PUBLISH packets that came; nobody else writes it. */
  messagesReceived = 0;
  /** Control packets that came; nobody else writes it. */
  packetsReceived = 0;
  /** The device, once its CONNECT was accepted; nobody else writes it. */
  device: AcceptedDevice | undefined;
  readonly #rooms: BrokerRooms;
  readonly #gone: (connection: DeviceConnection) => void;
  readonly #link: Link;
  readonly #machine: ServerConnection;
  #isOver = false;
  /** Made with the first. */
  #requests: DeviceRequests | undefined;
  /** The device on its way in, or one that may prove again who it is. */
  #login: DeviceLogin | undefined;
  #spare: Acceptance | undefined;

  constructor(socket: Socket, rooms: BrokerRooms, gone: (connection: DeviceConnection) => void) {
    const { options, turn } = rooms;
    this.#rooms = rooms;
    this.#gone = gone;
    this.#link = new Link(socket, turn, { maximumPacketSize: options.maximumPacketSize }, this);
    this.#machine = new ServerConnection(this.#link.outbox, this, options, turn.now);
    turn.deadlines.watch(this);
  }

  /** See `DeviceLine`. */
  get isCongested(): boolean {
    return this.#link.isCongested;
  }

  /** See `RequestLine`. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes received from the device so far. */
  get bytesReceived(): number {
    return this.#link.bytesReceived;
  }

  /** Bytes sent to the device so far. */
  get bytesSent(): number {
    return this.#link.bytesSent;
  }

  /** Control packets sent to the device so far. */
  get packetsSent(): number {
    return this.#link.outbox.packets;
  }

  /** See `Watched`: CONNECT in time, keep-alive, authentication, the end of what let the device in. */
  nextDeadline(): number {
    return this.#isOver ? Number.POSITIVE_INFINITY : Math.min(this.#machine.nextDeadline(), this.#expiresAt);
  }

  /** See `Watched`. */
  tick(now: number): void {
    this.#machine.tick(now);
    if (this.#expiresAt <= now) this.disconnect(ReasonCode.maximumConnectTime, 'what let it in has expired');
  }

  /** Users or rules have changed: who is not known any more as it was must go. */
  reviewAccess(): void {
    if (this.device?.isStillKnown !== false) return;
    this.#machine.disconnect(ReasonCode.notAuthorized, 'the user was removed, or has another password');
  }

  /** Ends the connection with a reason, which a 5.0 device is told, and with it where to go, if there is a place. */
  disconnect(reasonCode: ReasonCode, detail: string, serverReference?: string): void {
    this.#machine.disconnect(reasonCode, detail, serverReference);
  }

  /** Closes the socket at once. */
  destroy(): void {
    this.#link.destroy();
  }

  // --- from the link

  /** One frame came in. */
  frame(bytes: Bytes, start: number, bodyStart: number, end: number): boolean {
    this.packetsReceived++;
    return this.#machine.receive(bytes, start, bodyStart, end, this.#rooms.turn.now);
  }

  /** Acknowledgements came in, side by side. */
  acknowledgements(bytes: Bytes, start: number, end: number): boolean {
    this.packetsReceived += (end - start) / 4;
    return this.#machine.receiveAcks(bytes, start, end, this.#rooms.turn.now);
  }

  /** All frames of a chunk were taken. */
  chunkEnded(): void {
    this.#machine.chunkEnded();
  }

  /** The stream is no MQTT. */
  broken(fault: Malformed): void {
    this.#machine.scanFailed(fault);
  }

  /** The link takes more again. */
  writable(): void {
    this.device?.session.pump();
  }

  /** The socket is gone. */
  closed(_error: Error | undefined): void {
    this.#rooms.counters.traffic.add(this);
    this.#machine.linkLost();
    this.#rooms.turn.deadlines.unwatch(this);
    this.#gone(this);
  }

  // --- from the protocol

  /** The device wants in. */
  connectRequested(connect: ConnectPacket): void {
    const fault = willFault(connect.will, this.#rooms.options);
    if (fault !== undefined) {
      this.#machine.refuse(fault, `the will is refused: ${reasonName(fault)}`);
      return;
    }
    const login = new DeviceLogin(this.#rooms, this.#machine, { connect, link: this.#link }, (admission, data) =>
      this.#admitted(connect, admission, data),
    );
    this.#login = login;
    login.begin(connect.properties.authenticationData);
  }

  /** The device goes on to prove who it is, or begins again. */
  authenticationReceived(data: Bytes | undefined, isAgain: boolean): void {
    if (isAgain) this.#login?.begin(data);
    else this.#login?.next(data);
    this.#rooms.turn.deadlines.watch(this);
  }

  /** The device has proved who it is. */
  #admitted(connect: ConnectPacket, admission: Admission, data: Bytes | undefined): void {
    if (this.device === undefined) {
      this.#open(connect, admission, data);
    } else if (admission.username === this.device.identity.username) {
      this.device.admit(admission);
      this.#machine.reauthenticated(data);
      this.#rooms.turn.deadlines.watch(this);
    } else {
      this.#machine.disconnect(ReasonCode.notAuthorized, 'another user than the one who connected');
    }
  }

  #open(connect: ConnectPacket, admission: Admission, data: Bytes | undefined): void {
    const { log, sessions, wills, ports, options, turn } = this.#rooms;
    const assigned = connect.clientId === '' ? `viaduct-${ports.random.bytes(8).toString('hex')}` : undefined;
    const clientId = assigned ?? connect.clientId; // [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT3-3.1.3-6]
    // [MQTT-3.1.4-3] [MQTT3-3.1.4-2] one connection a client id: the older one goes
    sessions.get(clientId)?.line?.disconnect(ReasonCode.sessionTakenOver, 'another connection uses the client id');
    const now = ports.clock.now();
    const identity = new DeviceIdentity(clientId, admission, this.#link);
    const terms = sessionTermsOf(options, clientId, identity.username);
    const wish = { cleanStart: connect.cleanStart, expirySeconds: sessionExpiryOf(connect), terms };
    const opened = sessions.open(clientId, wish, now); // [MQTT-3.1.4-4]
    if (opened === undefined) {
      log.warn({ clientId, sessionsMax: options.sessionsMax }, 'refused: no room for one more session');
      this.#machine.refuse(ReasonCode.quotaExceeded, 'no room for one more session');
      return;
    }
    if (connect.version === ProtocolVersion.v31) this.#link.allowRepeats();
    wills.returned(clientId, opened.isPresent, now);
    opened.session.origin.username = identity.username;
    opened.session.identity = identity;
    if (opened.isPresent) this.#rooms.reviews.review(opened.session);
    const { session } = opened;
    this.device = new AcceptedDevice(this.#rooms, { connect, identity, session, admission });
    this.#rooms.counters.connects.add();
    tellConnected(this.#rooms, connect, clientId, this.#link);
    // only who named a method will be asked again
    if (connect.properties.authenticationMethod === undefined) this.#login = undefined;
    else this.#login?.connected();
    const short = sessions.isShort ? { receiveMaximum: options.receiveMaximumWhenShort } : {};
    const answer = { ...connectAnswer(connect, opened.isPresent, assigned, options), ...short };
    this.#machine.accept(session.flows, { ...answer, authenticationData: data }, turn.now);
    turn.deadlines.watch(this);
    if (!this.#isOver) opened.session.attach(this);
  }

  /** The device wants to hear of topics. */
  subscribeRequested(packet: SubscribePacket): void {
    if (this.device) this.#openRequests().subscribe(this.device, packet);
  }

  /** The device does not want to hear of topics any more. */
  unsubscribeRequested(packet: UnsubscribePacket): void {
    if (this.device) this.#openRequests().unsubscribe(this.device, packet);
  }

  /** The device published a message. */
  messageReceived(publish: ReceivedPublish, ticket: number): void {
    const accepted = this.device;
    if (accepted === undefined) return;
    const { counters, options, turn } = this.#rooms;
    counters.received.add();
    counters.payloadBytesReceived.add(publish.payload.length);
    this.messagesReceived++;
    const { topic } = publish;
    const isAllowed = accepted.mayPublish(topic);
    if (isAllowed === false) {
      this.#deny(accepted, topic, ticket);
      return;
    }
    if (options.isPayloadFormatValidated && !isPayloadOfFormat(publish.payload, publish.properties)) {
      counters.denied.add();
      if (ticket > 0) accepted.session.flows.accept(ticket, ReasonCode.payloadFormatInvalid);
      return;
    }
    const interval = publish.messageExpiryInterval;
    const message = new Message({
      topic,
      topicBytes: publish.topicBytes,
      payload: publish.payload,
      qos: publish.qos,
      retain: publish.retain,
      properties: publish.properties,
      expiresAt: interval < 0 ? 0 : turn.now + interval * 1000,
      origin: accepted.session.origin,
      isOwned: false,
    });
    if (isAllowed !== true) {
      const own = message.own();
      this.hold(isAllowed, (may) => (may ? this.#route(own, ticket) : this.#deny(accepted, topic, ticket)));
      return;
    }
    this.#route(message, ticket);
    // payloads are not looked into in runs
    const isPlain = !publish.retain && interval < 0 && !options.isPayloadFormatValidated;
    const way = isPlain ? accepted.wayOf(topic) : undefined;
    if (way) this.#machine.expectRun(publish.topicBytes, way);
  }

  #route(message: Message, ticket: number): void {
    const acceptance = this.#spare ?? new Acceptance(this, ticket, this.#rooms.options.publishDurability);
    if (this.#spare) acceptance.reset(ticket);
    this.#rooms.router.publish(message, acceptance);
    this.#spare = acceptance.isReleased ? acceptance : undefined;
  }

  /** The device published several messages of one kind: they are passed on as they came, if all who get them can. */
  runReceived(run: PublishRun, ticket: number): RunOutcome {
    const outcome = this.device?.forward(run, ticket) ?? 'declined';
    if (outcome === 'declined') return outcome;
    const { counters } = this.#rooms;
    counters.received.add(run.count);
    counters.payloadBytesReceived.add(run.payloadBytes);
    this.messagesReceived += run.count;
    return outcome;
  }

  /** The device settled messages that it was sent in a run. */
  runSettled(token: number, count: number): void {
    this.device?.session.runSettled(token, count);
  }

  /** Every destination holds the message, or one refused it: the acknowledgement may leave. */
  accepted(ticket: number, reasonCode: ReasonCode, isForNow: boolean): void {
    if (ticket === 0) return;
    // 3.x has no word for it: without its acknowledgement the device sends the message again, to a new connection
    if (isForNow && this.device?.connect.version !== ProtocolVersion.v5) this.disconnect(reasonCode, 'no room now');
    this.device?.session.flows.accept(ticket, reasonCode);
  }

  /** The device settled a message that it was sent. */
  messageSettled(entry: SendEntry, reasonCode: ReasonCode): void {
    this.device?.session.settled(entry, reasonCode);
  }

  /** So much was accepted that reading may go on. */
  resumable(): void {
    this.#link.resume();
  }

  /** The connection is over, in order or not. */
  ended(end: ConnectionEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#login?.over();
    this.#link.close();
    const accepted = this.device;
    if (accepted === undefined) {
      this.#rooms.log.debug({ address: this.#link.remoteAddress, detail: end.detail }, 'connection ended');
      return;
    }
    leaveBroker(this.#rooms, accepted, end, this.#machine.sessionExpiryInterval);
  }

  // --- the line of the session

  /** See `DeviceLine`. */
  send(delivery: Delivery, token: number): SendOutcome {
    return this.#machine.send(delivery, token, this.#rooms.turn.now);
  }

  /** See `DeviceLine`. */
  maySendRun(qos: Qos, run: PublishRun, token: number): boolean {
    return this.#machine.maySendRun(qos, run, token);
  }

  /** See `DeviceLine`. */
  sendRun(forms: RunForms, qos: Qos, token: number): void {
    this.#machine.sendRun(forms, qos, token, this.#rooms.turn.now);
  }

  get #expiresAt(): number {
    return this.device?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  /** See `RequestLine`. */
  hold<Decision>(pending: Promise<Decision>, decided: (decision: Decision) => void): void {
    this.#machine.hold();
    void pending.then((decision) => {
      if (this.#isOver) return;
      decided(decision);
      this.#machine.proceed();
    });
  }

  #deny(accepted: AcceptedDevice, topic: string, ticket: number): void {
    const { access, counters, log, options } = this.#rooms;
    counters.denied.add();
    const isTooDeep = levelsOf(topic) > options.topicLevelsMax;
    const why = isTooDeep ? `more than ${options.topicLevelsMax} levels` : 'not allowed';
    log.debug({ clientId: accepted.identity.clientId, topic: topic.slice(0, 200), why }, 'publish denied');
    if (access.isDenialDisconnecting) {
      this.#machine.disconnect(ReasonCode.notAuthorized, `not allowed to publish to ${topic}`);
    } else if (ticket > 0) {
      // [MQTT3-3.3.5-2] [MQTT31-10] 3.x has no word for it: acknowledged as usual there
      accepted.session.flows.accept(ticket, isTooDeep ? ReasonCode.topicNameInvalid : ReasonCode.notAuthorized);
    }
  }

  #openRequests(): DeviceRequests {
    this.#requests ??= new DeviceRequests(this.#rooms, this.#machine, this);
    return this.#requests;
  }
}
