// Doctor: looks at the way from here to a remote step by step, and says at the first step that fails what is wrong and
// what can be done. It connects under a client id of its own and with a clean session, so that it takes nothing from a
// bridge that runs; what it publishes goes to topics of its own.
//
//   clock -> dns -> tcp -> tls -> connect -> limits -> subscribe (each filter) -> publish (each rule) -> echo
//
// Bounded: each step by `timeoutMs`.
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { AuthPacket, ConnackPacket, Packet } from '../../protocol/wire/packets.ts';
import { noProperties, type Properties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import { addressBytes } from '../base/address-range.ts';
import { LinkError, messageOf, RefusedError } from '../base/errors.ts';
import { describeAddress, describeRemote } from '../base/remote-address.ts';
import type { DialOptions, Ports, Socket } from '../ports/ports.ts';
import { clientAuthenticationOf } from '../secrets/scram-client.ts';
import { type BridgeSettings, optionsOf } from './bridge-context.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { DoctorPeer } from './doctor-peer.ts';
import { DoctorPermissions, refusal } from './doctor-permissions.ts';
import type { DoctorFinding, DoctorStep } from './doctor-step.ts';
import { remedyOfError, remedyOfReason } from './remedies.ts';
import { type RunCommand, ServerSecrets } from './server-secrets.ts';
import { ServiceTargets, serviceNameOf } from './service-targets.ts';

/** How a remote is examined. */
export interface DoctorOptions {
  /** For each step, in ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** Told of each step when it is done. */
  readonly onStep?: (step: DoctorStep) => void;
  /** Runs the command out of which a password comes; absent: none can be run. */
  readonly runCommand?: RunCommand;
  /** Default that of the bridge with `-doctor` behind it. */
  readonly clientId?: string;
}

/** Examines the remote of a bridge. Fulfilled with all steps that were made: the last one failed, or all is well. */
export async function examine(
  ports: Ports,
  bridge: BridgeSettings,
  options: DoctorOptions = {},
): Promise<readonly DoctorStep[]> {
  const doctor = new Doctor(ports, optionsOf(bridge, false), options);
  await doctor.run();
  return doctor.steps;
}

/** What to do about a remote that says nothing. */
const unsaid =
  'it hung up without a word: too many connections, a version (proto_ver) or client id that it does not take, or TLS';

const dayMs = 86_400_000;
/** Nobody runs this before it was written: a clock that shows less has lost its time. */
const oldestWallMs = Date.UTC(2026, 0, 1);

class Doctor {
  readonly steps: DoctorStep[] = [];
  readonly #ports: Ports;
  readonly #bridge: BridgeOptions;
  readonly #options: DoctorOptions;
  readonly #timeoutMs: number;
  readonly #version: ProtocolVersion;
  readonly #clientId: string;
  readonly #secrets: ServerSecrets;

  constructor(ports: Ports, bridge: BridgeOptions, options: DoctorOptions) {
    this.#ports = ports;
    this.#bridge = bridge;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#version = bridge.version;
    this.#clientId = options.clientId ?? `${bridge.remote.clientId ?? bridge.clientId}-doctor`;
    const { runCommand } = options;
    const sources = { disk: ports.disk, log: silence, ...(runCommand === undefined ? {} : { runCommand }) };
    this.#secrets = new ServerSecrets(bridge.remote, bridge, sources);
  }

  async run(): Promise<void> {
    await this.#step('clock', async () => this.#clock());
    const socket = await this.#reach();
    if (socket === undefined) return;
    const peer = new DoctorPeer(socket, this.#version, this.#ports.clock);
    try {
      const connack = await this.#connect(peer);
      if (connack === undefined) return;
      if (this.#version === ProtocolVersion.v5) await this.#step('limits', async () => this.#limits(connack));
      const step = this.#step.bind(this);
      const parts = { peer, version: this.#version, ports: this.#ports, timeoutMs: this.#timeoutMs, step };
      await new DoctorPermissions(parts).run(this.#bridge);
      peer.send({ type: PacketType.disconnect, reasonCode: 0, properties: noProperties });
    } finally {
      peer.close();
    }
  }

  /** Plain first, then with TLS: so it is known which of the two does not work. */
  async #reach(): Promise<Socket | undefined> {
    const { isService: _read, tlsFiles: _files, tls, webSocket, ...configured } = this.#bridge.remote;
    let options: DialOptions = { ...configured, timeoutMs: this.#timeoutMs };
    if (!(await this.#name((found) => Object.assign(options, found)))) return undefined;
    let socket: Socket | undefined;
    const over = webSocket === undefined ? {} : { webSocket };
    const isReached = await this.#step('tcp', async () => {
      socket = await this.#ports.net.dial(tls === undefined ? { ...options, ...over } : options);
      const by = options.proxy === undefined ? '' : ', through the proxy';
      const how = tls === undefined && webSocket !== undefined ? ', as a WebSocket' : '';
      return { detail: `${describeRemote(options)} answers${by}${how}` };
    });
    if (tls === undefined || !isReached) return isReached ? socket : undefined;
    socket?.destroy();
    socket = undefined;
    await this.#step('tls', async () => {
      await this.#secrets.read(new AbortController().signal);
      options = { ...options, ...over, tls: this.#secrets.tls ?? tls };
      socket = await this.#ports.net.dial(options);
      return this.#certificate(socket, tls.isPeerVerified ?? true);
    });
    return socket;
  }

  /** Finds the address of a name, and hands over where to dial where SRV records say so; false when it has none. */
  async #name(dial: (found: Pick<DialOptions, 'host' | 'port'>) => unknown): Promise<boolean> {
    const { host, tls, isService, proxy, socketPath } = this.#bridge.remote;
    const { net, random, clock } = this.#ports;
    if (isService === true) {
      const name = serviceNameOf(host, tls !== undefined);
      return this.#step('dns', async () => {
        const targets = new ServiceTargets(name, net, random);
        const found = await targets.next(clock.now(), new AbortController().signal);
        dial(found);
        return { detail: `${name} names ${describeAddress(found.host, found.port)}` };
      });
    }
    // a proxy finds names by itself
    if (proxy !== undefined || socketPath !== undefined || addressBytes(host) !== undefined) return true;
    return this.#step('dns', async () => ({ detail: `${host} is ${(await net.lookup(host)).join(', ')}` }));
  }

  #certificate({ peerCertificate }: Socket, isVerified: boolean): DoctorFinding {
    if (!isVerified) {
      const detail = 'encrypted, but nobody knows to whom: the certificate is not verified';
      return { state: 'warning', detail, remedy: 'set ssl.verify_peer = true, and ssl.cacertfile if it needs one' };
    }
    if (peerCertificate === undefined) return { detail: 'encrypted and verified' };
    const { subject, issuer, validFrom, validTo } = peerCertificate;
    const days = Math.floor((validTo - this.#ports.clock.wallMs()) / dayMs);
    const dates = `valid ${validFrom === undefined ? '' : `from ${dayOf(validFrom)} `}to ${dayOf(validTo)}`;
    const by = issuer === undefined ? '' : `, signed by ${issuer}`;
    const detail = `${subject}${by}, ${dates}, ${days} days from now`;
    return days >= 14 ? { detail } : { state: 'warning', detail, remedy: 'have the certificate renewed soon' };
  }

  #clock(): DoctorFinding {
    const now = this.#ports.clock.wallMs();
    const shown = new Date(now).toISOString();
    if (now >= oldestWallMs) return { detail: shown };
    const remedy = 'set the clock: certificates and expiry times are judged by it';
    return { state: 'warning', detail: `${shown} lies in the past`, remedy };
  }

  async #connect(peer: DoctorPeer): Promise<ConnackPacket | undefined> {
    let accepted: ConnackPacket | undefined;
    await this.#step('connect', async () => {
      const connack = await this.#login(peer).catch((error: unknown) => {
        // an error with a cause says more than this
        if (!peer.isOver || remedyOf(error) !== '') throw error;
        return messageOf(error);
      });
      if (typeof connack === 'string') return { state: 'failed', detail: connack, remedy: unsaid };
      if (isFailure(connack.reasonCode)) return this.#refused(connack);
      accepted = connack;
      return { detail: `accepted as ${this.#clientId}` };
    });
    return accepted;
  }

  /** CONNECT, and whatever the method of authentication asks for, until CONNACK. */
  async #login(peer: DoctorPeer): Promise<ConnackPacket> {
    if (this.#secrets.areRead) await this.#secrets.read(new AbortController().signal);
    const { username, password } = this.#secrets;
    const { authentication, keepAlive } = this.#bridge;
    const known = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
    const method = clientAuthenticationOf(authentication, known, this.#ports.random);
    const isPlain = method === undefined;
    peer.send({
      type: PacketType.connect,
      version: this.#version,
      isBridge: false,
      clientId: this.#clientId,
      cleanStart: true,
      keepAlive,
      ...(isPlain && username !== undefined ? { username } : {}),
      ...(isPlain && password !== undefined ? { password: bytesOfText(password) } : {}),
      properties: method === undefined ? noProperties : proofOf(method.method, method.begin()),
    });
    for (;;) {
      const answer = await peer.next(isConnackOrAuth, this.#timeoutMs);
      if (answer.type === PacketType.connack) return answer;
      if (method === undefined) throw new LinkError('open', 'AUTH came, and nobody asked for it', { blame: 'remote' });
      const data = await new Promise<Parameters<Parameters<typeof method.challenged>[1]>[0]>((resolve) => {
        method.challenged(answer.properties.authenticationData, resolve);
      });
      if (typeof data === 'string') throw new LinkError('open', data, { blame: 'remote' });
      const properties = proofOf(method.method, data);
      peer.send({ type: PacketType.auth, reasonCode: ReasonCode.continueAuthentication, properties });
    }
  }

  #refused({ reasonCode, properties }: ConnackPacket): DoctorFinding {
    const found = refusal('the remote refuses', reasonCode, properties);
    // many mean a wrong password by it
    const isDenied = reasonCode === ReasonCode.notAuthorized;
    const first = isDenied ? 'check username and password, then the access rules of the remote' : found.remedy;
    const isByName = reasonCode === ReasonCode.notAuthorized || reasonCode === ReasonCode.clientIdentifierNotValid;
    if (!isByName || this.#clientId === this.#bridge.clientId) return { ...found, remedy: first ?? '' };
    const why = `it was asked as ${this.#clientId}, and some remotes tie a user to a client id`;
    return { ...found, remedy: `${first}; ${why}: --id ${this.#bridge.clientId} asks as the bridge itself` };
  }

  #limits({ properties }: ConnackPacket): DoctorFinding {
    const { receiveMaximum = 65_535, maximumPacketSize, maximumQos = 2, topicAliasMaximum = 0 } = properties;
    const known = [
      `receive maximum ${receiveMaximum}`,
      `packets up to ${maximumPacketSize ?? 'any size'}${maximumPacketSize === undefined ? '' : ' bytes'}`,
      `QoS up to ${maximumQos}`,
      `${topicAliasMaximum} topic aliases`,
    ];
    const { forwards, subscriptions, keepAlive } = this.#bridge;
    const missing: string[] = [];
    const asked = Math.max(0, ...forwards.map(({ qos, qosMax }) => Math.min(qos ?? 0, qosMax ?? 2)));
    if (asked > maximumQos) missing.push(`rules want QoS ${asked}`);
    if (properties.retainAvailable === false) missing.push('it keeps no retained messages');
    const filters = subscriptions.flatMap(({ remoteTopic, moreFilters = [] }) => [remoteTopic, ...moreFilters]);
    const hasWildcard = filters.some((filter) => /[+#{]/.test(filter));
    if (hasWildcard && properties.wildcardSubscriptionAvailable === false) missing.push('it takes no wildcards');
    const isShared = filters.some((filter) => filter.startsWith('$share/'));
    if (isShared && properties.sharedSubscriptionAvailable === false) missing.push('it has no shared subscriptions');
    const { serverKeepAlive } = properties;
    if (serverKeepAlive !== undefined && serverKeepAlive < keepAlive) known.push(`keep-alive ${serverKeepAlive} s`);
    if (missing.length === 0) return { detail: known.join(', ') };
    const remedy = 'lower what the rules ask for, or use a remote that offers it';
    return { state: 'warning', detail: `${known.join(', ')}; but ${missing.join(', ')}`, remedy };
  }

  /** Does a step and tells of it. Returns whether it did not fail. */
  async #step(name: DoctorStep['name'], act: () => Promise<DoctorFinding>): Promise<boolean> {
    const startedAt = this.#ports.clock.now();
    let finding: DoctorFinding;
    try {
      finding = await act();
    } catch (error) {
      finding = { state: 'failed', detail: wordsOf(error), remedy: remedyOf(error) };
    }
    const ms = this.#ports.clock.now() - startedAt;
    const step = { name, state: 'ok' as const, remedy: '', ms, ...finding };
    this.steps.push(step);
    this.#options.onStep?.(step);
    return step.state !== 'failed';
  }
}

/** What Node says of a line that is cut, in words. */
function wordsOf(error: unknown): string {
  const isCut = error instanceof Error && /^(read ECONNRESET|write EPIPE)$/.test(error.message);
  return isCut ? `the remote hung up (${error.message})` : messageOf(error);
}

function remedyOf(error: unknown): string {
  if (error instanceof RefusedError) return remedyOfReason(error.reasonCode);
  const known = remedyOfError(error);
  const isLate = error instanceof LinkError && error.code === 'ERR_LINK_TIMEOUT';
  return known === '' && isLate ? 'a firewall, a wrong port, or a remote that hangs' : known;
}

function proofOf(authenticationMethod: string, data: Properties['authenticationData']): Properties {
  return { authenticationMethod, ...(data === undefined ? {} : { authenticationData: data }) };
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function isConnackOrAuth(packet: Packet): packet is ConnackPacket | AuthPacket {
  return packet.type === PacketType.connack || packet.type === PacketType.auth;
}

/** What the bridge would log is told by the steps. */
const silence = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {
  // see above
}
