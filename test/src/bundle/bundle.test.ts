// What stands for packages in the bundle does what they do: the parser of `mqtt-packet` reads any stream alike with the
// list of `bl` and with ours, whatever is wrong in it and however it is cut.
import fc from 'fast-check';
import mqtt from 'mqtt-packet';
import t from 'tap';
import { bytesOf, joinBytes } from '../../../protocol/wire/bytes.ts';
import { flatList } from '../../../src/bundle/flat-list.ts';
import { packagesOf } from '../../../src/bundle/licences.ts';
import { fixtureJson } from '../../kit/fixtures.ts';

/** What a parser makes of chunks, as text; the first error ends it. */
function parsed(chunks: readonly Uint8Array[], version: number, isFlat: boolean): string {
  const parser = mqtt.parser({ protocolVersion: version });
  if (isFlat) Reflect.set(parser, '_list', flatList());
  const told: string[] = [];
  let isOver = false;
  parser.on('packet', (packet: unknown) => told.push(JSON.stringify(packet)));
  parser.on('error', (error: Error) => {
    isOver = true;
    told.push(`error: ${error.message}`);
  });
  for (const chunk of chunks) {
    try {
      if (!isOver) told.push(`rest ${parser.parse(Buffer.from(chunk))}`);
    } catch (error) {
      isOver = true;
      told.push(error instanceof RangeError ? 'out of range' : String(error));
    }
  }
  return told.join('\n');
}

const frames = fixtureJson<readonly { readonly hex: string; readonly version?: number }[]>(
  'frames/wellformed.json',
).map(({ hex }) => bytesOf(Buffer.from(hex.replaceAll(' ', ''), 'hex')));

t.test('a flat list reads every stream as the list that it replaces', async (t) => {
  const stream = fc.record({
    frames: fc.array(fc.constantFrom(...frames), { minLength: 1, maxLength: 4 }),
    faults: fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }),
    cuts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
    version: fc.constantFrom(3, 4, 5),
  });
  let errors = 0;
  fc.assert(
    fc.property(stream, ({ frames: all, faults, cuts, version }) => {
      const bytes = joinBytes(all);
      for (const [at, byte] of faults) bytes[at % bytes.length] = byte;
      const chunks: Uint8Array[] = [];
      for (let from = 0, index = 0; from < bytes.length; index++) {
        const to = from + (cuts[index % cuts.length] ?? 1);
        chunks.push(bytes.subarray(from, to));
        from = to;
      }
      const [ours, theirs] = [parsed(chunks, version, true), parsed(chunks, version, false)];
      if (theirs.includes('error')) errors++;
      if (ours !== theirs) throw new Error(`${ours}\n--- instead of\n${theirs}`);
    }),
    { numRuns: 3000 },
  );
  t.ok(errors > 100, `${errors} of 3000 streams were faulty`);
});

t.test('packages are told from their files, scoped and nested ones too', async (t) => {
  const files = [
    'build/src/app/main.js',
    'node_modules/pino/pino.js',
    'node_modules/pino/lib/tools.js',
    'node_modules/@pinojs/redact/index.js',
    'node_modules/mqtt-packet/node_modules/inner/index.js',
  ];
  t.same(packagesOf(files), ['@pinojs/redact', 'inner', 'pino']);
});
