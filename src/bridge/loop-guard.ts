// LoopGuard: what a bridge never carries. A message that this bridge brought in does not go back to where it came from
// (origin is an identity), and the broker's own topics stay at home. Over several brokers the path is written into a
// user property, 5.0 only: a message that has been here is not taken again, nor one that has come too far.
// What a 3.x remote sends back is known by its fingerprint, salted so that nobody can make two messages look the same.
//
// Bounded: a path by `hopsMax`, fingerprints by their number and their time.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { decodePublishProperties, encodePublishProperties } from '../../protocol/wire/property-block.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';

/** Whether a bridge may forward a message. */
export function mayForward(message: Message, bridge: Origin): boolean {
  return message.origin !== bridge && !message.topic.startsWith('$SYS/');
}

/** How paths are written. */
export interface PathOptions {
  /** This broker, without comma. */
  readonly brokerId: string;
  /** The user property. */
  readonly property: string;
  /** Brokers on a path at most. */
  readonly hopsMax: number;
}

/** Reads and writes the path of messages. */
export class PathGuard {
  readonly #options: PathOptions;

  constructor(options: PathOptions) {
    this.#options = options;
  }

  /**
   * The properties with this broker on the path; undefined when it is there already, or the path is too long.
   * `isJustIn`: a bridge of this broker has brought the message in, and has written itself last.
   */
  stamp(properties: Bytes, isJustIn: boolean): Bytes | undefined {
    const { brokerId, property, hopsMax } = this.#options;
    const before = decodePublishProperties(properties);
    const users = before.userProperties ?? [];
    const path = pathIn(users, property);
    if (isJustIn && path.indexOf(brokerId) === path.length - 1 && path.length > 0) return properties;
    if (path.includes(brokerId) || path.length >= hopsMax) return undefined;
    const others = users.filter(([name]) => name !== property);
    const userProperties = [...others, [property, [...path, brokerId].join(',')] as const];
    return encodePublishProperties({ ...before, userProperties });
  }
}

function pathIn(users: readonly (readonly [string, string])[], property: string): readonly string[] {
  const value = users.find(([name]) => name === property)?.[1];
  return value === undefined || value === '' ? [] : value.split(',');
}

/** How long an echo may take, in ms. */
const echoMsMax = 10_000;
/** Fingerprints remembered at most. */
const echoesMax = 10_000;

/** What is known of a message by its fingerprint. */
interface Fingerprinted {
  readonly topicBytes: Bytes;
  readonly payload: Bytes;
}

/** Messages sent to a remote that may send them back. */
export class EchoGuard {
  #count = 0;
  readonly #salt: number;
  readonly #now: () => number;
  /** When each fingerprint was sent, oldest first; a message that was sent twice may come back twice. */
  readonly #sent = new Map<number, { count: number; until: number }>();

  constructor(salt: number, now: () => number) {
    this.#salt = salt;
    this.#now = now;
  }

  /** Echoes so far. */
  get count(): number {
    return this.#count;
  }

  /** A message was sent. */
  sent({ topicBytes, payload }: Fingerprinted): void {
    const key = this.#fingerprint(topicBytes, payload);
    const count = (this.#sent.get(key)?.count ?? 0) + 1;
    this.#sent.delete(key);
    this.#sent.set(key, { count, until: this.#now() + echoMsMax });
    this.#forget();
  }

  /** Whether a message that came is one of those; each is an echo once. */
  isEcho({ topicBytes, payload }: Fingerprinted): boolean {
    this.#forget();
    const key = this.#fingerprint(topicBytes, payload);
    const found = this.#sent.get(key);
    if (found === undefined) return false;
    if (--found.count === 0) this.#sent.delete(key);
    this.#count++;
    return true;
  }

  #forget(): void {
    const now = this.#now();
    for (const [key, { until }] of this.#sent) {
      if (until > now && this.#sent.size <= echoesMax) return;
      this.#sent.delete(key);
    }
  }

  /** 53 bits of two sums over topic and payload that begin with the salt. */
  #fingerprint(topic: Bytes, payload: Bytes): number {
    let [low, high] = [this.#salt | 0, ~this.#salt];
    for (const bytes of [topic, payload]) {
      for (let index = 0; index < bytes.length; index++) {
        const byte = bytes[index] ?? 0;
        low = Math.imul(low ^ byte, 0x0100_0193);
        high = Math.imul(high ^ byte, 0x85eb_ca6b) + (low >>> 13);
      }
      low = Math.imul(low ^ bytes.length, 0x27d4_eb2f);
    }
    return (high & 0x1f_ffff) * 0x1_0000_0000 + (low >>> 0);
  }
}
