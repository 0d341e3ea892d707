// Property blocks: read, checked and written in agreement with a naive twin that has its own table of the standard, for
// every place a block can stand. No bytes make any of them throw, and what is written is what is read.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { type Bytes, bytesOf, emptyBytes, joinBytes } from '../../../protocol/wire/bytes.ts';
import { Malformed } from '../../../protocol/wire/malformed.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import {
  checkProperties,
  decodePublishProperties,
  encodePublishProperties,
  readProperties,
  visitProperties,
  writeProperties,
} from '../../../protocol/wire/property-block.ts';
import { PropertyPlace, propertyRows } from '../../../protocol/wire/property-names.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { readVarint, varintSize } from '../../../protocol/wire/varint.ts';
import { type NaiveProperty, naiveProperties } from '../../kit/naive-properties.ts';

type PlaceName = keyof typeof PropertyPlace;
const placeNames = Object.keys(PropertyPlace).filter((name): name is PlaceName => name in PropertyPlace);
const anyPlace = fc.constantFrom(...placeNames);

const text = fc.string({ maxLength: 4, unit: fc.constantFrom('a', 'é', '世', '😀', '\ufeff', '/') });
const lengthed = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(0, bytes.length), bytes]);
const goodText = text.map((one) => lengthed(Buffer.from(one)));
const anyText = fc.oneof(
  { weight: 8, arbitrary: goodText },
  fc.uint8Array({ maxLength: 3 }).map(lengthed),
  fc.constantFrom('+', 'a/#', 'a\0').map((one) => lengthed(Buffer.from(one))),
);
const bytesOfSize = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(fc.uint8Array({ minLength: size, maxLength: size }), fc.constant(new Uint8Array(size)));

/** One property, mostly a good one. */
const item = fc.constantFrom(...propertyRows()).chain(({ id, kind }) => {
  const head = (value: Uint8Array): Buffer => Buffer.concat([Buffer.of(id), value]);
  switch (kind) {
    case 'byte':
    case 'flag':
      return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(0, 1) }, fc.nat(255)).map((one) => head(Buffer.of(one)));
    case 'uint16':
      return bytesOfSize(2).map(head);
    case 'uint32':
      return bytesOfSize(4).map(head);
    case 'varint':
      return fc
        .constantFrom('01', '7f', '8001', 'ffffff7f', '00', '8000', '8080808001')
        .map((hex) => head(Buffer.from(hex, 'hex')));
    case 'pair':
      return fc.tuple(anyText, anyText).map(([name, value]) => head(Buffer.concat([name, value])));
    default:
      return anyText.map(head);
  }
});
const block = fc.oneof(
  { weight: 4, arbitrary: fc.array(item, { maxLength: 4 }).map((all) => bytesOf(joinBytes(all))) },
  fc
    .tuple(fc.array(item, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255))
    .map(([all, position, value]) => changed(joinBytes(all), position, value)),
  fc.uint8Array({ maxLength: 12 }).map(bytesOf),
);

function changed(bytes: Bytes, position: number, value: number): Bytes {
  bytes[position % bytes.length] = value;
  return bytes;
}

function twin(bytes: Bytes, place: PlaceName): readonly NaiveProperty[] | undefined {
  try {
    return naiveProperties(bytes, place);
  } catch {
    return undefined;
  }
}

/** What a block holds, as the visitor sees it. */
function visited(bytes: Bytes, start: number, end: number): readonly (readonly [id: number, hex: string])[] {
  const found: [number, string][] = [];
  let position = start;
  visitProperties(bytes, start, end, (id, itemStart, valueStart, itemEnd) => {
    if (itemStart !== position || valueStart !== itemStart + 1) throw new Error('a gap between properties');
    found.push([id, bytes.subarray(valueStart, itemEnd).toString('hex')]);
    position = itemEnd;
  });
  if (position !== end) throw new Error('bytes behind the last property');
  return found;
}

t.test(
  'reader, checker and visitor fault and find what the naive twin does, wherever the block lies [MQTT-1.5.4-1] [MQTT-1.5.7-1]',
  async (t) => {
    let good = 0;
    fc.assert(
      fc.property(block, anyPlace, fc.nat(3), (bytes, name, margin) => {
        // what stands before and behind the block belongs to others and is never looked at
        const around = joinBytes([Buffer.alloc(margin, 0x26), bytes, Buffer.alloc(margin, 0x01)]);
        const end = margin + bytes.length;
        const place = PropertyPlace[name];
        const expected = twin(bytes, name);
        const fault = checkProperties(around, margin, end, place);
        const read = readProperties(around, margin, end, place);
        if ((fault === undefined) !== (expected !== undefined)) throw new Error(`checker: ${fault?.detail}`);
        const ids = expected?.map(([id]) => id) ?? [];
        const isDataAlone = ids.includes(0x16) && !ids.includes(0x15);
        if (isDataAlone) return read instanceof Malformed && read.reasonCode === ReasonCode.protocolError;
        if (read instanceof Malformed) return expected === undefined && fault?.reasonCode === read.reasonCode;
        if (expected === undefined) return false;
        good++;
        const seen = visited(around, margin, end).map(([id]) => id);
        return seen.join() === ids.join() && isSame(read, expected);
      }),
      { numRuns: 4000 },
    );
    t.ok(good > 500, `${good} of the blocks were good ones`);
  },
);

function isSame(read: Properties, expected: readonly NaiveProperty[]): boolean {
  const found: [number, ...(string | number)[]][] = [];
  for (const { id, name } of propertyRows()) {
    const value = read[name];
    if (value === undefined) continue;
    const values = id === 0x0b || id === 0x26 ? [value].flat() : [value];
    const all = id === 0x26 ? (read.userProperties ?? []) : values.map((one) => [one]);
    for (const one of all) found.push([id, ...one.map((part) => plain(part))]);
  }
  const sorted = [...expected].sort(([one], [other]) => one - other);
  return JSON.stringify(found) === JSON.stringify(sorted);
}

function plain(value: unknown): string | number {
  if (value instanceof Uint8Array) return bytesOf(value).toString('hex');
  return typeof value === 'string' ? value : Number(value);
}

t.test(
  'what is written is read again, in the place that it was written for [MQTT-2.2.2-1] [MQTT-3.3.2-18]',
  async (t) => {
    let written = 0;
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), anyPlace, (items, name) => {
        const place = PropertyPlace[name];
        const bytes = joinBytes(items);
        const properties = readProperties(bytes, 0, bytes.length, place);
        if (properties instanceof Malformed) return;
        written++;
        const again = writeProperties(properties, place);
        const length = readVarint(again, 0, again.length);
        if (length !== bytes.length || varintSize(length) + length !== again.length) throw new Error('another length');
        const start = again.length - length;
        const read = readProperties(again, start, again.length, place);
        if (!isDeepStrictEqual(read, properties)) throw new Error('other properties');
      }),
      { numRuns: 400 },
    );
    t.ok(written > 50);
    t.equal(writeProperties({}, PropertyPlace.connect).toString('hex'), '00');
  },
);

t.test(
  'the block of a message is read as it was written, without what is written anew for each receiver',
  async (t) => {
    const properties: Properties = {
      payloadFormatIndicator: 1,
      contentType: '',
      responseTopic: 'r/é',
      correlationData: Buffer.from('00ff', 'hex'),
      userProperties: [
        ['b', ''],
        ['a', '1'],
        ['b', ''],
      ],
    };
    const whole = encodePublishProperties({
      ...properties,
      topicAlias: 1,
      messageExpiryInterval: 2,
      subscriptionIdentifiers: [3],
    });
    t.same(decodePublishProperties(whole), properties);
    t.equal(encodePublishProperties({}).length, 0);
    t.same(decodePublishProperties(emptyBytes), {});
  },
);

t.test('what nobody may send is not written either: a RangeError says what', async (t) => {
  const long = 'x'.repeat(65_536);
  const wrong: readonly Properties[] = [
    { contentType: long },
    { responseTopic: 'a/+' },
    { responseTopic: '' },
    { correlationData: Buffer.alloc(65_536) },
    { userProperties: [[long, '']] },
    { userProperties: [['', long]] },
    { userProperties: [['a\0', '']] },
    { sessionExpiryInterval: 1 },
    { willDelayInterval: 1 },
    { receiveMaximum: 1 },
    { reasonString: 'why' },
  ];
  for (const properties of wrong) t.throws(() => encodePublishProperties(properties), RangeError);
  const connect: readonly Properties[] = [
    { receiveMaximum: 0 },
    { receiveMaximum: 65_536 },
    { receiveMaximum: 1.5 },
    { maximumPacketSize: 0 },
    { maximumPacketSize: 4_294_967_296 },
    { sessionExpiryInterval: -1 },
    { sessionExpiryInterval: Number.NaN },
    { topicAlias: 1 },
    { authenticationMethod: 'm\0' },
  ];
  for (const properties of connect) t.throws(() => writeProperties(properties, PropertyPlace.connect), RangeError);
  const subscribe: readonly Properties[] = [
    { subscriptionIdentifiers: [0] },
    { subscriptionIdentifiers: [268_435_456] },
    { subscriptionIdentifiers: [1, 2] },
  ];
  for (const properties of subscribe) t.throws(() => writeProperties(properties, PropertyPlace.subscribe), RangeError);
});
