// RemoteServer: one broker that a bridge may connect to, and everything that is remembered of it while connections come
// and go: the session that it shares with us, what it does not speak, how long to leave it alone, and its numbers.
//
//   5.0 --refused, or hung up three times--> 3.1.1 --refused--> 3.1        a day later: as configured again

import { Backoff, type BackoffOptions } from '../../protocol/connection/backoff.ts';
import type { ClientAuthentication } from '../../protocol/connection/client-authentication.ts';
import { Session } from '../../protocol/session/session.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { describeRemote } from '../base/remote-address.ts';
import type { DialOptions, Net, PeerCertificate, Random } from '../ports/ports.ts';
import { clientAuthenticationOf } from '../secrets/scram-client.ts';
import type { BridgeOptions, RemoteOptions } from './bridge-options.ts';
import type { RemoteStatus } from './bridge-status.ts';
import { referenceOf, referralsMax } from './link-refusals.ts';
import type { Trouble } from './link-trouble.ts';
import { type SecretSources, ServerSecrets } from './server-secrets.ts';
import { ServiceTargets, serviceNameOf } from './service-targets.ts';

/** How long a version that was refused is not tried again, in ms. */
const stepUpMs = 86_400_000;

/** So often a server may hang up on a CONNECT of 5.0 before an older one is tried. */
const hangUpsMax = 3;

/** A session, and whether a server may know of it. */
export interface ServerSession {
  readonly session: Session;
  isKnown: boolean;
}

/** A server that this one has named in its place. */
interface Referral {
  readonly place: Place;
  readonly shared: ServerSession;
}

/** What servers are made with. */
export interface ServerSources extends SecretSources {
  readonly random: Random;
  readonly net: Net;
  /** The session with a server of the bridge at a place, under a client id; default none is known. */
  readonly sharedAt?: (place: Place, clientId: string) => ServerSession | undefined;
}

type Place = Pick<RemoteOptions, 'host' | 'port'>;

/** How long before its end a certificate is told of, in ms: a month. */
const warnBeforeMs = 30 * 86_400_000;

/** One server of a bridge. */
export class RemoteServer {
  readonly options: RemoteOptions;
  readonly clientId: string;
  readonly secrets: ServerSecrets;
  /** The server has a session of which nothing is left here: the next connection begins a new one. */
  isCleanDue = false;
  /** Sessions are to end with their connections from now on. */
  isSessionEnding = false;
  /** When it may be tried again, in ms. */
  retryAt = 0;
  readonly #bridge: BridgeOptions;
  readonly #shared: ServerSession;
  readonly #random: Random;
  readonly #sharedAt: NonNullable<ServerSources['sharedAt']>;
  #method: ClientAuthentication | undefined;
  #methodPassword = '';
  /** When the certificate ends that it showed, in ms since 1970. */
  #certificateEnd: number | undefined;
  #backoff: Backoff;
  #backoffOptions: BackoffOptions;
  /** Present where SRV records name the servers. */
  readonly #targets: ServiceTargets | undefined;
  #version: ProtocolVersion;
  #steppedDownAt = 0;
  /** How often it hung up on a CONNECT of 5.0. */
  #hangUps = 0;
  #isBridgeBitSet: boolean;
  #tries = 0;
  #connects = 0;
  #failures = 0;
  /** Connections in a row that ended soon after they were accepted. */
  #shortLives = 0;
  #connectedAt: number | undefined;
  #connectedMs = 0;
  #trouble: Trouble | undefined;
  /** Where it has sent us, and how often in a row. */
  #referral: Referral | undefined;
  #referrals = 0;
  /** The last one: it may send us there again. */
  #lastReferral: Referral | undefined;

  /** `shared`: the session that all servers of a cluster have in common; default one of its own. */
  constructor(options: RemoteOptions, bridge: BridgeOptions, sources: ServerSources, shared?: ServerSession) {
    this.options = options;
    this.#bridge = bridge;
    const { clientId = bridge.clientId } = options;
    this.clientId = clientId;
    this.secrets = new ServerSecrets(options, bridge, sources);
    this.#random = sources.random;
    this.#sharedAt = sources.sharedAt ?? (() => undefined);
    this.#version = bridge.version;
    this.#isBridgeBitSet = bridge.isBridgeBitSet;
    this.#backoff = new Backoff(bridge.backoff);
    this.#backoffOptions = bridge.backoff;
    const { host, tls, isService } = options;
    const { net, random } = sources;
    this.#targets =
      isService === true ? new ServiceTargets(serviceNameOf(host, tls !== undefined), net, random) : undefined;
    const { sendWindowMax, receiveMaximum } = bridge;
    this.#shared = shared ?? {
      session: new Session({ clientId, sendWindowMax, receiveMaximum }),
      isKnown: bridge.hasSessionState && options === bridge.remote,
    };
  }

  /** See `ServerSession`. */
  get shared(): ServerSession {
    return this.#shared;
  }

  /** The flows that it and we have not settled; while another server stands in its place, those of that one. */
  get session(): Session {
    return this.#used.session;
  }

  /** Whether anything may be left here of a session that it has. */
  get hasState(): boolean {
    return this.#used.isKnown;
  }

  get #used(): ServerSession {
    return this.#referral?.shared ?? this.#shared;
  }

  /** `host:port`, `unix:path`, or the name of its SRV records. */
  get address(): string {
    return this.#targets?.name ?? describeRemote(this.options);
  }

  /** Whether it is the server at a place. */
  isAt({ host, port }: Place): boolean {
    return this.options.host === host && this.options.port === port;
  }

  /** The address of whoever has the session. */
  get placeName(): string {
    return this.#referral === undefined ? this.address : describeRemote(this.#referral.place);
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

  /** How it is shown who the bridge is; undefined: as user name and password are. 5.0 only. */
  get authentication(): ClientAuthentication | undefined {
    const { username = '', password = '' } = this.secrets;
    if (this.#bridge.authentication === undefined) return undefined;
    if (this.#method === undefined || this.#methodPassword !== password) {
      this.#method = clientAuthenticationOf(this.#bridge.authentication, { username, password }, this.#random);
      this.#methodPassword = password;
    }
    return this.#method;
  }

  /** Certificates that end soon or have ended, in words. `wallMs`: the time of the machine. */
  endingCertificates(wallMs: number): readonly string[] {
    const said = (whose: string, end: number | undefined): readonly string[] => {
      if (end === undefined || end - wallMs > warnBeforeMs) return [];
      const days = Math.floor((end - wallMs) / 86_400_000);
      return [days < 0 ? `${whose} certificate has ended` : `${whose} certificate ends in ${days} days`];
    };
    return [...said("the remote's", this.#certificateEnd), ...said('our', this.secrets.certificateEnd)];
  }

  /** Whether a better target than that in use is known, where SRV records name them. */
  get isBetterKnown(): boolean {
    return this.#targets?.isBetterKnown ?? false;
  }

  /** The connection goes on at the target that was probed. */
  moved(): void {
    this.#targets?.moved();
  }

  /**
   * Where to dial, and with what; a try begins at `now`, or a look at its best target. Rejects with LinkError where
   * a secret cannot be had.
   */
  dialOptions(now: number, signal: AbortSignal, isProbe = false): DialOptions | Promise<DialOptions> {
    this.#tries++;
    if (this.#steppedDownAt > 0 && now - this.#steppedDownAt >= stepUpMs) this.#stepUp();
    const { areRead } = this.secrets;
    const targets = this.#referral === undefined ? this.#targets : undefined;
    const place = this.#referral?.place ?? this.options;
    if (targets === undefined && !areRead) return this.#address(place);
    const read = areRead ? this.secrets.read(signal) : Promise.resolve();
    if (targets === undefined) return read.then(() => this.#address(place));
    return read
      .then(() => (isProbe ? targets.best(now, signal) : targets.next(now, signal)))
      .then((place) => this.#address(place));
  }

  #address({ host, port }: Pick<RemoteOptions, 'host' | 'port'>): DialOptions {
    const { webSocket, proxy } = this.options;
    const socketPath = this.#referral === undefined ? this.options.socketPath : undefined;
    const { connectTimeoutMs, isNoDelay, tcpKeepAliveMs, localAddress, localInterface } = this.#bridge;
    const { tls } = this.secrets;
    return {
      host,
      port,
      timeoutMs: connectTimeoutMs,
      isNoDelay,
      keepAliveDelayMs: tcpKeepAliveMs,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(tls === undefined ? {} : { tls }),
      ...(webSocket === undefined ? {} : { webSocket }),
      ...(proxy === undefined ? {} : { proxy }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(localInterface === undefined ? {} : { localInterface }),
    };
  }

  /** MQTT came up, with the certificate that it showed. */
  connected(now: number, certificate?: PeerCertificate): void {
    this.#certificateEnd = certificate?.validTo;
    this.#connects++;
    this.#targets?.connected();
    this.isCleanDue = false;
    this.#used.isKnown = true;
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
    if (lasted >= this.#bridge.backoff.stableMs) this.#referrals = 0;
    this.#shortLives = isOurs || lasted >= this.#bridge.backoff.stableMs ? 0 : this.#shortLives + 1;
  }

  /** A try failed, or a connection was lost. `unit` is a random number of 0 to below 1. */
  failed(now: number, unit: number, trouble: Trouble): void {
    this.#failures++;
    this.#retune();
    this.#trouble = trouble;
    const { delayMsMin, pauseMs, referredTo } = trouble;
    const isFollowed = this.#follow(referredTo);
    const soonMs = this.#backoff.failed(now, unit, isFollowed ? 0 : delayMsMin);
    // the next target behind a name is no worse for it
    const isAtOnce = isFollowed || (this.#targets?.isOneLeft ?? false);
    this.retryAt = now + (isAtOnce ? 0 : (pauseMs ?? soonMs));
  }

  /** Another back-off begins from its start. */
  #retune(): void {
    const { backoff } = this.#bridge;
    // options that are read again are another object, and mostly say the same
    if (JSON.stringify(backoff) === JSON.stringify(this.#backoffOptions)) return;
    this.#backoff = new Backoff(backoff);
    this.#backoffOptions = backoff;
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
    const { username, password } = this.secrets;
    const isPossible = authentication === undefined && (username !== undefined || password === undefined);
    if (!isSteppingDown || !isPossible || this.#version === ProtocolVersion.v31) return false;
    this.#version = this.#version === ProtocolVersion.v5 ? ProtocolVersion.v311 : ProtocolVersion.v31;
    this.#steppedDownAt = now;
    return true;
  }

  /**
   * It hung up instead of answering CONNECT, which some do when they do not know the version. Every third time, while
   * it has never let us in, 3.1.1 is tried instead of 5.0. Returns whether the next try is in another version.
   */
  hungUp(now: number): boolean {
    if (this.#connects > 0 || this.#bridge.version !== ProtocolVersion.v5) return false;
    if (this.#version !== ProtocolVersion.v5) {
      this.#stepUp();
      return true;
    }
    this.#hangUps++;
    return this.#hangUps % hangUpsMax === 0 && this.stepDown(now);
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
      ...(this.#certificateEnd === undefined ? {} : { certificateEnd: this.#certificateEnd }),
      ...(this.secrets.certificateEnd === undefined ? {} : { ownCertificateEnd: this.secrets.certificateEnd }),
      ...(this.#targets === undefined ? {} : { targets: this.#targets.status }),
      ...(trouble === undefined ? {} : { error: trouble.text, kind: trouble.kind }),
      ...(this.retryAt > now ? { retryAt: this.retryAt } : {}),
    };
  }

  /** The next try goes where it sends us, for as long as that works. Returns whether it does. */
  #follow(reference: string | undefined): boolean {
    const place = reference === undefined ? undefined : referenceOf(reference, this.options.port);
    const isFollowed = place !== undefined && this.#referrals < referralsMax;
    const before = this.#referral;
    this.#referral = isFollowed ? this.#referralTo(place) : undefined;
    this.#referrals = isFollowed ? this.#referrals + 1 : 0;
    if (this.#referral !== before) this.isCleanDue = false;
    return isFollowed;
  }

  /** A server that is named knows nothing of the flows of this one, unless both are nodes of one cluster. */
  #referralTo(place: Place): Referral {
    const last = this.#lastReferral;
    if (last?.place.host === place.host && last.place.port === place.port) return last;
    const { clientId } = this;
    const { sendWindowMax, receiveMaximum, isSessionShared } = this.#bridge;
    const known = isSessionShared ? this.#shared : this.#sharedAt(place, clientId);
    const fresh = { session: new Session({ clientId, sendWindowMax, receiveMaximum }), isKnown: false };
    this.#lastReferral = { place, shared: known ?? fresh };
    return this.#lastReferral;
  }

  #stepUp(): void {
    this.#steppedDownAt = 0;
    this.#version = this.#bridge.version;
    this.#isBridgeBitSet = this.#bridge.isBridgeBitSet;
  }
}

/** A version as people write it. */
export function nameOfVersion(version: ProtocolVersion): string {
  if (version === ProtocolVersion.v5) return '5.0';
  return version === ProtocolVersion.v311 ? '3.1.1' : '3.1';
}
