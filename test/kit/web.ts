// WebKit: API and dashboard in memory: a whole app out of a configuration, and the handler that would be served,
// asked as a program or a page would ask, without sockets.

import { setImmediate as immediate } from 'node:timers/promises';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { App } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { AnswerSink, HttpHandler, ServedAnswer } from '../../src/ports/http-server.ts';
import { FaultyDisk } from '../sim/faulty-disk.ts';
import { auditApp } from './audit.ts';
import { Chance } from './chance.ts';
import { MemoryDisk } from './memory-disk.ts';
import { World } from './world.ts';

/** Where the configuration of the tests stands. */
export const configPath = '/etc/viaduct.conf';
/** The password of the user `admin`. */
export const adminPassword = 'correct horse';

/** What a configuration of these tests begins with. */
export const webSection: string = `
listeners.tcp.default { bind = "127.0.0.1:1883" }
http_server { password = "${adminPassword}", hosts = ["gate.example"] }
`;

/** One request, as a test writes it. */
export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  readonly address?: string;
  readonly isEncrypted?: boolean;
}

/** What came back. */
export interface Answered {
  readonly status: number;
  readonly headers: ServedAnswer['headers'];
  /** Of JSON. */
  readonly body: unknown;
  readonly text: string;
  /** Of a stream: what was written since the last call. */
  taken(): string;
  /** The other side goes away. */
  leave(): void;
  /** Whether the stream was ended by the server. */
  isEnded(): boolean;
}

/** An app with an API, in memory. */
export class WebKit {
  readonly world: World;
  readonly disk: MemoryDisk;
  readonly app: App;
  readonly #handler: HttpHandler;
  /** Of whoever logged in last. */
  token = '';

  private constructor(world: World, disk: MemoryDisk, app: App, handler: HttpHandler) {
    this.world = world;
    this.disk = disk;
    this.app = app;
    this.#handler = handler;
  }

  /** Starts one. */
  static async start(config: string = webSection, files: Readonly<Record<string, string>> = {}): Promise<WebKit> {
    const world = new World();
    const hasJournal = config.includes('data.dir');
    const journal = hasJournal ? new FaultyDisk(new Chance(1)) : undefined;
    const disk = new MemoryDisk({ [configPath]: config, ...files }, journal);
    const ports = { ...world.ports, disk };
    let handler: HttpHandler | undefined;
    const place = {
      isTerminal: false,
      hostname: 'gateway',
      path: configPath,
      environment: {},
      log: world.log,
      serve: async (_options: unknown, own: HttpHandler) => {
        handler = own;
        return { port: 8081, close: async () => undefined };
      },
    };
    const loaded = await loadConfig({ path: configPath, disk, environment: {}, hostname: 'gateway' });
    const app = await turned(world, App.start(loaded, ports, place), hasJournal);
    if (handler === undefined) throw new Error('nothing was served');
    auditApp(app);
    return new WebKit(world, disk, app, handler);
  }

  /** Logs in; later requests carry the token. */
  async login(username = 'admin', password: string = adminPassword): Promise<Answered> {
    const answer = await this.ask('POST /api/v1/login', { body: { username, password, isCookieWanted: false } });
    const { body } = answer;
    if (typeof body === 'object' && body !== null && 'token' in body) this.token = String(body.token);
    return answer;
  }

  /** Asks as whoever logged in last: `GET /api/v1/status`. */
  call(line: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.ask(line, { headers: { authorization: `Bearer ${this.token}`, ...headers }, body });
  }

  /** The same for what closes a bridge, which takes its time. */
  async change(line: string, body?: unknown): Promise<Answered> {
    return this.inTime(this.call(line, body), 6000);
  }

  /**
   * Lets so much time pass, in ms, and then more for as long as it takes: parts that are loaded first, and passwords,
   * take turns of the process, before the time begins that closing a bridge is given.
   */
  inTime<Result>(promise: Promise<Result>, ms: number): Promise<Result> {
    return this.world.clock.advance(ms).then(() => turned(this.world, promise, true));
  }

  /** Asks as anybody. */
  async ask(
    line: string,
    { headers = {}, body, address = '127.0.0.1', isEncrypted = false }: Asked,
  ): Promise<Answered> {
    const [method = '', url = ''] = line.split(' ');
    const [path = '', query = ''] = url.split('?');
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const gone = new AbortController();
    const answer = await this.#handler({
      method,
      path,
      query: new URLSearchParams(query),
      headers: { host: 'localhost:8081', ...type, ...headers },
      remoteAddress: address,
      isEncrypted,
      signal: gone.signal,
      readBody: async (bytesMax) => (bytesOfText(text ?? '').length > bytesMax ? undefined : (text ?? '')),
    });
    return answered(answer, gone);
  }

  /** Closes everything. */
  async close(): Promise<void> {
    await this.inTime(this.app.close(100), 1000);
  }
}

/** What takes time on the disk needs turns of the clock; parts that are loaded first need those of the process. */
async function turned<Result>(world: World, promise: Promise<Result>, isSlow: boolean): Promise<Result> {
  let isDone = !isSlow;
  const end = (): void => {
    isDone = true;
  };
  promise.then(end, end);
  while (!isDone) {
    await immediate();
    await world.clock.advance(10);
  }
  return promise;
}

function answered({ status, headers, body }: ServedAnswer, gone: AbortController): Answered {
  if (typeof body === 'function') {
    const sink = new MemorySink();
    const stream = body(sink);
    gone.signal.addEventListener('abort', () => stream.stopped(), { once: true });
    const taken = (): string => sink.parts.splice(0).join('');
    return {
      status,
      headers,
      body: undefined,
      text: '',
      taken,
      leave: () => gone.abort(),
      isEnded: () => sink.isEnded,
    };
  }
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  const isJson = String(headers['content-type'] ?? '').includes('json') && text !== '';
  const parsed: unknown = isJson && !text.includes('\n{') ? JSON.parse(text) : undefined;
  return { status, headers, body: parsed, text, taken: () => '', leave: () => gone.abort(), isEnded: () => true };
}

/** Takes everything, and can be told to be slow. */
class MemorySink implements AnswerSink {
  readonly parts: string[] = [];
  isEnded = false;

  write(text: string): boolean {
    this.parts.push(text);
    return true;
  }

  onDrained(): void {}

  end(): void {
    this.isEnded = true;
  }
}
