// What connections go through before they are sockets, on real ones: TLS, WebSocket, PROXY headers, Unix sockets, and
// what becomes of those that do not come through.
import { mkdtempSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import WebSocket, { WebSocketServer } from 'ws';
import { bytesOf, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import { NodeNet } from '../../src/ports/node-net.ts';
import type { DialOptions, Listener, ListenOptions, Refusal, Socket } from '../../src/ports/ports.ts';
import { authority, certificate, until } from '../kit/real-world.ts';

const net = new NodeNet();

/** One end, with what it heard. */
class End {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  text = '';
  isClosed = false;
  error: Error | undefined;
  drains = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.address = socket.remoteAddress;
    this.port = socket.remotePort;
    socket.listen({
      received: (chunk) => {
        this.text += copyOfBytes(chunk).toString('latin1');
      },
      drained: () => this.drains++,
      ended: () => socket.end(),
      closed: (error) => {
        this.isClosed = true;
        this.error = error;
      },
    });
  }
}

/** A listener, and who came and who did not. */
class Gate {
  readonly ends: End[] = [];
  readonly refusals: Refusal[] = [];
  readonly options: ListenOptions;
  listener: Listener | undefined;

  constructor(t: Test, more: Partial<ListenOptions>) {
    this.options = { host: '127.0.0.1', port: 0, refused: (refusal) => this.refusals.push(refusal), ...more };
    t.teardown(() => {
      for (const { socket } of this.ends) socket.destroy();
      return this.listener?.close();
    });
  }

  async open(): Promise<this> {
    this.listener = await net.listen(this.options, (socket) => this.ends.push(new End(socket)));
    return this;
  }

  async dial(more: Partial<DialOptions> = {}): Promise<End> {
    return new End(await net.dial({ host: '127.0.0.1', port: this.listener?.port ?? 0, timeoutMs: 5000, ...more }));
  }

  /** Writes bytes as they are; resolves with what came back until the end. */
  raw(...chunks: readonly (string | Uint8Array)[]): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.listener?.port ?? 0, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
      for (const chunk of chunks) socket.write(chunk);
    });
  }
}

const path = '/mqtt';
const tls = certificate('server');
const trusted = authority('ca');
const folder = mkdtempSync(join(tmpdir(), 'viaduct-'));

const ways: readonly (readonly [string, Partial<ListenOptions>, Partial<DialOptions>])[] = [
  ['TLS', { tls }, { tls: trusted }],
  ['WebSocket', { webSocket: { path } }, { webSocket: { path: `${path}?from=test` } }],
  ['WebSocket in TLS', { tls, webSocket: { path } }, { tls: trusted, webSocket: { path } }],
  ['Unix socket', { socketPath: join(folder, 'a') }, { socketPath: join(folder, 'a') }],
  [
    'WebSocket on a Unix socket',
    { socketPath: join(folder, 'b'), webSocket: { path } },
    { socketPath: join(folder, 'b'), webSocket: { path } },
  ],
];

for (const [name, listen, dial] of ways) {
  t.test(
    `${name}: bytes come through both ways in order, wait while a side is paused, and the end is an end`,
    async (t) => {
      const gate = await new Gate(t, listen).open();
      const near = await gate.dial(dial);
      await until('the other end', () => gate.ends.length === 1);
      const [far] = gate.ends;
      if (far === undefined) throw new Error('nobody came');
      const parts = Array.from({ length: 120 }, (_one, index) => bytesOf(new Uint8Array(50_000).fill(index + 1)));
      const expected = joinBytes(parts).toString('latin1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        to.socket.pause();
        let isFull = false;
        for (const part of parts) isFull = !from.socket.write([part.subarray(0, 9), part.subarray(9)]) || isFull;
        t.ok(isFull, 'the system takes no more');
        await new Promise((resolve) => setTimeout(resolve, 50));
        t.ok(from.socket.pendingBytes > 0, 'what waits is known');
        t.ok(to.text.length < 3_000_000, `${to.text.length} bytes came through a pause`);
        to.socket.resume();
        await until('all of it', () => to.text.length >= expected.length);
        t.ok(to.text === expected, 'in order, unchanged');
        await until('the pressure to go', () => from.drains > 0 && from.socket.pendingBytes === 0);
      }
      t.equal(near.socket.isEncrypted, listen.tls !== undefined);
      near.socket.end();
      await until('the end', () => near.isClosed && far.isClosed);
      t.strictSame([near.error, far.error, gate.refusals], [undefined, undefined, []]);
    },
  );
}

t.test(
  'a Unix socket has its permissions and its name, is removed at the end, and a dead one is replaced',
  async (t) => {
    const socketPath = join(folder, 'mode');
    const gate = await new Gate(t, { socketPath, socketMode: 0o600 }).open();
    t.equal(statSync(socketPath).mode & 0o777, 0o600);
    await gate.dial({ socketPath });
    await until('the other end', () => gate.ends.length === 1);
    t.equal(gate.ends[0]?.address, `unix:${socketPath}`);
    await t.rejects(new Gate(t, { socketPath }).open(), {
      code: 'ERR_LINK_LISTEN',
      message: /another process listens/,
    });
    await t.rejects(new Gate(t, { socketPath: folder }).open(), { message: /no socket/ });
    await t.rejects(new Gate(t, { socketPath: join(folder, 'x', 'y') }).open(), { message: /directory of/ });
    await gate.listener?.close();
    await t.rejects(gate.dial({ socketPath }), { code: 'ERR_LINK_CONNECT', message: /no such file/ });
  },
);

t.test(
  'only a request for mqtt on the right path and from an allowed origin becomes a WebSocket [MQTT-6.0.0-4] [MQTT3-6.0.0-4]',
  async (t) => {
    const gate = await new Gate(t, { webSocket: { path, origins: ['https://good.example'] } }).open();
    const request = (more: string, where = path): string =>
      `GET ${where} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
    const mqtt = 'Sec-WebSocket-Protocol: mqtt\r\n';
    for (const [bytes, answer, detail] of [
      [request(''), /^HTTP\/1.1 400/, /subprotocol mqtt was not offered, but none/],
      [request('Sec-WebSocket-Protocol: chat, soap\r\n'), /^HTTP\/1.1 400/, /but chat,soap/],
      [request(mqtt, '/other'), /^HTTP\/1.1 404/, /\/other is not \/mqtt/],
      [request(`${mqtt}Origin: https://evil.example\r\n`), /^HTTP\/1.1 403/, /evil\.example is not allowed/],
      ['GET /mqtt HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1.1 426/, /without an upgrade/],
      [request(mqtt).replace('Version: 13', 'Version: 7'), /^HTTP\/1.1 400/, /Version/],
      ['\x10\x10\0\x04MQTT\x04\x02\0\0\0\x04test', /^$/, /no HTTP request/],
    ] as const) {
      t.match(await gate.raw(bytes), answer);
      await until('the refusal', () => gate.refusals.length > 0);
      t.match(gate.refusals.splice(0), [{ phase: 'websocket', address: '127.0.0.1', detail }]);
    }
    t.equal(gate.ends.length, 0);
    const url = `ws://127.0.0.1:${gate.listener?.port}${path}`;
    for (const offered of [['mqtt'], ['chat', 'mqttv3.1'], ['mqttv3.1', 'mqtt']]) {
      const socket = new WebSocket(url, offered, { origin: 'https://good.example' });
      await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
      t.equal(socket.protocol, offered.includes('mqtt') ? 'mqtt' : 'mqttv3.1');
      socket.terminate();
    }
    t.equal(gate.ends.length, 3);
  },
);

t.test(
  'a text message ends a WebSocket, and the sender is told that it is unsupported [MQTT-6.0.0-1] [MQTT3-6.0.0-1]',
  async (t) => {
    const gate = await new Gate(t, { webSocket: { path } }).open();
    const socket = new WebSocket(`ws://127.0.0.1:${gate.listener?.port}${path}`, ['mqtt']);
    const code = new Promise((resolve) => socket.on('close', resolve));
    socket.on('open', () => {
      socket.send(Buffer.from('before'));
      socket.send('text');
      socket.send(Buffer.from('behind'));
    });
    t.equal(await code, 1003);
    await until('the end', () => gate.ends[0]?.isClosed === true);
    t.match(gate.ends[0], { text: 'before', error: { message: /text message/ } });
  },
);

t.test(
  'messages of WebSocket and their fragments are one stream, wherever they are cut [MQTT-6.0.0-2] [MQTT3-6.0.0-2]',
  async (t) => {
    const gate = await new Gate(t, { webSocket: { path } }).open();
    const socket = new WebSocket(`ws://127.0.0.1:${gate.listener?.port}${path}`, ['mqtt']);
    const heard: string[] = [];
    socket.on('message', (data, isBinary) => heard.push(`${isBinary} ${String(data)}`));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(Buffer.from('one, '));
    socket.send(Buffer.from('tw'), { fin: false });
    socket.ping();
    socket.send(Buffer.from(''), { fin: false });
    socket.send(Buffer.from('o, three'), { fin: true });
    for (const byte of Buffer.from(', four')) socket.send(Buffer.of(byte));
    await until('all of it', () => gate.ends[0]?.text === 'one, two, three, four');
    gate.ends[0]?.socket.write([bytesOf(Buffer.from('to')), bytesOf(Buffer.from('gether'))]);
    await until('the answer', () => heard.length > 0);
    t.strictSame(heard, ['true together']);
    socket.close();
    await until('the end', () => gate.ends[0]?.isClosed === true);
    t.equal(gate.ends[0]?.error, undefined);
  },
);

t.test(
  'a client offers the subprotocol mqtt and takes no server that does not select it [MQTT-6.0.0-3] [MQTT3-6.0.0-3]',
  async (t) => {
    const answers: string[] = [];
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      handleProtocols: (offered) => {
        answers.push([...offered].join());
        return false;
      },
    });
    t.teardown(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await t.rejects(net.dial({ host: '127.0.0.1', port, timeoutMs: 5000, webSocket: { path } }), {
      code: 'ERR_LINK_UPGRADE',
      message: /no subprotocol/,
    });
    t.strictSame(answers, ['mqtt']);
    const gate = await new Gate(t, { webSocket: { path } }).open();
    await t.rejects(gate.dial({ webSocket: { path: '/' } }), { code: 'ERR_LINK_UPGRADE', message: /answered 404/ });
  },
);

t.test(
  'at the side that dials too, fragments are one stream and a text message is the end [MQTT-6.0.0-1] [MQTT3-6.0.0-1] [MQTT-6.0.0-2] [MQTT3-6.0.0-2]',
  async (t) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    t.teardown(() => server.close());
    const codes: number[] = [];
    server.on('connection', (socket) => {
      socket.send(Buffer.from('o'), { fin: false });
      socket.send(Buffer.from('ne, '), { fin: true });
      socket.send(Buffer.from('two'));
      socket.send('text');
      socket.on('close', (code) => codes.push(code));
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const near = new End(await net.dial({ host: '127.0.0.1', port, timeoutMs: 5000, webSocket: { path } }));
    await until('the end', () => near.isClosed && codes.length > 0);
    t.match(near, { text: 'one, two', error: { message: /text message/ } });
    t.strictSame(codes, [1003]);
  },
);

const line = 'PROXY TCP4 192.0.2.7 10.0.0.1 5555 1883\r\n';

t.test('behind a trusted proxy the client is who the header says, with TLS and WebSocket above it too', async (t) => {
  const proxySources = ['127.0.0.0/8'];
  const plain = await new Gate(t, { proxySources }).open();
  const done = plain.raw(line.slice(0, 9), `${line.slice(9)}hel`, 'lo');
  await until('the text', () => plain.ends[0]?.text === 'hello');
  t.match(plain.ends[0], { address: '192.0.2.7', port: 5555 });
  plain.ends[0]?.socket.end();
  await done;
  const both = await new Gate(t, { proxySources, tls, webSocket: { path } }).open();
  // a proxy that passes on what it gets behind its header
  const proxy = createServer((from) => {
    const to = connect(both.listener?.port ?? 0, '127.0.0.1');
    to.write(line);
    from.pipe(to).pipe(from);
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
    to.on('error', () => from.destroy());
  });
  t.teardown(() => proxy.close());
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const near = await both.dial({ port, tls: trusted, webSocket: { path } });
  near.socket.write([bytesOf(Buffer.from('through all of it'))]);
  await until('the text', () => both.ends[0]?.text === 'through all of it');
  t.match(both.ends[0], { address: '192.0.2.7', port: 5555, socket: { isEncrypted: true } });
  near.socket.destroy();
});

t.test('a PROXY header from anybody else, none at all, and one that never ends are refused', async (t) => {
  const far = await new Gate(t, { proxySources: ['10.0.0.0/8'] }).open();
  t.equal(await far.raw(line), '');
  t.match(far.refusals, [{ phase: 'proxy', address: '127.0.0.1', detail: /none of the sources/ }]);
  const near = await new Gate(t, { proxySources: ['127.0.0.1'], handshakeTimeoutMs: 150 }).open();
  t.equal(await near.raw('\x10\x0c\0\x04MQTT'), '');
  t.equal(await near.raw('PROXY TCP4 '), '');
  t.match(near.refusals, [{ detail: /no PROXY header/ }, { detail: /not through within 150 ms/ }]);
  t.equal(far.ends.length + near.ends.length, 0);
});

t.test('only so many handshakes are underway; others wait their turn, and the rest is refused', async (t) => {
  const gate = await new Gate(t, { tls, handshakesMax: 1, handshakeTimeoutMs: 300 }).open();
  const silent = Array.from({ length: 12 }, () => gate.raw());
  await until('the refusal', () => gate.refusals.length === 1);
  t.match(gate.refusals, [{ phase: 'entry', detail: /1 connections are entering and 10 are waiting/ }]);
  await until('the others', () => gate.refusals.length === 12, 10_000);
  await Promise.all(silent);
  const near = await gate.dial({ tls: trusted });
  t.equal(near.isClosed, false, 'there is room again');
  near.socket.destroy();
});
