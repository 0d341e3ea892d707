// The scanner: any chunking gives the same frames, and nothing too large is ever kept. Stops lose nothing and repeat
// nothing.
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

t.test(
  'wherever the handler stops and however the stream is cut, every frame comes once, in order, none while stopped',
  async (t) => {
    const stream = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.nat(255)), { minLength: 1, maxLength: 10 });
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    const stops = fc.array(fc.boolean(), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(
        stream,
        cuts,
        stops,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        (sizes, where, stopAt, when) => {
          const all = sizes.map(([size, fill]) => frameOf(size, fill));
          const bytes = joinBytes(all);
          const edges = [
            0,
            ...where.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other),
            bytes.length,
          ];
          const scanner = new FrameScanner(1000);
          const found: string[] = [];
          let isStopped = false;
          const handler = {
            frame: (chunk: Buffer, start: number, bodyStart: number, end: number) => {
              if (isStopped) throw new Error('a frame came while stopped');
              if (bodyStart !== start + (end - start < 130 ? 2 : 3)) throw new Error('the body starts elsewhere');
              found.push(chunk.subarray(start, end).toString('hex'));
              isStopped = stopAt[found.length % stopAt.length] ?? false;
              return !isStopped;
            },
          };
          const resume = (): void => {
            isStopped = false;
            scanner.resume(handler);
          };
          let taken = 0;
          for (const [index, end] of edges.slice(1).entries()) {
            scanner.scan(bytes.subarray(edges[index], end), handler);
            taken = end;
            if (isStopped && when[index % when.length]) resume();
            const passedOn = found.reduce((sum, hex) => sum + hex.length / 2, 0);
            if (scanner.pendingBytes !== taken - passedOn) throw new Error('bytes are lost or kept twice');
          }
          while (isStopped) resume();
          if (found.join() !== all.map((one) => one.toString('hex')).join()) throw new Error('the frames differ');
          if (scanner.pendingBytes !== 0) throw new Error('something is left');
        },
      ),
      { numRuns: 1500 },
    );
    t.pass('1500 streams');
  },
);

t.test('good frames in front of a broken one are handed over, nothing behind it is', async (t) => {
  const good = frameOf(3, 7);
  const broken = ['0000', '3600', '3800', '6000', 'c08000', '30ffffffff', '3080808000', 'c100', 'f200'];
  for (const hex of broken) {
    const stream = joinBytes([good, good, Buffer.from(hex, 'hex')]);
    const { frames: found, fault } = scanThreeWays(stream);
    t.equal(found.length, 2, hex);
    t.equal(fault?.reasonCode, ReasonCode.malformedPacket, hex);
    t.equal(scanChunks([joinBytes([stream, good])]).frames.length, 2, `${hex}, a good one behind`);
  }
});

t.test(
  'a fixed header is refused by its first wrong byte [MQTT-2.1.3-1] [MQTT3-2.2.2-1] [MQTT3-2.2.2-2] [MQTT-3.3.1-2] [MQTT-3.3.1-4]',
  async (t) => {
    const taken: string[] = [];
    for (let first = 0; first < 256; first++) {
      if (scanChunks([Buffer.of(first)]).fault === undefined) taken.push(first.toString(16));
    }
    const publish = ['30', '31', '32', '33', '34', '35', '3a', '3b', '3c', '3d'];
    t.same(taken, ['10', '20', ...publish, '40', '50', '62', '70', '82', '90', 'a2', 'b0', 'c0', 'd0', 'e0', 'f0']);
  },
);

t.test('a limit that changes between chunks holds for the frame that is under way', async (t) => {
  const frame = frameOf(500, 1);
  const scanner = new FrameScanner(1000);
  const handler = { frame: () => true };
  t.equal(scanner.scan(frame.subarray(0, 100), handler), undefined);
  scanner.maximumPacketSize = 400;
  t.equal(scanner.scan(frame.subarray(100), handler)?.reasonCode, ReasonCode.packetTooLarge);
});

t.test('an endless trickle of a large frame never holds more than came', async (t) => {
  const scanner = new FrameScanner(1_000_000);
  const frame = frameOf(900_000, 5);
  let frames = 0;
  const handler = { frame: () => frames++ >= 0 };
  for (let position = 0; position < frame.length; position += 1000) {
    if (scanner.pendingBytes !== position) t.fail(`${scanner.pendingBytes} bytes kept of ${position}`);
    scanner.scan(frame.subarray(position, position + 1000), handler);
  }
  t.same([frames, scanner.pendingBytes], [1, 0]);
});

t.test(
  'acknowledgements side by side are the same frames, whatever is among them and however they are cut',
  async (t) => {
    const ackOf = (first: number, id: number): Buffer => Buffer.from([first, 2, id >> 8, id & 0xff]);
    const piece = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(fc.constantFrom(0x40, 0x40, 0x50, 0x62, 0x70), fc.integer({ min: 0, max: 300 })),
      },
      { weight: 1, arbitrary: fc.constantFrom([0x60, 5] as const, [0x6a, 5] as const, [0x41, 5] as const) },
    );
    const part = fc.oneof(
      { weight: 6, arbitrary: piece.map(([first, id]) => ackOf(first, id)) },
      { weight: 1, arbitrary: fc.constant(Buffer.from([0x40, 3, 0, 1, 0])) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }).map((size) => frameOf(size, 0x40)) },
    );
    let runs = 0;
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 4 }), (parts, cuts) => {
        const stream = bytesOf(joinBytes(parts));
        const edges = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length];
        edges.sort((one, other) => one - other);
        const chunks = edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
        const wanted = scanChunks(chunks);
        const scanner = new FrameScanner(1000);
        const got: string[] = [];
        const frame = (bytes: Uint8Array, start: number, _body: number, end: number): boolean => {
          got.push(Buffer.from(bytes.subarray(start, end)).toString('hex'));
          return true;
        };
        const acknowledgements = (bytes: Uint8Array, start: number, end: number): boolean => {
          runs++;
          if (end - start < 8) throw new Error('one alone is a frame');
          for (let at = start; at < end; at += 4) frame(bytes, at, at + 2, at + 4);
          return true;
        };
        let fault: string | undefined;
        for (const chunk of chunks) fault ??= scanner.scan(chunk, { frame, acknowledgements })?.detail;
        return JSON.stringify(got) === JSON.stringify(wanted.frames) && fault === wanted.fault?.detail;
      }),
      { numRuns: 1000 },
    );
    t.ok(runs > 80, `${runs} runs`);
    const scanner = new FrameScanner(3);
    const handler = { frame: () => true, acknowledgements: () => true };
    t.equal(scanner.scan(joinBytes([ackOf(0x40, 1), ackOf(0x40, 2)]), handler)?.reasonCode, ReasonCode.packetTooLarge);
  },
);
