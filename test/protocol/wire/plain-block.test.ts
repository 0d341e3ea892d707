// Plain blocks against the long way: a block travels as it came exactly if it is correct and holds nothing that makes
// work for each message.
import fc from 'fast-check';
import t from 'tap';
import { type Bytes, bytesOf, bytesOfText, joinBytes } from '../../../protocol/wire/bytes.ts';
import { PlainBlocks } from '../../../protocol/wire/plain-block.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { checkProperties, visitProperties, writeProperties } from '../../../protocol/wire/property-block.ts';
import { PropertyPlace } from '../../../protocol/wire/property-names.ts';
import { readVarint, varintSize } from '../../../protocol/wire/varint.ts';

const plain: ReadonlySet<number> = new Set([0x01, 0x03, 0x09, 0x26]);

/** The long way. */
function naiveEndOf(bytes: Bytes, start: number, end: number): number {
  const length = readVarint(bytes, start, end);
  const from = start + varintSize(length);
  if (length < 0 || from + length > end) return -1;
  if (checkProperties(bytes, from, from + length, PropertyPlace.publish) !== undefined) return -1;
  let isPlain = true;
  visitProperties(bytes, from, from + length, (id) => {
    if (!plain.has(id)) isPlain = false;
  });
  return isPlain ? from + length : -1;
}

const text = fc.oneof(fc.constantFrom('', 'x', 'é', 'v'.repeat(119), 'w'.repeat(600)), fc.string({ maxLength: 5 }));
const properties: fc.Arbitrary<Properties> = fc.record(
  {
    payloadFormatIndicator: fc.constantFrom(0 as const, 1 as const),
    contentType: text,
    correlationData: fc.uint8Array({ maxLength: 4 }).map(bytesOf),
    userProperties: fc.array(fc.tuple(text, text), { maxLength: 3 }),
    responseTopic: fc.constant('r'),
    messageExpiryInterval: fc.constant(3),
    topicAlias: fc.constant(1),
  },
  { requiredKeys: [] },
);
const written = properties
  .filter(
    ({ contentType = '', userProperties = [] }) => ![contentType, ...userProperties.flat()].join('').includes('\0'),
  )
  .map((one) => writeProperties(one, PropertyPlace.publish));
/** As written, with a byte changed, cut off, or with something behind it. */
const block = fc.oneof(
  written,
  fc.tuple(written, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([bytes, at, byte]) => {
    const changed = joinBytes([bytes]);
    changed[at % changed.length] = byte;
    return changed;
  }),
  fc.tuple(written, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
  written.map((bytes) => joinBytes([bytes, bytesOfText('payload')])),
);

t.test('a block passes if the long way finds it correct and it holds nothing but what is passed on', (t) => {
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), (blocks) => {
      const judge = new PlainBlocks();
      for (const bytes of [...blocks, ...blocks]) {
        const [found, expected] = [judge.endOf(bytes, 0, bytes.length), naiveEndOf(bytes, 0, bytes.length)];
        if (found !== expected) throw new Error(`${bytes.toString('hex')}: ${found} instead of ${expected}`);
      }
    }),
    { numRuns: 3000 },
  );
  t.pass('18,000 blocks');
  t.end();
});
