// Subscribing: what SUBSCRIBE and UNSUBSCRIBE of a device do to its session and to the router, and the reason codes
// that answer them, one for each entry and in their order [MQTT-3.8.4-6] [MQTT-3.9.3-1] [MQTT3-3.8.4-5]
// [MQTT3-3.9.3-1].
import { filterRefusal } from '../../protocol/connection/server-limits.ts';
import { parseFilter, topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import { levelsOf } from '../../protocol/topic/topic-name.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import type { SubscribeEntry, SubscribePacket, UnsubscribePacket } from '../../protocol/wire/packets.ts';
import { lowerQos } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { FilterDecision, Identity } from '../access/acl.ts';
import type { SubscriptionOptions } from '../router/destination.ts';
import type { BrokerRooms } from './broker-rooms.ts';
import type { DeviceSession } from './device-session.ts';

/** Refusals that are explained in words; the others have their reason code. */
const refusalsTold = 10;

/** A filter whose retained messages the device is to get now. */
export interface Replay {
  readonly filter: string;
  readonly options: SubscriptionOptions;
}

const denied: FilterDecision = { isAllowed: false, isWithheld: undefined };

/** What came of a SUBSCRIBE. */
export interface SubscribeResult {
  readonly reasonCodes: readonly ReasonCode[];
  readonly replays: readonly Replay[];
  /** Why something was refused, in words; empty where nothing was. */
  readonly detail: string;
  /** A filter is none, or denied where that is the end: the connection ends and nothing was subscribed. */
  readonly fault: Malformed | undefined;
}

/** What the rules say about each entry of a SUBSCRIBE; a promise where somebody else must be asked. */
export function decideEntries(
  { access }: BrokerRooms,
  identity: Identity,
  packet: SubscribePacket,
): readonly FilterDecision[] | Promise<readonly FilterDecision[]> {
  const answers = packet.entries.map(({ filter }) => access.maySubscribe(identity, filter));
  const decisions: FilterDecision[] = [];
  for (const answer of answers) if (!(answer instanceof Promise)) decisions.push(answer);
  return decisions.length === answers.length ? decisions : Promise.all(answers);
}

/**
 * Subscribes a session to what its device asked for. Several entries act like several packets [MQTT-3.8.4-5]
 * [MQTT3-3.8.4-4].
 */
export function subscribeSession(
  rooms: BrokerRooms,
  session: DeviceSession,
  decisions: readonly FilterDecision[],
  packet: SubscribePacket,
): SubscribeResult {
  const fault = filterFault(packet.entries.map(({ filter }) => filter));
  if (fault !== undefined) return { reasonCodes: [], replays: [], detail: fault.detail, fault };
  if (rooms.access.isDenialDisconnecting && decisions.some(({ isAllowed }) => !isAllowed)) {
    const detail = 'not allowed to subscribe';
    return { reasonCodes: [], replays: [], detail, fault: new Malformed(ReasonCode.notAuthorized, '', detail) };
  }
  const identifier = packet.properties.subscriptionIdentifiers?.[0] ?? 0;
  const reasonCodes: ReasonCode[] = [];
  const replays: Replay[] = [];
  const refused: string[] = [];
  for (const [index, entry] of packet.entries.entries()) {
    const { isAllowed, isWithheld } = decisions[index] ?? denied;
    const refusal = refusalOf(rooms, session, isAllowed, entry.filter);
    const qos = lowerQos(entry.qos, rooms.options.maximumQos); // [MQTT-3.2.2-10]
    const plain = optionsOf(qos === entry.qos ? entry : { ...entry, qos }, identifier);
    const options = isWithheld === undefined ? plain : { ...plain, isWithheld };
    reasonCodes.push(refusal ?? qos);
    if (refusal !== undefined) {
      refused.push(`${entry.filter}: ${reasonName(refusal)}`);
      continue;
    }
    session.suspended?.delete(entry.filter);
    const isNew = rooms.router.subscribe(session, entry.filter, options);
    session.subscriptions.set(entry.filter, options);
    session.store?.subscribed(session.origin.name, entry.filter, options);
    if (isReplayWanted(entry, isNew)) replays.push({ filter: entry.filter, options });
  }
  if (refused.length > 0) tellRefused(rooms, session, refused);
  return { reasonCodes, replays, detail: refused.slice(0, refusalsTold).join('; '), fault: undefined };
}

/** Aloud when a session is full, for it may go on and on: once. */
function tellRefused({ log }: BrokerRooms, session: DeviceSession, refused: readonly string[]): void {
  const facts = { clientId: session.origin.name, count: refused.length, refused: refused[0] };
  const isFull = refused.some((text) => text.endsWith(reasonName(ReasonCode.quotaExceeded)));
  if (isFull && !session.isFullTold) log.warn(facts, 'subscriptions refused: the session has as many as it may');
  else log.debug(facts, 'subscriptions refused');
  session.isFullTold ||= isFull;
}

/** What is wrong with the first filter that is none. */
export function filterFault(filters: readonly string[]): Malformed | undefined {
  for (const filter of filters) {
    const fault = topicFilterFault(filter);
    if (fault !== undefined) return new Malformed(ReasonCode.malformedPacket, 'MQTT-4.7.1-2', fault);
  }
  return undefined;
}

/**
 * Takes subscriptions away, one after the other [MQTT-3.10.4-6], and says of each whether it was there, in their order
 * [MQTT-3.11.3-1]. Nothing new comes for them [MQTT-3.10.4-2]; what is underway goes on in the window [MQTT-3.10.4-3].
 * In 3.1.1 likewise [MQTT3-3.10.4-2] [MQTT3-3.10.4-3] [MQTT3-3.10.4-6].
 */
export function unsubscribeSession(
  rooms: BrokerRooms,
  session: DeviceSession,
  packet: UnsubscribePacket,
): readonly ReasonCode[] {
  return packet.filters.map((filter) => {
    if (topicFilterFault(filter) !== undefined) return ReasonCode.topicFilterInvalid;
    session.subscriptions.delete(filter);
    session.forgetReplay(filter);
    session.store?.unsubscribed(session.origin.name, filter);
    const wasSuspended = session.suspended?.delete(filter) === true;
    const wasThere = rooms.router.unsubscribe(session, filter) || wasSuspended;
    return wasThere ? ReasonCode.success : ReasonCode.noSubscriptionExisted;
  });
}

/** The options of entries without identifier, of which there are twelve: they are the same for all subscriptions. */
const plainOptions: readonly SubscriptionOptions[] = Array.from({ length: 12 }, (_one, index) => ({
  qos: ([0, 1, 2] as const)[index >> 2] ?? 0,
  isNoLocal: (index & 2) !== 0,
  isRetainAsPublished: (index & 1) !== 0,
  identifier: 0,
}));

function optionsOf(entry: SubscribeEntry, identifier: number): SubscriptionOptions {
  const { qos, noLocal: isNoLocal, retainAsPublished: isRetainAsPublished } = entry;
  const plain = plainOptions[qos * 4 + (isNoLocal ? 2 : 0) + (isRetainAsPublished ? 1 : 0)];
  return identifier === 0 && plain ? plain : { qos, isNoLocal, isRetainAsPublished, identifier };
}

function refusalOf(
  rooms: BrokerRooms,
  session: DeviceSession,
  isAllowed: boolean,
  filter: string,
): ReasonCode | undefined {
  // a 5.0 device was told and never comes this far
  const unserved = filterRefusal(rooms.options, filter);
  if (unserved !== undefined) return unserved;
  if (levelsOf(filter) > rooms.options.topicLevelsMax) return ReasonCode.topicFilterInvalid;
  if (!isAllowed || isSystemClosed(rooms, session, filter)) return ReasonCode.notAuthorized;
  const isOneMore = !session.subscriptions.has(filter);
  return isOneMore && session.subscriptions.size >= rooms.options.subscriptionsMax
    ? ReasonCode.quotaExceeded
    : undefined;
}

const loopback = /^(?:127\.|::1$|::ffff:127\.)/;

/** Whether a filter asks for the state of the broker, and the device is not where it is told. A Unix socket is here. */
function isSystemClosed({ options }: BrokerRooms, { identity }: DeviceSession, filter: string): boolean {
  if (options.systemTopics === 'all' || !parseFilter(filter).filter.startsWith('$SYS')) return false;
  const address = identity?.address ?? '';
  return options.systemTopics === 'off' || (address !== '' && !loopback.test(address));
}

/** Retained messages come with every subscribe, only with a new one, or never; never with a shared one. */
function isReplayWanted(entry: SubscribeEntry, isNew: boolean): boolean {
  if (entry.filter.startsWith('$share/')) return false;
  switch (entry.retainHandling) {
    case 0:
      return true; // [MQTT-3.3.1-9] [MQTT-3.8.4-4] [MQTT3-3.8.4-3]
    case 1:
      return isNew; // [MQTT-3.3.1-10]
    case 2:
      return false; // [MQTT-3.3.1-11]
    default: {
      const never: never = entry.retainHandling;
      return never;
    }
  }
}
