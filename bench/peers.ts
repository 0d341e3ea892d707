// Peers: the brokers that are compared, and how each is started: a fresh process on a free port of loopback for every
// run. What is not installed is left out, and said to be. NanoMQ and FlashMQ take part when NANOMQ_BIN and FLASHMQ_BIN
// name their programs. Each is stopped by its own process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilListening } from '../test/kit/mosquitto.ts';
import { findProgram } from '../test/kit/parts.ts';

/** A broker that can be started. */
export interface Peer {
  readonly name: string;
  /** The program and its arguments for a port; `folder` is its own, for a configuration. Undefined: not installed. */
  command(port: number, folder: string): readonly string[] | undefined;
}

/** A broker that runs. */
export interface RunningPeer {
  readonly port: number;
  readonly pid: number;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

function configured(folder: string, text: string): string {
  const path = join(folder, 'broker.conf');
  writeFileSync(path, text);
  return path;
}

const aedesServer = `
import { Aedes } from 'aedes';
import { createServer } from 'node:net';
const aedes = await Aedes.createBroker();
createServer(aedes.handle).listen(Number(process.argv.at(-1)), '127.0.0.1');
`;

/** Every peer. */
export const peers: readonly Peer[] = [
  {
    name: 'viaduct',
    command: (port, folder) => [
      process.execPath,
      'build/src/app/main.js',
      'start',
      '--config',
      configured(folder, `listeners.tcp { bind = "127.0.0.1:${port}" }\nlog.level = error\n`),
    ],
  },
  {
    name: 'mosquitto',
    command: (port, folder) => {
      const program = findProgram('mosquitto');
      const lines = [
        `listener ${port} 127.0.0.1`,
        'allow_anonymous true',
        'max_queued_messages 0',
        'max_inflight_messages 100',
      ];
      if (program === undefined) return undefined;
      return [program, '-c', configured(folder, `${lines.join('\n')}\n`)];
    },
  },
  {
    name: 'aedes',
    command: (port) => [process.execPath, '--input-type=module', '--eval', aedesServer, String(port)],
  },
  {
    name: 'nanomq',
    command: (port) => {
      const program = process.env.NANOMQ_BIN;
      return program ? [program, 'start', '--url', `nmq-tcp://127.0.0.1:${port}`] : undefined;
    },
  },
  {
    name: 'flashmq',
    command: (port, folder) => {
      const program = process.env.FLASHMQ_BIN;
      const text = `allow_anonymous true\nlisten {\n  protocol mqtt\n  port ${port}\n}\n`;
      return program ? [program, '--config-file', configured(folder, text)] : undefined;
    },
  },
];

/** Starts a peer; undefined when it is not installed. */
export async function startPeer(peer: Peer): Promise<RunningPeer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
  const port = await freePort();
  const [program, ...args] = peer.command(port, folder) ?? [];
  if (program === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const child = spawn(program, args, { stdio: 'ignore' });
  await untilListening(port);
  return { port, pid: child.pid ?? 0, stop: () => stop(child, folder) };
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const exited = child.exitCode === null ? once(child, 'exit') : undefined;
  child.kill('SIGKILL');
  await exited;
  rmSync(folder, { recursive: true, force: true });
}
