// RemoteServer: one broker that a bridge may connect to, and everything that is remembered of it while connections come
// and go: the session that it shares with us, what it does not speak, how long to leave it alone, and its numbers.
//
//   5.0 --refused--> 3.1.1 --refused--> 3.1        a day later: as configured again

import { Backoff } from '../../protocol/connection/backoff.ts';
import type { ClientAuthentication } from '../../protocol/connection/client-authentication.ts';
import { Session } from '../../protocol/session/session.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { describeRemote } from '../base/remote-address.ts';
import type { DialOptions, Random } from '../ports/ports.ts';
import { clientAuthenticationOf } from '../secrets/scram-client.ts';
import type { BridgeOptions, RemoteOptions } from './bridge-options.ts';
import type { RemoteStatus } from './bridge-status.ts';
import type { Trouble } from './link-trouble.ts';

/** How long a version that was refused is not tried again, in ms. */
const stepUpMs = 86_400_000;

/** A session, and whether a server may know of it. */
export interface ServerSession {
  readonly session: Session;
  isKnown: boolean;
}

/** One server of a bridge. */
export class RemoteServer {
  readonly options: RemoteOptions;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** How it is shown who the bridge is; undefined: as they are. 5.0 only. */
  readonly authentication: ClientAuthentication | undefined;
  /** The server has a session of which nothing is left here: the next connection begins a new one. */
  isCleanDue = false;
  /** When it may be tried again, in ms. */
  retryAt = 0;
  readonly #bridge: BridgeOptions;
  readonly #shared: ServerSession;
  readonly #backoff: Backoff;
  #version: ProtocolVersion;
  #steppedDownAt = 0;
  #isBridgeBitSet: boolean;
  #tries = 0;
  #connects = 0;
  #failures = 0;
  /** Connections in a row that ended soon after they were accepted. */
  #shortLives = 0;
  #connectedAt: number | undefined;
  #connectedMs = 0;
  #trouble: Trouble | undefined;

  /** `shared`: the session that all servers of a cluster have in common; default one of its own. */
  constructor(options: RemoteOptions, bridge: BridgeOptions, random: Random, shared?: ServerSession) {
    this.options = options;
    this.#bridge = bridge;
    const { clientId = bridge.clientId, username, password } = options;
    this.clientId = clientId;
    this.username = username ?? bridge.username;
    // a user of its own has a password of its own
    this.password = username === undefined ? (password ?? bridge.password) : password;
    const credentials = present(this.username, this.password);
    this.authentication = clientAuthenticationOf(bridge.authentication, credentials, random);
    this.#version = bridge.version;
    this.#isBridgeBitSet = bridge.isBridgeBitSet;
    this.#backoff = new Backoff(bridge.backoff);
    const { sendWindowMax, receiveMaximum } = bridge;
    this.#shared = shared ?? {
      session: new Session({ clientId, sendWindowMax, receiveMaximum }),
      isKnown: bridge.hasSessionState && options === bridge.remote,
    };
  }

  /** The flows that it and we have not settled. */
  get session(): Session {
    return this.#shared.session;
  }

  /** Whether anything may be left here of a session that it has. */
  get hasState(): boolean {
    return this.#shared.isKnown;
  }

  /** `host:port`, or `unix:path`. */
  get address(): string {
    return describeRemote(this.options);
  }

  /** The version that is spoken with it. */
  get version(): ProtocolVersion {
    return this.#version;
  }

  /** Whether it is told that this is a bridge, by the top bit of the level, in 3.x. */
  get isBridgeBitSet(): boolean {
    return this.#isBridgeBitSet && this.#version !== ProtocolVersion.v5;
  }

  /** How often MQTT came up. */
  get connects(): number {
    return this.#connects;
  }

  /** How many connections in a row it closed soon after accepting them. */
  get shortLives(): number {
    return this.#shortLives;
  }

  /** What it does not do that it was asked for, in words. */
  get degradations(): readonly string[] {
    const { version, isBridgeBitSet } = this.#bridge;
    const found: string[] = [];
    if (this.#version !== version) {
      found.push(`MQTT ${nameOfVersion(this.#version)} is spoken: the remote refused ${nameOfVersion(version)}`);
    }
    if (isBridgeBitSet && !this.#isBridgeBitSet) {
      found.push('the remote does not know the bridge bit: what it sends back is recognised here only');
    }
    return found;
  }

  /** Where to dial; a try begins at `now`. */
  dialOptions(now: number): DialOptions {
    this.#tries++;
    if (this.#steppedDownAt > 0 && now - this.#steppedDownAt >= stepUpMs) this.#stepUp();
    const { host, port, socketPath, tls, webSocket } = this.options;
    const { connectTimeoutMs, isNoDelay, tcpKeepAliveMs } = this.#bridge;
    return {
      host,
      port,
      timeoutMs: connectTimeoutMs,
      isNoDelay,
      keepAliveDelayMs: tcpKeepAliveMs,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(tls === undefined ? {} : { tls }),
      ...(webSocket === undefined ? {} : { webSocket }),
    };
  }

  /** MQTT came up. */
  connected(now: number): void {
    this.#connects++;
    this.isCleanDue = false;
    this.#shared.isKnown = true;
    this.#connectedAt = now;
    this.#trouble = undefined;
    this.#backoff.connected(now);
  }

  /** A connection that was up ended, by us or not. */
  ended(now: number, isOurs: boolean): void {
    if (this.#connectedAt === undefined) return;
    const lasted = now - this.#connectedAt;
    this.#connectedMs += lasted;
    this.#connectedAt = undefined;
    this.#shortLives = isOurs || lasted >= this.#bridge.backoff.stableMs ? 0 : this.#shortLives + 1;
  }

  /** A try failed, or a connection was lost. `unit` is a random number of 0 to below 1. */
  failed(now: number, unit: number, trouble: Trouble): void {
    this.#failures++;
    this.#trouble = trouble;
    this.retryAt = now + this.#backoff.failed(now, unit, trouble.delayMsMin);
  }

  /** Earlier failures count no more. */
  forgive(): void {
    this.retryAt = 0;
    this.#backoff.reset();
  }

  /** It refused the version. Returns whether there is an older one to try that can say what this bridge has to say. */
  stepDown(now: number): boolean {
    const { isSteppingDown, authentication } = this.#bridge;
    // 3.x has no challenge, and no password without a user
    const isPossible = authentication === undefined && (this.username !== undefined || this.password === undefined);
    if (!isSteppingDown || !isPossible || this.#version === ProtocolVersion.v31) return false;
    this.#version = this.#version === ProtocolVersion.v5 ? ProtocolVersion.v311 : ProtocolVersion.v31;
    this.#steppedDownAt = now;
    return true;
  }

  /** What the standard does not have must not be needed [MQTT3-7.0.0-2]. Returns whether it was used. */
  dropBridgeBit(): boolean {
    const wasSet = this.isBridgeBitSet;
    if (wasSet) this.#isBridgeBitSet = false;
    return wasSet;
  }

  /** The server in numbers. */
  status(now: number, isCurrent: boolean): RemoteStatus {
    const { clientId } = this;
    const connected = this.#connectedAt === undefined ? 0 : now - this.#connectedAt;
    const trouble = this.#trouble;
    return {
      address: this.address,
      clientId,
      isCurrent,
      tries: this.#tries,
      connects: this.#connects,
      failures: this.#failures,
      connectedMs: this.#connectedMs + connected,
      ...(trouble === undefined ? {} : { error: trouble.text, kind: trouble.kind }),
      ...(this.retryAt > now ? { retryAt: this.retryAt } : {}),
    };
  }

  #stepUp(): void {
    this.#steppedDownAt = 0;
    this.#version = this.#bridge.version;
    this.#isBridgeBitSet = this.#bridge.isBridgeBitSet;
  }
}

function present(username = '', password = ''): { readonly username: string; readonly password: string } {
  return { username, password };
}

/** A version as people write it. */
export function nameOfVersion(version: ProtocolVersion): string {
  if (version === ProtocolVersion.v5) return '5.0';
  return version === ProtocolVersion.v311 ? '3.1.1' : '3.1';
}
