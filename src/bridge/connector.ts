// Connector: the outbound connection of one bridge, dialled again for as long as the bridge lives; to the remote it is
// a client like any other [MQTT3-7.0.0-1]. Each server has its session; sockets and machines go with their line.
//
//   dialling -> line opened -> CONNECT -> connected -> lost -> waiting (back-off) -> dialling ...
//                                             | a server before this one is back: nothing new is sent, what is
//                                             v underway is settled, DISCONNECT, CONNECT there
//                                           moving
// Bounded: one line at a time, and a socket that is ready.
import { unknownSession } from '../../protocol/connection/client-terms.ts';
import type { ConnectionEnd, SendOutcome } from '../../protocol/connection/exchange.ts';
import type { ServerFeatures } from '../../protocol/connection/limits.ts';
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import type { Session } from '../../protocol/session/session.ts';
import type { ConnackPacket, SubscribeEntry } from '../../protocol/wire/packets.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import { type LineOwner, OutgoingLine } from '../link/outgoing-line.ts';
import { Redial, type RedialOwner } from '../link/redial.ts';
import type { Socket } from '../ports/ports.ts';
import type { BridgeLinkState, RemoteStatus } from './bridge-status.ts';
import { Concessions } from './concessions.ts';
import type { ConnectorOwner, ConnectorParts } from './connector-parts.ts';
import { degradationsOf } from './degradations.ts';
import type { ForwardLine } from './forwarder-parts.ts';
import { LineEchoes } from './line-echoes.ts';
import { checkServers, linePartsOf, requestTargetOf, troubleOf } from './line-terms.ts';
import { LinkState } from './link-state.ts';
import { type Move, type MoveOwner, Moves } from './moves.ts';
import type { RemoteServer } from './remote-server.ts';
import { Remotes } from './remotes.ts';
import { SessionEnding } from './session-ending.ts';
import { type RequestTarget, SubscriptionRequests } from './subscription-requests.ts';

/** One bridge's connection. */
export class Connector implements ForwardLine, LineOwner, RedialOwner, MoveOwner {
  readonly #echoes: LineEchoes;
  readonly #parts: ConnectorParts;
  readonly #owner: ConnectorOwner;
  readonly #remotes: Remotes;
  redial: Redial;
  readonly #moves: Moves;
  readonly #requests: SubscriptionRequests;
  #server: RemoteServer;
  /** Whose flows are open: that with the server in use, or with the one that this has named in its place. */
  #session: Session;
  #line: OutgoingLine | undefined;
  readonly #link: LinkState;
  #isClosed = false;
  readonly #concessions: Concessions;
  #wasAccepted = false;
  /** Present while the session at the server is being ended. */
  #ending: SessionEnding | undefined;
  #lineGone: (() => void) | undefined;

  constructor(parts: ConnectorParts, owner: ConnectorOwner) {
    const { options, ports } = parts;
    this.#parts = parts;
    this.#owner = owner;
    this.#echoes = new LineEchoes(parts);
    this.#requests = new SubscriptionRequests(options.name, parts.log);
    this.#concessions = new Concessions(options.name, parts.log);
    this.#remotes = new Remotes(options, { ...ports, ...parts });
    this.#server = this.#remotes.current;
    this.#session = this.#server.session;
    this.#link = new LinkState(parts, owner, this.#remotes);
    this.redial = new Redial(ports, this.#remotes, this);
    this.#moves = new Moves({ ...parts, remotes: this.#remotes }, this);
    checkServers(parts, this.#remotes.servers);
  }

  /** The flows of the server in use that are not settled; they outlive the connections. */
  get session(): Session {
    return this.#session;
  }

  /** See `Remotes`. */
  get sessions(): ReadonlyMap<Session, string> {
    return this.#remotes.sessions;
  }

  /** By which the session of the server in use is known: the address of the first server that has it. */
  get sessionName(): string {
    return this.sessions.get(this.session) ?? this.#server.placeName;
  }

  /** Whether the server in use may keep a session of this bridge. */
  get mayHaveSession(): boolean {
    const { cleanStart, properties } = this.#parts.options;
    const isKept = this.hasProperties ? (properties.sessionExpiryInterval ?? 0) > 0 : !cleanStart;
    return isKept && this.#server.hasState;
  }

  /** See `MoveOwner`. */
  get underwayCount(): number {
    return this.session.underwayCount;
  }

  /** Messages sent and not settled; without those that the remote only has to forget. */
  get sentCount(): number {
    return this.session.underwayCount - this.session.forgoneCount;
  }

  /** See `MoveOwner`. `isAtOnce`: the next one is dialled without a wait. */
  leave(detail = 'the bridge moves to another connection', isAtOnce = false): void {
    if (isAtOnce) this.#concessions.anew();
    this.#line?.machine.disconnect(ReasonCode.success, detail);
  }

  /** The server in use, or being tried. */
  get remote(): string {
    return this.#remotes.current.address;
  }

  /** All servers. */
  get remotes(): readonly RemoteStatus[] {
    return this.#remotes.status;
  }

  /** What the server in use does not do that it was asked for. */
  get degradations(): readonly string[] {
    const ending = this.#server.endingCertificates(this.#parts.ports.clock.wallMs());
    return [...this.#server.degradations, ...degradationsOf(this.limits), ...ending];
  }

  /** The state of the link. */
  get state(): BridgeLinkState {
    return this.#link.now;
  }

  /** See `ForwardLine`. */
  get isConnected(): boolean {
    return this.#line?.machine.isConnected ?? false;
  }

  /** See `ForwardLine`. */
  get isCongested(): boolean {
    return this.#moves.isUnderway || (this.#line?.isCongested ?? false);
  }

  /** See `ForwardLine`. */
  get limits(): ServerFeatures | undefined {
    return this.#line?.machine.server;
  }

  /** See `ForwardLine`. */
  get hasProperties(): boolean {
    return this.#server.version === ProtocolVersion.v5;
  }

  /** Begins to dial. */
  start(): void {
    this.redial.start();
  }

  /** Tries at once instead of waiting, whatever failed before. */
  wake(): void {
    this.redial.wake();
  }

  /** A message was settled: the line may be empty now. */
  settled(): void {
    this.#moves.settled();
  }

  /** See `ForwardLine`. */
  send(delivery: Delivery, token: number): SendOutcome {
    const outcome = this.#line?.machine.send(delivery, token, this.#parts.turn.now) ?? 'offline';
    if (outcome === 'sent') this.#echoes.sent(delivery.message);
    return outcome;
  }

  /** See `ForwardLine`: whichever server an earlier process sent it to. */
  forgo(token: number): void {
    for (const session of this.sessions.keys()) session.forgo(token);
  }

  /** See `ForwardLine`. */
  maySendRun(qos: Qos, run: PublishRun, token: number): boolean {
    if (this.#moves.isUnderway || this.#echoes.isLooking) return false;
    return this.#line?.machine.maySendRun(qos, run, token) ?? false;
  }

  /** See `ForwardLine`. */
  sendRun(forms: RunForms, qos: Qos, token: number): void {
    this.#line?.machine.sendRun(forms, qos, token, this.#parts.turn.now);
  }

  /** Asks the remote for subscriptions. */
  subscribe(entries: readonly SubscribeEntry[]): void {
    this.#requests.ask(this.#requestTarget, entries);
  }

  /** Asks the remote for the end of subscriptions; without a connection nothing is asked. */
  unsubscribe(filters: readonly string[]): void {
    this.#requests.askEnd(this.#requestTarget, filters);
  }

  /** Rules, or the lanes beside this one, are other ones now. */
  rulesChanged(): void {
    this.#echoes.changed(this.#server);
  }

  /** Its options are other ones now: the link is made anew at once; sessions stay. Throws UsageError as when opened. */
  reconnect(): void {
    if (this.#isClosed || this.#ending) return;
    this.#moves.stop();
    this.#remotes.remake();
    checkServers(this.#parts, this.#remotes.servers);
    if (this.#line) {
      this.leave('the configuration of the bridge has changed', true);
      return;
    }
    // a try that is underway goes where nobody wants to go any more
    const { isHeld } = this.redial;
    this.redial.stop();
    this.redial = new Redial(this.#parts.ports, this.#remotes, this, isHeld);
    this.redial.start();
  }

  /** Disconnects in order and dials no more; fulfilled when the socket is gone. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop();
    if (this.#line !== undefined) {
      const gone = new Promise<void>((resolve) => {
        this.#lineGone = resolve;
      });
      this.#line.machine.disconnect(ReasonCode.success, 'the bridge was closed');
      await gone;
    }
    this.#link.closed();
  }

  /** Ends the session at the server, see `SessionEnding`, and dials no more: `done` is told when it is over. */
  end(done: () => void, isBrief = false): void {
    this.#ending = new SessionEnding(done, isBrief);
    this.#moves.stop();
    const { machine } = this.#line ?? {};
    if (machine?.isConnected) this.#ending.connected(machine, this.#server);
    else this.wake();
  }

  /** Ends a connection of 3.x, which has no word for what is wrong, and dials again after the back-off. */
  breakOff(detail: string): void {
    if (this.#server.version === ProtocolVersion.v5) return;
    this.#line?.machine.disconnect(ReasonCode.quotaExceeded, detail);
  }

  /** Cuts the connection and dials no more. */
  destroy(): void {
    this.#isClosed = true;
    this.#stop();
    this.#line?.destroy();
    this.#link.closed();
  }

  /** See `RedialOwner`. */
  dialling(): void {
    this.#link.connecting();
  }

  /** See `RedialOwner`. */
  opened(socket: Socket): void {
    this.#open(this.#remotes.current, socket);
  }

  /** See `RedialOwner`. */
  waiting(delayMs: number, _error: Error | undefined): void {
    this.#link.waiting(delayMs);
  }

  /** See `LineOwner`. */
  connected(connack: ConnackPacket): void {
    this.#wasAccepted = true;
    this.redial.connected();
    if (this.#ending) {
      this.#ending.connected(this.#line?.machine, this.#server);
      return;
    }
    const { sessionPresent } = connack;
    this.#link.connected(sessionPresent, this.degradations);
    this.#moves.connected();
    this.#owner.connected(sessionPresent);
  }

  /** See `LineOwner`. */
  refused(reasonCode: ReasonCode, _detail: string): void {
    if (reasonCode === ReasonCode.unsupportedProtocolVersion) this.#concessions.refused(this.#server, this.#now);
  }

  /** See `LineOwner`. */
  writable(): void {
    this.#owner.writable();
  }

  /** See `LineOwner`. */
  messageReceived(publish: ReceivedPublish, ticket: number): void {
    if (this.#echoes.isEcho(publish)) this.session.accept(ticket, ReasonCode.success);
    else this.#owner.messageReceived(publish, ticket);
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
    this.#owner.subscribed(this.#requests.answered(packetId), reasonCodes);
  }

  /** See `LineOwner`. */
  unsubscribed(packetId: number, reasonCodes: readonly ReasonCode[]): void {
    this.#owner.unsubscribed(this.#requests.answered(packetId), reasonCodes);
  }

  /** See `LineOwner`. */
  closed(end: ConnectionEnd): void {
    const server = this.#server;
    this.#line = undefined;
    this.#parts.bytes.use(undefined);
    server.ended(this.#now, end.blame === 'local');
    const owner = this.#isClosed ? undefined : this.#owner;
    this.#remotes.explain(troubleOf(this.#parts, { server, end, wasAccepted: this.#wasAccepted, owner }));
    const move = this.#moves.take();
    if (!this.#wasAccepted && end.blame === 'network') this.#concessions.hungUp(server, this.#now);
    this.#lineGone?.();
    if (this.#isClosed) move?.socket.destroy();
    else if (this.#ending) this.#ended(this.#ending);
    else if (move !== undefined) this.#arrive(move);
    else this.#dialAgain(server, end);
  }

  #dialAgain(server: RemoteServer, end: ConnectionEnd): void {
    // [MQTT-3.2.2-4] closed, and connected anew with clean start
    const isUnknown = end.statement === unknownSession && !server.isCleanDue;
    server.isCleanDue ||= isUnknown;
    if (isUnknown) this.#parts.log.info({ bridge: this.#parts.options.name }, `a new session is begun: ${end.detail}`);
    const isAtOnce = this.#concessions.take() || isUnknown;
    this.redial.lost(isAtOnce ? 'now' : 'soon');
  }

  #ended(ending: SessionEnding): void {
    if (ending.isOver) {
      this.destroy();
      ending.done();
    } else this.redial.lost(this.#wasAccepted ? 'now' : 'soon');
  }

  get #requestTarget(): RequestTarget {
    return requestTargetOf(this.#parts, this.#server, this.#line);
  }

  get #now(): number {
    return this.#parts.ports.clock.now();
  }

  #open(server: RemoteServer, socket: Socket): void {
    this.#wasAccepted = false;
    this.#requests.clear();
    this.#remotes.certificate = socket.peerCertificate;
    const before = this.#session;
    this.#server = server;
    this.#session = server.session;
    // what one server has not settled is sent to the other
    if (before !== server.session) this.#owner.sessionLost(before.moveAway());
    this.#echoes.opened(server);
    this.#ending?.opening(server);
    this.#owner.opening();
    this.#line = new OutgoingLine(linePartsOf(this.#parts, { server, socket, owner: this.#owner }), this);
    this.#parts.bytes.use(this.#line);
    this.#line.start();
  }

  #arrive({ server, socket }: Move): void {
    this.#remotes.moveTo(server);
    this.#link.connecting();
    this.#open(server, socket);
  }

  #stop(): void {
    this.redial.stop();
    this.#moves.stop();
  }
}
