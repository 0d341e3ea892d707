// The network port on real sockets, with the shared read buffer and with its fallback: bytes in order, pauses, ends,
// faults.
import dns from 'node:dns';
import { Socket as NetSocket } from 'node:net';
import t from 'tap';
import { type Bytes, bytesOf, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import { NodeNet } from '../../src/ports/node-net.ts';
import type { Socket } from '../../src/ports/ports.ts';
import { ReadTarget, SharedRead } from '../../src/ports/shared-read.ts';
import { until } from '../kit/real-world.ts';

/** One end, with everything that it heard. */
class End {
  readonly chunks: Bytes[] = [];
  readonly events: string[] = [];
  length = 0;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.listen({
      received: (chunk) => {
        this.chunks.push(copyOfBytes(chunk));
        this.length += chunk.length;
      },
      drained: () => this.events.push('drained'),
      ended: () => {
        this.events.push('ended');
        socket.end();
      },
      closed: (error) => this.events.push(error === undefined ? 'closed' : 'broken'),
    });
  }
}

for (const isReadShared of [true, false]) {
  const name = isReadShared ? 'one buffer for all reads' : 'a buffer for each read';

  async function pair(net: NodeNet): Promise<{ near: End; far: End; close: () => Promise<void> }> {
    const accepted: End[] = [];
    const listener = await net.listen({ host: '127.0.0.1', port: 0 }, (socket) => accepted.push(new End(socket)));
    const near = new End(await net.dial({ host: '127.0.0.1', port: listener.port, timeoutMs: 5000 }));
    await until('the other end', () => accepted.length === 1);
    const [far] = accepted;
    if (far === undefined) throw new Error('nobody was accepted');
    return { near, far, close: () => listener.close() };
  }

  t.test(
    `${name}: what is kept of one chunk is not touched by the next, both ways [MQTT3-7.1.1-1] [MQTT3-7.1.2-1]`,
    async (t) => {
      const { near, far, close } = await pair(new NodeNet({ isReadShared }));
      const parts = Array.from({ length: 200 }, (_one, index) => bytesOf(new Uint8Array(30_000).fill(index)));
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        for (const part of parts) from.socket.write([part.subarray(0, 7), part.subarray(7)]);
        await until('all of it', () => to.length === 6_000_000);
        t.ok(joinBytes(to.chunks).equals(joinBytes(parts)), 'in order, unchanged');
      }
      near.socket.end();
      await until('the end', () => near.events.includes('closed') && far.events.includes('closed'));
      t.ok(far.events.includes('ended'));
      await close();
    },
  );

  t.test(`${name}: a socket that is paused hears nothing, and everything when it goes on`, async (t) => {
    const { near, far, close } = await pair(new NodeNet({ isReadShared }));
    far.socket.pause();
    const part = bytesOf(new Uint8Array(100_000));
    let isFull = false;
    for (let index = 0; index < 200; index++) isFull = !near.socket.write([part]) || isFull;
    t.ok(isFull, 'the system takes no more');
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.ok(far.length < 1_000_000, `${far.length} bytes came`);
    far.socket.resume();
    await until('all of it', () => far.length === 20_000_000);
    await until('the pressure to go', () => near.events.includes('drained'));
    far.socket.destroy();
    await until(
      'both ends',
      () => near.events.some((one) => one === 'closed' || one === 'broken') && far.events.includes('closed'),
    );
    await close();
  });
}

t.test('accepted and dialled sockets of one port read into the same memory', async (t) => {
  const net = new NodeNet();
  const memory = new Set<ArrayBufferLike>();
  let received = 0;
  const reader = (socket: Socket): void =>
    socket.listen({
      received: (chunk) => {
        memory.add(chunk.buffer);
        received++;
      },
      drained: () => undefined,
      ended: () => socket.end(),
      closed: () => undefined,
    });
  const listener = await net.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    reader(socket);
    socket.write([bytesOf(new Uint8Array(10))]);
  });
  const dialled: Socket[] = [];
  for (let count = 1; count <= 3; count++) {
    const socket = await net.dial({ host: '127.0.0.1', port: listener.port, timeoutMs: 5000 });
    dialled.push(socket);
    reader(socket);
    socket.write([bytesOf(new Uint8Array(10))]);
    await until('both ways', () => received === 2 * count);
  }
  t.equal(memory.size, 1);
  for (const socket of dialled) socket.destroy();
  await listener.close();
});

t.test('a socket that Node has otherwise is left as it is', async (t) => {
  const reads = new SharedRead();
  t.notOk(reads.adopt(new NetSocket(), new ReadTarget()), 'it has no handle');
});

t.test('what cannot be dialled or listened on is told with its phase', async (t) => {
  const net = new NodeNet();
  await t.rejects(net.dial({ host: '127.0.0.1', port: 1, timeoutMs: 1000 }), {
    code: 'ERR_LINK_CONNECT',
    message: /nobody listens/,
  });
  await t.rejects(net.dial({ host: 'name.invalid', port: 1, timeoutMs: 5000 }), { code: 'ERR_LINK_LOOKUP' });
  await t.rejects(
    net.listen({ host: '192.0.2.1', port: 0 }, () => undefined),
    { code: 'ERR_LINK_LISTEN', message: /no address of this machine/ },
  );
  const abort = new AbortController();
  const dialling = net.dial({ host: '127.0.0.1', port: 1, timeoutMs: 1000, signal: abort.signal });
  abort.abort();
  await t.rejects(dialling, { name: 'LinkError' });
});

t.test('a name with several addresses is reached at the one that answers, whichever family comes first', async (t) => {
  const net = new NodeNet();
  const listener = await net.listen({ host: '127.0.0.1', port: 0 }, (socket) => socket.end());
  const { lookup } = dns;
  // nobody answers at the first two: an address of the other family, and one for documents
  const addresses = [
    { address: '::1', family: 6 },
    { address: '192.0.2.1', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const answer = (_name: string, _options: unknown, told: (error: null, found: typeof addresses) => void): void =>
    told(null, addresses);
  Object.assign(dns, { lookup: answer });
  t.teardown(() => Object.assign(dns, { lookup }));
  const socket = await net.dial({ host: 'two.families.example', port: listener.port, timeoutMs: 10_000 });
  t.equal(socket.remoteAddress, '127.0.0.1');
  socket.destroy();
  await listener.close();
});
