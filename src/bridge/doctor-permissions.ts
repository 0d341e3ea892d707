// DoctorPermissions: what a remote lets a bridge do, once it has let it in: each filter is subscribed to and left
// again, and where a rule publishes below a wildcard, an empty message goes to a topic that nobody else has (its level
// is `viaduct-doctor`), kept by nobody. A topic that is fixed is not published to: whoever listens there would be told.
//
// Bounded: each answer by `timeoutMs`; in 3.x, where nobody says no, by `echoMsMax`.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { AckPacket, ConnackPacket, Packet, PublishPacket, SubackPacket } from '../../protocol/wire/packets.ts';
import { noProperties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import { isFailure, type ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import { messageOf } from '../base/errors.ts';
import type { Ports } from '../ports/ports.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { DoctorPeer } from './doctor-peer.ts';
import type { DoctorFinding, DoctorStep } from './doctor-step.ts';
import { remedyOfReason } from './remedies.ts';

/** Does a step and tells of it; false when it failed. */
export type TakeStep = (name: DoctorStep['name'], act: () => Promise<DoctorFinding>) => Promise<boolean>;

/** What is asked with. */
export interface PermissionParts {
  readonly peer: DoctorPeer;
  readonly version: ProtocolVersion;
  readonly ports: Ports;
  readonly timeoutMs: number;
  readonly step: TakeStep;
}

/** The level that stands for what a wildcard of a rule would match. */
const level = 'viaduct-doctor';
/** How long a message may take to come back where no acknowledgement says that it may not, in ms. */
const echoMsMax = 2000;
const onlyMeasured = 'only this measurement is lost; the topics of the rules are what matters';
const noEntry = { noLocal: false, retainAsPublished: false, retainHandling: 2 } as const;
/** What is published is of no use a second later. */
const momentary = { messageExpiryInterval: 1, userProperties: [['viaduct', 'doctor']] } as const;

/** Asks for everything that the rules of a bridge need, and measures the way there and back. */
export class DoctorPermissions {
  readonly #parts: PermissionParts;
  #packetId = 1;

  constructor(parts: PermissionParts) {
    this.#parts = parts;
  }

  /** Each subscription, then each forward rule, then the echo. */
  async run({ subscriptions, forwards }: Pick<BridgeOptions, 'subscriptions' | 'forwards'>): Promise<void> {
    const { step } = this.#parts;
    for (const { qos, ...rule } of subscriptions) {
      for (const filter of filtersOf(rule.remoteTopic, rule.localTopic, rule)) {
        await step('subscribe', () => this.#subscribe(filter, qos));
      }
    }
    const topics = forwards.flatMap((rule) => resultsOf(rule.localTopic, rule.remoteTopic, rule));
    for (const topic of new Set(topics)) {
      // a remote may hang up on what it does not allow: nothing more can be asked then
      if (!(await step('publish', () => this.#publish(topic))) && this.#parts.peer.isOver) return;
    }
    await step('echo', () => this.#echo());
  }

  async #subscribe(filter: string, qos: Qos): Promise<DoctorFinding> {
    const { peer, timeoutMs } = this.#parts;
    const packetId = this.#packetId++;
    peer.send({
      type: PacketType.subscribe,
      packetId,
      entries: [{ filter, qos, ...noEntry }],
      properties: noProperties,
    });
    const suback = await peer.next(isSuback, timeoutMs);
    const [code = 0x80] = suback.reasonCodes;
    if (isFailure(code)) return refusal(`${filter} is refused`, code, suback.properties);
    peer.send({
      type: PacketType.unsubscribe,
      packetId: this.#packetId++,
      filters: [filter],
      properties: noProperties,
    });
    if (code >= qos) return { detail: `${filter} at QoS ${code}` };
    return { state: 'warning', detail: `${filter} at QoS ${code} instead of ${qos}`, remedy: 'lower qos of the rule' };
  }

  async #publish(topic: string): Promise<DoctorFinding> {
    if (!/[+#]/.test(topic)) {
      return { detail: `${topic} is not tried: a message there would reach whoever listens` };
    }
    const tried = topic.replaceAll(/[+#]/g, level);
    const { version, peer, timeoutMs } = this.#parts;
    if (version !== ProtocolVersion.v5) return this.#publishUnheard(tried);
    this.#send(tried, '');
    const answer = await peer.next(isPuback, timeoutMs);
    if (!isFailure(answer.reasonCode)) return { detail: `${topic}, tried as ${tried}` };
    return refusal(`publishing to ${tried} is refused`, answer.reasonCode, answer.properties);
  }

  /** In 3.x a message that is not allowed is acknowledged like any other: it must come back to be believed. */
  async #publishUnheard(topic: string): Promise<DoctorFinding> {
    const { peer, timeoutMs } = this.#parts;
    const unknown = (why: string): DoctorFinding => ({
      state: 'warning',
      detail: `${topic} was published, ${why}: MQTT before 5.0 has no word for a refusal`,
      remedy: 'see in the access rules of the remote whether the user may publish there; proto_ver = 5 would tell',
    });
    const entry = { filter: topic, qos: 0, ...noEntry } as const;
    peer.send({ type: PacketType.subscribe, packetId: this.#packetId++, entries: [entry], properties: noProperties });
    const [code = 0x80] = (await peer.next(isSuback, timeoutMs)).reasonCodes;
    this.#send(topic, '');
    if (isFailure(code)) return unknown('and may not be read');
    const echo = await peer.next(isPublishTo(topic), Math.min(timeoutMs, echoMsMax)).catch((error: unknown) => {
      if (peer.isOver) throw error;
      return messageOf(error);
    });
    return typeof echo === 'string' ? unknown('and does not come back') : { detail: `${topic} comes back` };
  }

  /** A message to itself: the way there and back. */
  async #echo(): Promise<DoctorFinding> {
    const { peer, timeoutMs, ports } = this.#parts;
    const topic = `viaduct/doctor/${ports.random.bytes(8).toString('hex')}`;
    const notAllowed = (what: string, code: ReasonCode): DoctorFinding => ({
      state: 'warning',
      detail: `${what} ${topic.slice(0, 14)}/... is refused: ${reasonName(code)}`,
      remedy: onlyMeasured,
    });
    const entry = { filter: topic, qos: 0, ...noEntry } as const;
    peer.send({ type: PacketType.subscribe, packetId: this.#packetId++, entries: [entry], properties: noProperties });
    const [code = 0x80] = (await peer.next(isSuback, timeoutMs)).reasonCodes;
    if (isFailure(code)) return notAllowed('to subscribe to', code);
    const sentAt = ports.clock.now();
    const packetId = this.#send(topic, 'echo');
    const isMine = (packet: Packet): packet is AckPacket | PublishPacket =>
      (isPuback(packet) && packet.packetId === packetId) || isPublishTo(topic)(packet);
    const lost = (error: unknown): DoctorFinding => {
      const how = peer.isOver ? `ends the connection (${messageOf(error)})` : 'does not come back';
      return { state: 'warning', detail: `a message to ${topic.slice(0, 14)}/... ${how}`, remedy: onlyMeasured };
    };
    const came = (): DoctorFinding => ({
      detail: `a message went there and back in ${Math.round(ports.clock.now() - sentAt)} ms`,
    });
    const answer = await peer.next(isMine, timeoutMs).catch(lost);
    if ('detail' in answer) return answer;
    if (answer.type === PacketType.puback && isFailure(answer.reasonCode)) {
      return notAllowed('to publish to', answer.reasonCode);
    }
    if (answer.type === PacketType.publish) return came();
    // in 3.x what is not allowed is acknowledged, and goes nowhere
    return peer.next(isPublishTo(topic), Math.min(timeoutMs, echoMsMax)).then(came, lost);
  }

  #send(topic: string, text: string): number {
    const packetId = this.#packetId++;
    const properties = this.#parts.version === ProtocolVersion.v5 ? momentary : noProperties;
    const parts = { topic, payload: bytesOfText(text), dup: false, retain: false, qos: 1, packetId } as const;
    this.#parts.peer.send({ type: PacketType.publish, ...parts, properties });
    return packetId;
  }
}

/** What was refused, why, and what to do about it. */
export function refusal(what: string, code: ReasonCode, { reasonString }: ConnackPacket['properties']): DoctorFinding {
  const reason = `${reasonName(code)}${reasonString === undefined ? '' : ` (${reasonString})`}`;
  return { state: 'failed', detail: `${what}: ${reason}`, remedy: remedyOfReason(code) };
}

type Topics = Parameters<typeof RuleMapping.compile>[2];

function filtersOf(pattern: string, target: string, topics: Topics): readonly string[] {
  const mapping = RuleMapping.compile(pattern, target, topics);
  return mapping instanceof MappingFault ? [] : mapping.filters;
}

function resultsOf(pattern: string, target: string, topics: Topics): readonly string[] {
  const mapping = RuleMapping.compile(pattern, target, topics);
  return mapping instanceof MappingFault ? [] : mapping.resultFilters;
}

function isSuback(packet: Packet): packet is SubackPacket {
  return packet.type === PacketType.suback;
}

function isPuback(packet: Packet): packet is AckPacket {
  return packet.type === PacketType.puback;
}

function isPublishTo(topic: string): (packet: Packet) => packet is PublishPacket {
  return (packet): packet is PublishPacket => packet.type === PacketType.publish && packet.topic === topic;
}
