// Concessions: what a bridge does without when a server refuses how it asks: first the bridge bit, then one version
// after the other. The server remembers what it does not know; whether the next try is at once is remembered here,
// from the refusal to the end of that line.
import type { Log } from '../base/log.ts';
import { nameOfVersion, type RemoteServer } from './remote-server.ts';

/** The concessions of one connector. */
export class Concessions {
  readonly #bridge: string;
  readonly #log: Log;
  /** The server refused the version or the bridge bit and is asked for less, or it is told something else. */
  #isAtOnce = false;

  constructor(bridge: string, log: Log) {
    this.#bridge = bridge;
    this.#log = log;
  }

  /** The server refused the version, or the bit that is part of it, at `now` in ms. */
  refused(server: RemoteServer, now: number): void {
    this.#isAtOnce = this.dropBridgeBit(server);
    if (this.#isAtOnce || !server.stepDown(now)) return;
    this.#isAtOnce = true;
    const [text = ''] = server.degradations;
    this.#log.warn({ bridge: this.#bridge, remote: server.address }, text);
  }

  /** The server hung up instead of answering CONNECT: it may not know the bridge bit, or the version. */
  hungUp(server: RemoteServer, now: number): void {
    if (this.dropBridgeBit(server) || !server.hungUp(now)) return;
    const text = `the remote hangs up on CONNECT: ${nameOfVersion(server.version)} is tried`;
    this.#log.warn({ bridge: this.#bridge, remote: server.address }, text);
  }

  /** The server seems not to know the bridge bit. Returns whether it was set. */
  dropBridgeBit(server: RemoteServer): boolean {
    if (!server.dropBridgeBit()) return false;
    this.#log.info({ bridge: this.#bridge }, 'the remote knows no bridge bit: connecting without it');
    return true;
  }

  /** The options have changed: the line ends, and the next try is at once. */
  anew(): void {
    this.#isAtOnce = true;
  }

  /** The line is over. Returns whether the next try is at once. */
  take(): boolean {
    const isAtOnce = this.#isAtOnce;
    this.#isAtOnce = false;
    return isAtOnce;
  }
}
