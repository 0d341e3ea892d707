// TraceContext: the trace of a message as W3C defines it, in the user properties `traceparent` and `tracestate` of
// 5.0. One that a device began is carried as it came; where a bridge is told to, it begins one for messages that have
// none, so that whoever listens far away knows which message it was. A traceparent that is none is replaced, and its
// tracestate goes with it: a trace begins anew there.
// Bounded: 55 characters a message.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { UserProperty } from '../../protocol/wire/properties.ts';
import { decodePublishProperties, encodePublishProperties } from '../../protocol/wire/property-block.ts';

const parentName = 'traceparent';
const stateName = 'tracestate';
const parentShape = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

/** Where chance comes from. */
export interface TraceChance {
  bytes(count: number): { toString(encoding: 'hex'): string };
  /** From 0 up to 1, without 1. */
  unit(): number;
}

/** The trace id of a message, 32 hexadecimal digits; undefined where there is none. */
export function traceIdOf(properties: Bytes): string | undefined {
  if (properties.length === 0) return undefined;
  const { userProperties = [] } = decodePublishProperties(properties);
  return parentShape.exec(parentOf(userProperties) ?? '')?.[1];
}

/** Begins traces. */
export class TraceStarter {
  readonly #chance: TraceChance;
  readonly #ratio: number;

  /** `ratio`, 0 to 1: how many of the traces that are begun are to be recorded; all are begun. */
  constructor(chance: TraceChance, ratio: number) {
    this.#chance = chance;
    this.#ratio = ratio;
  }

  /** The properties with a trace: the one that is there, or a new one. */
  stamp(properties: Bytes): Bytes {
    const before = decodePublishProperties(properties);
    const users = before.userProperties ?? [];
    const parent = parentOf(users);
    if (parent !== undefined && parentShape.test(parent)) return properties;
    const others = parent === undefined ? users : users.filter(([name]) => name !== parentName && name !== stateName);
    return encodePublishProperties({ ...before, userProperties: [...others, [parentName, this.#begin()]] });
  }

  #begin(): string {
    const flags = this.#chance.unit() < this.#ratio ? '01' : '00';
    return `00-${this.#hex(16)}-${this.#hex(8)}-${flags}`;
  }

  /** Not all of them 0: that is no identifier. */
  #hex(count: number): string {
    const text = this.#chance.bytes(count).toString('hex');
    return /[1-9a-f]/.test(text) ? text : `${text.slice(1)}1`;
  }
}

function parentOf(users: readonly UserProperty[]): string | undefined {
  return users.find(([name]) => name === parentName)?.[1];
}
