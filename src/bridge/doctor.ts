// Doctor: looks at the way from here to a remote step by step, and says at the first step that fails what is wrong and
// what can be done. It connects under a client id of its own and with a clean session, so that it takes nothing from a
// bridge that runs; it publishes only to a topic of its own.
//
//   tcp -> tls -> clock -> connect -> limits -> subscribe (each filter) -> echo
//
// Bounded: each step by `timeoutMs`.
import { TopicPattern } from '../../protocol/topic/topic-pattern.ts';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { AckPacket, ConnackPacket, Packet, PublishPacket, SubackPacket } from '../../protocol/wire/packets.ts';
import { noProperties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { isFailure, type ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import { LinkError, messageOf } from '../base/errors.ts';
import { describeAddress } from '../base/remote-address.ts';
import type { DialOptions, Ports, Socket } from '../ports/ports.ts';
import type { BridgeSettings } from './bridge-context.ts';
import { bridgeDefaults } from './bridge-options.ts';
import { DoctorPeer } from './doctor-peer.ts';
import { remedyOfError, remedyOfReason } from './remedies.ts';
import { ServiceTargets, serviceNameOf } from './service-targets.ts';

/** What came of one step. */
export interface DoctorStep {
  readonly name: 'tcp' | 'tls' | 'clock' | 'connect' | 'limits' | 'subscribe' | 'echo';
  readonly state: 'ok' | 'warning' | 'failed';
  /** How long it took, in ms. */
  readonly ms: number;
  /** What was found. */
  readonly detail: string;
  /** What can be done about it; empty where nothing has to be. */
  readonly remedy: string;
}

/** How a remote is examined. */
export interface DoctorOptions {
  /** For each step, in ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** Told of each step when it is done. */
  readonly onStep?: (step: DoctorStep) => void;
}

/** Examines the remote of a bridge. Fulfilled with all steps that were made: the last one failed, or all is well. */
export async function examine(
  ports: Ports,
  bridge: BridgeSettings,
  options: DoctorOptions = {},
): Promise<readonly DoctorStep[]> {
  const doctor = new Doctor(ports, bridge, options);
  await doctor.run();
  return doctor.steps;
}

type Finding = Pick<DoctorStep, 'detail'> & Partial<Pick<DoctorStep, 'state' | 'remedy'>>;

const dayMs = 86_400_000;
/** Nobody runs this before it was written: a clock that shows less has lost its time. */
const oldestWallMs = Date.UTC(2026, 0, 1);

class Doctor {
  readonly steps: DoctorStep[] = [];
  readonly #ports: Ports;
  readonly #bridge: BridgeSettings;
  readonly #options: DoctorOptions;
  readonly #timeoutMs: number;
  readonly #version: ProtocolVersion;

  constructor(ports: Ports, bridge: BridgeSettings, options: DoctorOptions) {
    this.#ports = ports;
    this.#bridge = bridge;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#version = bridge.version ?? bridgeDefaults.version;
  }

  async run(): Promise<void> {
    const socket = await this.#reach();
    if (socket === undefined) return;
    const peer = new DoctorPeer(socket, this.#version, this.#ports.clock);
    try {
      const connack = await this.#connect(peer);
      if (connack === undefined) return;
      if (this.#version === ProtocolVersion.v5) await this.#step('limits', async () => this.#limits(connack));
      await this.#subscribe(peer);
      await this.#step('echo', () => this.#echo(peer));
      peer.send({ type: PacketType.disconnect, reasonCode: 0, properties: noProperties });
    } finally {
      peer.close();
    }
  }

  /** Plain first, then with TLS: so it is known which of the two does not work. */
  async #reach(): Promise<Socket | undefined> {
    const { tls, ...configured } = this.#bridge.remote;
    let options: DialOptions = { ...configured, timeoutMs: this.#timeoutMs };
    let socket: Socket | undefined;
    const isReached = await this.#step('tcp', async () => {
      options = { ...options, ...(await this.#target()) };
      const where = describeAddress(options.host, options.port);
      socket = await this.#ports.net.dial(options);
      return { detail: `${where} answers` };
    });
    if (tls === undefined || !isReached) return isReached ? socket : undefined;
    socket?.destroy();
    socket = undefined;
    await this.#step('tls', async () => {
      socket = await this.#ports.net.dial({ ...options, tls });
      return this.#certificate(socket, tls.isPeerVerified ?? true);
    });
    await this.#step('clock', async () => this.#clock());
    return socket;
  }

  /** The first server behind the name, where SRV records name them. */
  async #target(): Promise<Pick<DialOptions, 'host' | 'port'>> {
    const { host, port, tls, isService } = this.#bridge.remote;
    if (isService !== true) return { host, port };
    const { net, random, clock } = this.#ports;
    const targets = new ServiceTargets(serviceNameOf(host, tls !== undefined), net, random);
    return targets.next(clock.now(), new AbortController().signal);
  }

  #certificate({ peerCertificate }: Socket, isVerified: boolean): Finding {
    if (!isVerified) {
      const detail = 'encrypted, but nobody knows to whom: the certificate is not verified';
      return { state: 'warning', detail, remedy: 'set ssl.verify_peer = true, and ssl.cacertfile if it needs one' };
    }
    if (peerCertificate === undefined) return { detail: 'encrypted and verified' };
    const { subject, validTo } = peerCertificate;
    const days = Math.floor((validTo - this.#ports.clock.wallMs()) / dayMs);
    const detail = `${subject}, valid for ${days} days`;
    return days >= 14 ? { detail } : { state: 'warning', detail, remedy: 'have the certificate renewed soon' };
  }

  #clock(): Finding {
    const now = this.#ports.clock.wallMs();
    const shown = new Date(now).toISOString();
    if (now >= oldestWallMs) return { detail: shown };
    const remedy = 'set the clock: certificates and expiry times are judged by it';
    return { state: 'warning', detail: `${shown} lies in the past`, remedy };
  }

  async #connect(peer: DoctorPeer): Promise<ConnackPacket | undefined> {
    const { clientId, username, password, keepAlive = bridgeDefaults.keepAlive } = this.#bridge;
    let accepted: ConnackPacket | undefined;
    await this.#step('connect', async () => {
      peer.send({
        type: PacketType.connect,
        version: this.#version,
        isBridge: false,
        clientId: `${clientId}-doctor`,
        cleanStart: true,
        keepAlive,
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: bytesOfText(password) }),
        properties: noProperties,
      });
      const connack = await peer.next(isConnack, this.#timeoutMs);
      if (isFailure(connack.reasonCode)) return refusal('the remote refuses', connack.reasonCode, connack.properties);
      accepted = connack;
      return { detail: `accepted as ${clientId}-doctor` };
    });
    return accepted;
  }

  #limits({ properties }: ConnackPacket): Finding {
    const { receiveMaximum = 65_535, maximumPacketSize, maximumQos = 2, topicAliasMaximum = 0 } = properties;
    const known = [
      `receive maximum ${receiveMaximum}`,
      `packets up to ${maximumPacketSize ?? 'any size'}${maximumPacketSize === undefined ? '' : ' bytes'}`,
      `QoS up to ${maximumQos}`,
      `${topicAliasMaximum} topic aliases`,
    ];
    const { forwards = [], subscriptions = [] } = this.#bridge;
    const missing: string[] = [];
    const asked = Math.max(0, ...forwards.map(({ qos, qosMax }) => Math.min(qos ?? 0, qosMax ?? 2)));
    if (asked > maximumQos) missing.push(`rules want QoS ${asked}`);
    if (properties.retainAvailable === false) missing.push('it keeps no retained messages');
    const filters = subscriptions.map(({ remoteTopic }) => remoteTopic);
    const hasWildcard = filters.some((filter) => /[+#{]/.test(filter));
    if (hasWildcard && properties.wildcardSubscriptionAvailable === false) missing.push('it takes no wildcards');
    const isShared = filters.some((filter) => filter.startsWith('$share/'));
    if (isShared && properties.sharedSubscriptionAvailable === false) missing.push('it has no shared subscriptions');
    if (missing.length === 0) return { detail: known.join(', ') };
    const remedy = 'lower what the rules ask for, or use a remote that offers it';
    return { state: 'warning', detail: `${known.join(', ')}; but ${missing.join(', ')}`, remedy };
  }

  async #subscribe(peer: DoctorPeer): Promise<void> {
    let packetId = 1;
    for (const { remoteTopic, qos } of this.#bridge.subscriptions ?? []) {
      const filter = filterOf(remoteTopic);
      const id = packetId++;
      await this.#step('subscribe', async () => {
        // retained messages are not wanted here
        const entry = { filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 2 } as const;
        peer.send({ type: PacketType.subscribe, packetId: id, entries: [entry], properties: noProperties });
        const suback = await peer.next(isSuback, this.#timeoutMs);
        const [code = 0x80] = suback.reasonCodes;
        if (isFailure(code)) return refusal(`${filter} is refused`, code, suback.properties);
        peer.send({ type: PacketType.unsubscribe, packetId: id + 10_000, filters: [filter], properties: noProperties });
        if (code >= qos) return { detail: `${filter} at QoS ${code}` };
        return {
          state: 'warning',
          detail: `${filter} at QoS ${code} instead of ${qos}`,
          remedy: 'lower qos of the rule',
        };
      });
    }
  }

  /** A message to itself: the way there and back. */
  async #echo(peer: DoctorPeer): Promise<Finding> {
    const topic = `viaduct/doctor/${this.#ports.random.bytes(8).toString('hex')}`;
    const notAllowed = (what: string, code: ReasonCode): Finding => ({
      state: 'warning',
      detail: `${what} ${topic.slice(0, 14)}/... is refused: ${reasonName(code)}`,
      remedy: 'only this measurement is lost; the topics of the rules are what matters',
    });
    const entry = { filter: topic, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 2 } as const;
    peer.send({ type: PacketType.subscribe, packetId: 30_000, entries: [entry], properties: noProperties });
    const [code = 0x80] = (await peer.next(isSuback, this.#timeoutMs)).reasonCodes;
    if (isFailure(code)) return notAllowed('to subscribe to', code);
    const sentAt = this.#ports.clock.now();
    const parts = { type: PacketType.publish, topic, payload: bytesOfText('echo'), dup: false, retain: false } as const;
    peer.send({ ...parts, qos: 1, packetId: 30_001, properties: noProperties });
    const answer = await peer.next(isPubackOrPublish, this.#timeoutMs);
    if (answer.type === PacketType.puback && isFailure(answer.reasonCode)) {
      return notAllowed('to publish to', answer.reasonCode);
    }
    const isBack = answer.type === PacketType.publish;
    if (!isBack) await peer.next(isPublish, this.#timeoutMs);
    return { detail: `a message went there and back in ${Math.round(this.#ports.clock.now() - sentAt)} ms` };
  }

  /** Does a step and tells of it. Returns whether it did not fail. */
  async #step(name: DoctorStep['name'], act: () => Promise<Finding>): Promise<boolean> {
    const startedAt = this.#ports.clock.now();
    let finding: Finding;
    try {
      finding = await act();
    } catch (error) {
      finding = { state: 'failed', detail: messageOf(error), remedy: remedyOfError(error) };
      if (error instanceof LinkError && finding.remedy === '' && error.code === 'ERR_LINK_TIMEOUT') {
        finding = { ...finding, remedy: 'a firewall, a wrong port, or a remote that hangs' };
      }
    }
    const ms = this.#ports.clock.now() - startedAt;
    const step = { name, state: 'ok' as const, remedy: '', ms, ...finding };
    this.steps.push(step);
    this.#options.onStep?.(step);
    return step.state !== 'failed';
  }
}

function refusal(what: string, code: ReasonCode, { reasonString }: ConnackPacket['properties']): Finding {
  const reason = `${reasonName(code)}${reasonString === undefined ? '' : ` (${reasonString})`}`;
  return { state: 'failed', detail: `${what}: ${reason}`, remedy: remedyOfReason(code) };
}

function filterOf(pattern: string): string {
  const [, share = '', plain = pattern] = /^(\$share\/[^/]+\/)(.+)$/.exec(pattern) ?? [];
  const compiled = TopicPattern.compile(plain);
  return compiled instanceof TopicPattern ? `${share}${compiled.filter}` : pattern;
}

function isConnack(packet: Packet): packet is ConnackPacket {
  return packet.type === PacketType.connack;
}

function isSuback(packet: Packet): packet is SubackPacket {
  return packet.type === PacketType.suback;
}

function isPublish(packet: Packet): packet is PublishPacket {
  return packet.type === PacketType.publish && packet.topic.startsWith('viaduct/doctor/');
}

function isPubackOrPublish(packet: Packet): packet is AckPacket | PublishPacket {
  return packet.type === PacketType.puback || isPublish(packet);
}
