// Link, batch, turn, redial and addresses: gathered writes, pressure both ways, nothing shared between connections.
import fc from 'fast-check';
import t from 'tap';
import {
  allocateBytes,
  type Bytes,
  bytesOf,
  bytesOfText,
  copyOfBytes,
  joinBytes,
} from '../../../protocol/wire/bytes.ts';
import { LinkError } from '../../../src/base/errors.ts';
import { parseRemoteAddress } from '../../../src/base/remote-address.ts';
import { FrameInput } from '../../../src/link/frame-input.ts';
import { Link, type LinkHandler } from '../../../src/link/link.ts';
import { ReadPool, readDefaults } from '../../../src/link/read-memory.ts';
import { planOf, Redial } from '../../../src/link/redial.ts';
import { WriteBatch } from '../../../src/link/write-batch.ts';
import type { Socket } from '../../../src/ports/ports.ts';
import { MemorySocket } from '../../kit/memory-net.ts';
import { World } from '../../kit/world.ts';

/** Two ends of a line. */
function pair(world: World): readonly [MemorySocket, MemorySocket] {
  const [near, far] = [new MemorySocket(world.net, 1, 2), new MemorySocket(world.net, 2, 1)];
  near.peer = far;
  far.peer = near;
  return [near, far];
}

class Handler implements LinkHandler {
  readonly frames: string[] = [];
  readonly events: string[] = [];
  mayGoOn = true;

  frame(bytes: Bytes, start: number, _bodyStart: number, end: number): boolean {
    this.frames.push(bytes.subarray(start, end).toString('hex'));
    return this.mayGoOn;
  }

  acknowledgements(bytes: Bytes, start: number, end: number): boolean {
    for (let at = start; at < end; at += 4) this.frames.push(bytes.subarray(at, at + 4).toString('hex'));
    return this.mayGoOn;
  }

  chunkEnded(): void {
    this.events.push('chunk');
  }

  broken(): void {
    this.events.push('broken');
  }

  writable(): void {
    this.events.push('writable');
  }

  closed(error: Error | undefined): void {
    this.events.push(`closed ${error?.message ?? ''}`);
  }
}

t.test('what is written in one turn leaves in one write, in order, whatever its size', async (t) => {
  const parts = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 5000 })), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(parts, async (all) => {
      const world = new World();
      const [near] = pair(world);
      const batch = new WriteBatch(near, world.turn);
      const expected: Bytes[] = [];
      for (const [index, [isHead, size]] of all.entries()) {
        const bytes = bytesOfText(String.fromCharCode(65 + (index % 26)).repeat(size));
        expected.push(bytes);
        if (isHead) {
          batch.reserve(size).set(bytes, batch.position);
          batch.position += size;
        } else {
          batch.append(bytes);
        }
      }
      await world.clock.settle();
      const written = joinBytes(near.written);
      if (!written.equals(joinBytes(expected))) throw new Error('the bytes differ');
      if (near.written.length > 1) throw new Error(`${near.written.length} writes`);
    }),
    { numRuns: 200 },
  );
  t.pass('200 turns');
});

t.test('a batch beyond its bound does not wait for the end of the turn', async (t) => {
  const world = new World();
  const [near] = pair(world);
  const batch = new WriteBatch(near, world.turn, { batchBytesMax: 1000 });
  for (let index = 0; index < 30; index++) batch.append(bytesOfText('x'.repeat(100)));
  t.ok(near.written.length >= 2, 'some of it has left already');
  await world.clock.settle();
  t.equal(joinBytes(near.written).length, 3000);
});

t.test('while the handler says stop nothing is read, and nothing is lost when it goes on', async (t) => {
  const world = new World();
  const [near, far] = pair(world);
  const handler = new Handler();
  const link = new Link(near, world.turn, { maximumPacketSize: 1000 }, handler);
  handler.mayGoOn = false;
  far.write([Buffer.from('c000d000c000', 'hex')]);
  await world.clock.settle();
  far.write([Buffer.from('d000', 'hex')]);
  await world.clock.settle();
  t.same(handler.frames, ['c000']);
  handler.mayGoOn = true;
  link.resume();
  await world.clock.settle();
  t.same(handler.frames, ['c000', 'd000', 'c000', 'd000']);
});

t.test('a peer that reads nothing makes the link congested, and it is told when that is over', async (t) => {
  const world = new World();
  const [near] = pair(world);
  const handler = new Handler();
  const link = new Link(near, world.turn, { maximumPacketSize: 1000, pendingBytesMax: 50_000 }, handler);
  world.net.freeze();
  for (let index = 0; index < 6; index++) link.outbox.append(bytesOfText('x'.repeat(10_000)));
  await world.clock.settle();
  t.ok(link.isCongested);
  t.same(handler.events, []);
  world.net.thaw();
  await world.clock.settle();
  t.notOk(link.isCongested);
  t.same(handler.events, ['writable']);
});

t.test('what is passed on without a copy stays as it is until the system has taken it', async (t) => {
  const world = new World({ busyBytes: 1, quietBytes: 1, memoryBytes: 8000 });
  const [[near], [out, outFar], [stopped, stoppedFar]] = [pair(world), pair(world), pair(world)];
  const outLink = new Link(out, world.turn, { maximumPacketSize: 9000 }, new Handler());
  const stoppedHandler = new Handler();
  stoppedHandler.mayGoOn = false;
  const stoppedLink = new Link(stopped, world.turn, { maximumPacketSize: 9000 }, stoppedHandler);
  stoppedFar.write([Buffer.from('c000'.repeat(20), 'hex')]);
  await world.clock.settle();
  const handler = new Handler();
  handler.frame = (bytes, start, _bodyStart, end) => {
    // the input of another link is handled inside that of this one
    stoppedLink.resume();
    outLink.outbox.append(bytes.subarray(start, end));
    outLink.drained();
    return true;
  };
  new Link(near, world.turn, { maximumPacketSize: 9000 }, handler);
  const got: Bytes[] = [];
  outFar.listen({
    received: (chunk) => got.push(copyOfBytes(chunk)),
    drained: () => undefined,
    ended: () => undefined,
    closed: () => undefined,
  });
  await world.clock.settle();
  const sent: Bytes[] = [];
  for (const isFrozen of [false, true, true, false, false, true]) {
    if (isFrozen) world.net.freeze();
    for (let index = 0; index < 4; index++) {
      const head = bytesOf(Uint8Array.from([0x30, 0x88, 39]));
      const packet = joinBytes([head, bytesOfText(String(sent.length).padEnd(5000, '.'))]);
      sent.push(packet);
      near.take(packet);
      if (index % 2 === 0) await world.clock.settle();
    }
    await world.clock.settle();
    world.net.thaw();
    await world.clock.settle();
  }
  t.ok(joinBytes(got).equals(joinBytes(sent)), `${joinBytes(got).length} bytes`);
  t.ok(stoppedHandler.frames.length > 10);
});

t.test('memory is used again when the system has taken it, though it never says so', async (t) => {
  const world = new World();
  const [near] = pair(world);
  const buffers = new Set<ArrayBufferLike>();
  let pendingBytes = 0;
  const socket = {
    ...near,
    listen: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    end: () => undefined,
    destroy: () => undefined,
    get pendingBytes(): number {
      return pendingBytes;
    },
    write: (parts: readonly Bytes[]): boolean => {
      for (const { buffer } of parts) buffers.add(buffer);
      pendingBytes = 1; // as with TLS: it is taken a moment later
      return true;
    },
  };
  const batch = new WriteBatch(socket, world.turn);
  for (let index = 0; index < 200; index++) {
    batch.append(bytesOfText('x'.repeat(1000)));
    batch.flush();
    if (index % 3 > 0) pendingBytes = 0;
  }
  t.ok(buffers.size <= 3, `${buffers.size} slabs for 200,000 bytes`);
});

t.test('closing lets what was written leave, and is bounded where nobody takes it', async (t) => {
  const world = new World();
  const [near, far] = pair(world);
  const handler = new Handler();
  const link = new Link(near, world.turn, { maximumPacketSize: 1000, closeTimeoutMs: 3000 }, handler);
  const got: Bytes[] = [];
  far.listen({
    received: (chunk) => got.push(copyOfBytes(chunk)),
    drained: () => undefined,
    ended: () => undefined,
    closed: () => undefined,
  });
  link.outbox.append(bytesOfText('last words'));
  link.close();
  await world.clock.settle();
  t.equal(joinBytes(got).toString(), 'last words');
  t.same(handler.events, [], 'the other side has not closed');
  await world.clock.advance(3001);
  t.same(handler.events, ['closed ']);
  link.outbox.append(bytesOfText('too late'));
  await world.clock.settle();
  t.equal(joinBytes(got).toString(), 'last words');
});

t.test('a stream that is no MQTT is told once, and nothing behind it is read', async (t) => {
  const world = new World();
  const [near, far] = pair(world);
  const handler = new Handler();
  const link = new Link(near, world.turn, { maximumPacketSize: 1000 }, handler);
  far.write([Buffer.from('c0000000c000', 'hex')]);
  await world.clock.settle();
  t.same(handler.frames, ['c000']);
  t.same(handler.events, ['broken']);
  link.destroy();
  await world.clock.settle();
  t.same(handler.events, ['broken', 'closed ']);
});

t.test('dialling goes on for ever, waits longer each time, and stops when it is told to', async (t) => {
  const world = new World();
  const events: string[] = [];
  const delays: number[] = [];
  const dial = { host: 'h', port: 7, timeoutMs: 100 };
  const backoff = { delayMsMin: 100, delayMsMax: 1000, stableMs: 5000 };
  const sockets: Socket[] = [];
  const redial = new Redial(world.ports, planOf({ dial, backoff }), {
    dialling: () => void events.push('dialling'),
    opened: (socket) => void sockets.push(socket),
    waiting: (delayMs, error) => {
      delays.push(delayMs);
      events.push(error instanceof LinkError ? error.code : 'lost');
    },
  });
  redial.start();
  await world.clock.advance(20_000);
  t.ok(delays.length > 10);
  t.ok(delays.every((delay) => delay >= 100 && delay <= 1000));
  t.equal(events[1], 'ERR_LINK_CONNECT');
  await world.net.listen({ host: 'h', port: 7 }, () => undefined);
  await world.clock.advance(1000);
  t.equal(sockets.length, 1);
  sockets[0]?.destroy();
  redial.lost();
  redial.wake();
  await world.clock.settle();
  t.equal(sockets.length, 2, 'woken, it does not wait');
  t.not(sockets[0], sockets[1], 'and each try is a new socket');
  redial.stop();
  redial.lost();
  await world.clock.advance(10_000);
  t.equal(sockets.length, 2);
  t.equal(world.clock.timerCount, 0);
});

t.test("addresses are read in everybody's spelling, and what MQTT cannot have is refused", async (t) => {
  const good: readonly (readonly [string, string, number, boolean])[] = [
    ['mqtt-tcp://broker.example:1884', 'broker.example', 1884, false],
    ['tls+mqtt-tcp://b', 'b', 8883, true],
    ['mqtt://b/', 'b', 1883, false],
    ['mqtts://10.0.0.1:1', '10.0.0.1', 1, true],
    ['tcp://[::1]:1883', '::1', 1883, false],
    ['ssl://[fe80::1%eth0]', 'fe80::1%eth0', 8883, true],
    ['b:99', 'b', 99, false],
  ];
  for (const [text, host, port, isEncrypted] of good)
    t.same(parseRemoteAddress(text), { host, port, isEncrypted }, text);
  const webSocket = (host: string, port: number, isEncrypted: boolean, path: string): object => ({
    host,
    port,
    isEncrypted,
    webSocket: { path },
  });
  t.same(parseRemoteAddress('ws://b'), webSocket('b', 80, false, '/mqtt'));
  t.same(parseRemoteAddress('wss://[::1]:8084/a/b?token=1'), webSocket('::1', 8084, true, '/a/b?token=1'));
  t.same(parseRemoteAddress('ws://b?x'), webSocket('b', 80, false, '/?x'));
  const socketPath = '/run/broker.sock';
  t.same(parseRemoteAddress(`unix://${socketPath}`), { host: '', port: 0, isEncrypted: false, socketPath });
  for (const text of [
    '',
    'http://b',
    'mqtt://',
    'mqtt://u:p@b',
    'mqtt://b/path',
    'mqtt://b?x=1',
    'mqtt://b:0',
    'mqtt://b:65536',
    'mqtt://b:x',
    'mqtt://::1',
    'ws://b/a#b',
    'ws://u@b/a',
    'unix://run/x',
  ]) {
    t.type(parseRemoteAddress(text), 'string', text);
  }
});

t.test('frames are the same wherever they are read, however the stream is cut, and whatever stops', async (t) => {
  const frame = fc.integer({ min: 0, max: 400 }).map((size) => {
    const head = size < 128 ? [0x30, size] : [0x30, 128 + (size % 128), size >> 7];
    return bytesOf(Uint8Array.from([...head, ...Array.from({ length: size }, (_one, index) => index % 251)]));
  });
  const options = fc.record({
    busyBytes: fc.integer({ min: 1, max: 60 }),
    quietChunks: fc.integer({ min: 1, max: 4 }),
    quietBytes: fc.integer({ min: 1, max: 60 }),
    memoryBytes: fc.integer({ min: 16, max: 300 }),
    busyMax: fc.integer({ min: 0, max: 2 }),
  });
  const cuts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 });
  let heldCount = 0;
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      options,
      cuts,
      fc.integer({ min: 2, max: 9 }),
      (frames, reads, sizes, stop) => {
        const got: string[] = [];
        const holds: { readonly bytes: Bytes; readonly text: string }[] = [];
        const input = new FrameInput(1000, new ReadPool({ ...readDefaults, ...reads }), {
          frame: (bytes, start, _bodyStart, end) => {
            got.push(bytes.toString('hex', start, end));
            const { memory } = input;
            if (memory && got.length % 3 === 0) {
              memory.hold();
              holds.push({ bytes: bytes.subarray(start, end), text: bytes.toString('hex', start, end) });
              heldCount++;
            }
            return got.length % stop !== 0;
          },
        });
        const stream = joinBytes(frames);
        let from = 0;
        for (let index = 0; from < stream.length; index++) {
          const room = input.room();
          const size = Math.min(sizes[index % sizes.length] ?? 1, stream.length - from, room?.length ?? 1000);
          const target = room ?? allocateBytes(size);
          stream.copy(target, 0, from, from + size);
          from += size;
          if (input.take(target.subarray(0, size)) !== undefined) return false;
          while (got.length > 0 && got.length % stop === 0 && got.length < frames.length && index % 2 === 0) {
            const before = got.length;
            input.resume();
            if (got.length === before) break;
          }
        }
        for (let before = -1; before < got.length; ) {
          before = got.length;
          input.resume();
        }
        input.close();
        const isIntact = holds.every(({ bytes, text }) => bytes.toString('hex') === text);
        return isIntact && got.join() === frames.map((one) => one.toString('hex')).join();
      },
    ),
    { numRuns: 1500 },
  );
  t.ok(heldCount > 500, `${heldCount} pieces of memory were held, and stayed as they were`);
});
