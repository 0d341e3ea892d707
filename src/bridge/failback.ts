// Failback: while a bridge uses a server that is not its first choice, those before it are probed: a whole MQTT
// connection, under a client id of its own so that a cluster does not take ours for it, that has to last. Then a fresh
// socket is dialled there and handed over, and only the owner breaks what it has.
//
//   idle --begin--> waiting --> probing (CONNECT, kept, DISCONNECT) --lasted--> dialling --> handed over
//                      ^----------- failed: the next server, or the next round ---+
//
// Bounded: one probe at a time, one round each `failbackMs`.
import { Session } from '../../protocol/session/session.ts';
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type LineOwner, OutgoingLine } from '../link/outgoing-line.ts';
import type { Turn } from '../link/turn.ts';
import type { Ports, Socket, Timer } from '../ports/ports.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { termsOf } from './connect-terms.ts';
import type { RemoteServer } from './remote-server.ts';
import type { Remotes } from './remotes.ts';

/** What it works with. */
export interface FailbackParts {
  readonly ports: Ports;
  readonly log: Log;
  readonly turn: Turn;
  readonly options: BridgeOptions;
  readonly remotes: Remotes;
}

/** Looks for the way back to a better server. */
export class Failback {
  readonly #parts: FailbackParts;
  readonly #found: (server: RemoteServer, socket: Socket) => void;
  #timer: Timer | undefined;
  #abort: AbortController | undefined;
  #line: OutgoingLine | undefined;

  /** `found`: a socket to a server that is preferred and has kept a connection. It is the caller's then. */
  constructor(parts: FailbackParts, found: (server: RemoteServer, socket: Socket) => void) {
    this.#parts = parts;
    this.#found = found;
  }

  /** The bridge is connected: if that is not where it should be, the way back is looked for. */
  begin(): void {
    this.stop();
    const { options, remotes, ports } = this.#parts;
    if (options.failbackMs === 0 || remotes.preferred.length === 0) return;
    this.#timer = ports.clock.schedule(options.failbackMs, () => void this.#round());
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#abort?.abort();
    this.#abort = undefined;
    this.#line?.destroy();
    this.#line = undefined;
  }

  async #round(): Promise<void> {
    const { remotes, log, options } = this.#parts;
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = abort;
    for (const server of remotes.preferred) {
      try {
        await this.#probe(server, signal);
        const socket = await this.#dial(server, signal);
        if (signal.aborted) socket.destroy();
        else this.#found(server, socket);
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.debug({ bridge: options.name, remote: server.address, error: messageOf(error) }, 'not back yet');
      }
    }
    this.begin();
  }

  async #dial(server: RemoteServer, signal: AbortSignal): Promise<Socket> {
    const { net, clock } = this.#parts.ports;
    return net.dial({ ...(await server.dialOptions(clock.now(), signal, true)), signal });
  }

  /** Fulfilled when the server has kept a connection for as long as counts as stable. */
  async #probe(server: RemoteServer, signal: AbortSignal): Promise<void> {
    const socket = await this.#dial(server, signal);
    if (signal.aborted) {
      socket.destroy();
      return;
    }
    const { options, turn, ports } = this.#parts;
    const terms = termsOf(options, server);
    const { will: _none, ...connect } = terms.connect;
    const clientId = `${server.clientId}-probe`;
    const { properties: _limits, ...rest } = connect;
    const probe = { ...rest, clientId, cleanStart: true, keepAlive: 5, properties: {} };
    const session = new Session({ clientId, sendWindowMax: 1, receiveMaximum: 1 });
    await new Promise<void>((resolve, reject) => {
      let timer: Timer | undefined;
      const owner: LineOwner = {
        ...deaf,
        connected: () => {
          timer = ports.clock.schedule(options.backoff.stableMs, () => {
            line.machine.disconnect(ReasonCode.success, 'the probe is done');
            resolve();
          });
        },
        closed: ({ reasonCode, detail }) => {
          timer?.cancel();
          this.#line = undefined;
          // after `resolve` this means nothing
          reject(new Error(isFailure(reasonCode) ? detail : `${detail} (the probe)`));
        },
      };
      const line = new OutgoingLine(
        { socket, turn, session, terms: { ...terms, connect: probe }, maximumPacketSize: options.maximumPacketSize },
        owner,
      );
      this.#line = line;
      line.start();
    });
  }
}

/** A probe listens to nothing. */
const deaf: Omit<LineOwner, 'connected' | 'closed'> = {
  refused: () => undefined,
  writable: () => undefined,
  messageReceived: () => undefined,
  messageSettled: () => undefined,
  sessionLost: () => undefined,
  subscribed: () => undefined,
  unsubscribed: () => undefined,
};
