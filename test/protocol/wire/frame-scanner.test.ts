// The scanner: any chunking gives the same frames, and nothing too large is ever kept.
import fc from 'fast-check';
import t from 'tap';
import { bytesOf, joinBytes } from '../../../protocol/wire/bytes.ts';
import { FrameScanner } from '../../../protocol/wire/frame-scanner.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { varintSize, writeVarint } from '../../../protocol/wire/varint.ts';
import { scanChunks, scanThreeWays } from '../../kit/three-ways.ts';

function frameOf(size: number, fill: number): Buffer {
  const frame = Buffer.alloc(1 + varintSize(size) + size, fill);
  frame[0] = 0x30;
  writeVarint(frame, 1, size);
  return frame;
}

const frames = fc.array(
  fc.tuple(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(127, 128, 16_383, 16_384)), fc.nat(255)),
  { maxLength: 12 },
);

t.test('frames are the same however the stream is cut', async (t) => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (sizes, cuts) => {
      const all = sizes.map(([size, fill]) => frameOf(size, fill));
      const stream = bytesOf(joinBytes(all));
      const edges = [
        0,
        ...cuts.map((cut) => cut % (stream.length + 1)).sort((one, other) => one - other),
        stream.length,
      ];
      const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end));
      const { frames: found, fault } = scanChunks(chunks);
      if (fault) throw new Error(fault.detail);
      if (found.join() !== all.map((one) => one.toString('hex')).join()) throw new Error('the frames differ');
    }),
    { numRuns: 300 },
  );
  t.equal(scanThreeWays(joinBytes([frameOf(0, 0), frameOf(200, 1), frameOf(5, 2)])).frames.length, 3);
});

t.test('the size is checked from the header on, before a byte of the body is kept', async (t) => {
  const header = Buffer.from('30ffffff7f', 'hex');
  const scanner = new FrameScanner(1000);
  const handler = { frame: () => true };
  for (const byte of header.subarray(0, 4)) t.equal(scanner.scan(Buffer.of(byte), handler), undefined);
  const fault = scanner.scan(header.subarray(4), handler);
  t.equal(fault?.reasonCode, ReasonCode.packetTooLarge);
  t.ok(scanner.pendingBytes <= 5, 'only the header was kept');
  t.equal(scanChunks([frameOf(997, 0)], 1000).frames.length, 1, 'exactly the maximum is taken');
  t.equal(scanChunks([frameOf(998, 0)], 1000).fault?.reasonCode, ReasonCode.packetTooLarge);
});

t.test('a partial frame takes memory for the bytes that came, not for those announced', async (t) => {
  const scanner = new FrameScanner(268_435_460);
  const handler = { frame: () => true };
  scanner.scan(frameOf(100_000_000, 0).subarray(0, 50_000), handler);
  t.equal(scanner.pendingBytes, 50_000);
  const before = process.memoryUsage().arrayBuffers;
  scanner.scan(Buffer.alloc(50_000), handler);
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

t.test('a handler that says stop gets the rest when scanning is resumed, in order', async (t) => {
  const stream = joinBytes([frameOf(1, 1), frameOf(2, 2), frameOf(3, 3)]);
  const scanner = new FrameScanner(1000);
  const lengths: number[] = [];
  const handler = {
    frame: (_bytes: unknown, start: number, _bodyStart: number, end: number) => {
      lengths.push(end - start);
      return false;
    },
  };
  scanner.scan(stream.subarray(0, 6), handler);
  t.same(lengths, [3]);
  scanner.scan(stream.subarray(6), handler);
  t.same(lengths, [3], 'nothing is handed over before resume');
  scanner.resume(handler);
  t.same(lengths, [3, 4]);
  scanner.resume(handler);
  t.same(lengths, [3, 4, 5]);
  scanner.resume(handler);
  t.equal(scanner.pendingBytes, 0);
});
