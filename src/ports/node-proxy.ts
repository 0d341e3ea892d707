// NodeProxy: the way through a proxy, on a socket that is connected to it: SOCKS5 (RFC 1928, 1929) or HTTP CONNECT. The
// proxy resolves the name. What it refuses is said in words. Its answers are bounded; what comes behind them belongs to
// whoever is dialled.
//
//   SOCKS5: greeting -> method -> (user, password -> verdict) -> CONNECT -> reply      HTTP: CONNECT -> status, headers
import type { Socket as NetSocket } from 'node:net';
import { LinkError } from '../base/errors.ts';
import type { DialOptions, ProxyOptions } from './ports.ts';

/** Longest answer of an HTTP proxy, in bytes. */
const answerBytesMax = 16_384;

/** Asks a proxy for the way to `options`; rejects with a LinkError of the phase `connect`. */
export async function passProxy(socket: NetSocket, options: DialOptions, proxy: ProxyOptions): Promise<void> {
  const reader = new ProxyReader(socket, `${proxy.host}:${proxy.port}`);
  try {
    await (proxy.kind === 'socks5' ? socks(reader, options, proxy) : http(reader, options, proxy));
  } finally {
    reader.end();
  }
}

async function socks(reader: ProxyReader, { host, port }: DialOptions, proxy: ProxyOptions): Promise<void> {
  const { username, password = '' } = proxy;
  reader.write(username === undefined ? [5, 1, 0] : [5, 2, 0, 2]);
  const [version, method] = await reader.take(2);
  if (version !== 5) throw reader.fault('it does not speak SOCKS5');
  if (method === 2 && username !== undefined) {
    const [user, word] = [Buffer.from(username), Buffer.from(password)];
    reader.write([1, user.length, ...user, word.length, ...word]);
    const [, verdict] = await reader.take(2);
    if (verdict !== 0) throw reader.fault('it refused user name and password');
  } else if (method !== 0) {
    throw reader.fault(
      username === undefined ? 'it wants a user name and a password' : 'it accepts none of our methods',
    );
  }
  const name = Buffer.from(host);
  if (name.length > 255) throw reader.fault('the name of the server is too long for it');
  reader.write([5, 1, 0, 3, name.length, ...name, port >> 8, port & 0xff]);
  const [, reply = 1, , kind] = await reader.take(4);
  if (reply !== 0) throw reader.fault(socksReplies[reply] ?? `it refused (${reply})`);
  const [length = 0] = kind === 3 ? await reader.take(1) : [kind === 4 ? 16 : 4];
  await reader.take(length + 2);
}

const socksReplies: Readonly<Record<number, string>> = {
  1: 'it failed',
  2: 'its rules do not allow this connection',
  3: 'it has no route to the network',
  4: 'it cannot reach the server',
  5: 'nobody listens at the server',
  6: 'the way is too long',
  7: 'it does not connect for others',
  8: 'it does not know this kind of address',
};

async function http(reader: ProxyReader, { host, port }: DialOptions, proxy: ProxyOptions): Promise<void> {
  const { username, password = '' } = proxy;
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const basic = username === undefined ? '' : Buffer.from(`${username}:${password}`).toString('base64');
  const authorization = basic === '' ? '' : `Proxy-Authorization: Basic ${basic}\r\n`;
  reader.write(Buffer.from(`CONNECT ${where} HTTP/1.1\r\nHost: ${where}\r\n${authorization}\r\n`));
  const answer = (await reader.takeThrough('\r\n\r\n')).toString('latin1');
  const status = /^HTTP\/1\.[01] (\d{3})([^\r\n]*)/.exec(answer);
  if (status === null) throw reader.fault('it does not speak HTTP');
  if (status[1] === '407') throw reader.fault('it wants another user name and password');
  if (!status[1]?.startsWith('2')) throw reader.fault(`it answered ${status[1]}${status[2]}`);
}

/** Takes the answers of a proxy out of a socket, byte by byte as they are needed. */
class ProxyReader {
  readonly #socket: NetSocket;
  readonly #where: string;
  #bytes: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #isEnded = false;
  readonly #data = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#wake?.();
  };
  readonly #ended = (): void => {
    this.#isEnded = true;
    this.#wake?.();
  };

  constructor(socket: NetSocket, where: string) {
    this.#socket = socket;
    this.#where = where;
    socket.on('data', this.#data);
    socket.on('end', this.#ended);
    socket.on('close', this.#ended);
  }

  write(bytes: Buffer | readonly number[]): void {
    this.#socket.write(Buffer.from(bytes));
  }

  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await this.#more();
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async takeThrough(mark: string): Promise<Buffer> {
    for (;;) {
      const place = this.#bytes.indexOf(mark);
      if (place >= 0) return this.take(place + mark.length);
      if (this.#bytes.length > answerBytesMax) throw this.fault('its answer is too long');
      await this.#more();
    }
  }

  fault(detail: string): LinkError {
    return new LinkError('connect', `the proxy ${this.#where} does not let through: ${detail}`, { blame: 'remote' });
  }

  /** Gives the socket back, with what came behind the answer. */
  end(): void {
    this.#socket.pause();
    this.#socket.off('data', this.#data);
    this.#socket.off('end', this.#ended);
    this.#socket.off('close', this.#ended);
    if (this.#bytes.length > 0 && !this.#socket.destroyed) this.#socket.unshift(this.#bytes);
  }

  #more(): Promise<void> {
    if (this.#isEnded) throw this.fault('it closed the connection');
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
