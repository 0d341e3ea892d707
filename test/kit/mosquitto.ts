// Mosquitto: the real remote of the end-to-end tests, as a child process on a free port of loopback, with its own
// directory. It can be killed, frozen, thawed and started again on the same port with the same persistence.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './parts.ts';

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Waits until somebody accepts on a port of loopback, looks each `everyMs`, and gives up after `timeoutMs`. */
export async function untilListening(port: number, timeoutMs = 10_000, everyMs = 20): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`nobody listens on port ${port}`);
}

/** One mosquitto. */
export class Mosquitto {
  readonly port: number;
  readonly #folder: string;
  readonly #configPath: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, lines: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#configPath = join(folder, 'mosquitto.conf');
    writeFileSync(this.#configPath, `${lines.join('\n')}\n`);
  }

  /** Starts one; `more` are further lines of its configuration, for its only listener. */
  static async start(more: readonly string[] = []): Promise<Mosquitto> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'viaduct-mosquitto-'));
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'max_queued_messages 0',
      // with a bound of its own it reorders what a subscriber gets when QoS 1 and 2 are mixed
      'max_inflight_messages 0',
      'autosave_interval 1',
      'persistence true',
      `persistence_location ${folder}/`,
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      ...more,
    ];
    const mosquitto = new Mosquitto(port, folder, lines);
    await mosquitto.restart();
    return mosquitto;
  }

  /** Whether it has written its state to its file after a moment, in ms since 1970. */
  hasSavedSince(wallMs: number): boolean {
    const file = join(this.#folder, 'mosquitto.db');
    return existsSync(file) && statSync(file).mtimeMs > wallMs;
  }

  /** Starts it again after `stop` or `kill`. */
  async restart(): Promise<void> {
    const program = findProgram('mosquitto');
    if (program === undefined) throw new Error('mosquitto is not installed');
    this.#child = spawn(program, ['-c', this.#configPath], { stdio: 'ignore' });
    await untilListening(this.port);
  }

  /** Ends it in order: it saves what it has. */
  async stop(): Promise<void> {
    await this.#signal('SIGTERM', true);
  }

  /** Kills it. */
  async kill(): Promise<void> {
    await this.#signal('SIGKILL', true);
  }

  /** Freezes it: its sockets stay open and nobody answers. */
  async freeze(): Promise<void> {
    await this.#signal('SIGSTOP', false);
  }

  /** Lets it go on. */
  async thaw(): Promise<void> {
    await this.#signal('SIGCONT', false);
  }

  /** Ends it and removes its directory. */
  async dispose(): Promise<void> {
    if (this.#child !== undefined) {
      await this.thaw();
      await this.kill();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #signal(signal: NodeJS.Signals, isEnd: boolean): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const gone = isEnd ? once(child, 'exit') : undefined;
    child.kill(signal);
    await gone;
    if (isEnd) this.#child = undefined;
  }
}
