// Peers: the brokers that are compared, and how each is started: a fresh process on a free port of loopback for every
// run. What is not installed is left out, and said to be. NanoMQ and FlashMQ take part when NANOMQ_BIN and FLASHMQ_BIN
// name their programs, and the bundle on another Node when NODE24_BIN does. Each is stopped by its own process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, untilListening } from '../test/kit/mosquitto.ts';
import { findProgram } from '../test/kit/parts.ts';
import type { Scenario } from './lib/scenario.ts';

/** What a broker is started for. */
export interface Setting {
  readonly port: number;
  /** A folder of its own, for a configuration. */
  readonly folder: string;
  readonly isTls: boolean;
  /** The broker to which `bench/#` is bridged; undefined for none. */
  readonly remotePort: number | undefined;
  /** Connections of that bridge side by side. */
  readonly lanes: number;
  /** Where dashboard and API are to be served; undefined for neither. */
  readonly httpPort: number | undefined;
  /** See `Scenario`. */
  readonly durability: Scenario['durability'];
}

/** A broker that can be started. */
export interface Peer {
  readonly name: string;
  /** Whether a bridge is configured for it here. Default false. */
  readonly canBridge?: boolean;
  /** Whether it has a dashboard that is played here. Default false. */
  readonly hasDashboard?: boolean;
  /** Whether it can play a scenario; default every one. */
  plays?(scenario: Scenario): boolean;
  /** The program and its arguments. Undefined: not installed. */
  command(setting: Setting): readonly string[] | undefined;
}

/** A broker that runs. */
export interface RunningPeer {
  readonly port: number;
  readonly pid: number;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

function configured(folder: string, lines: readonly string[]): string {
  const path = join(folder, 'broker.conf');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const aedesServer = `
import { Aedes } from 'aedes';
import { createServer } from 'node:net';
const aedes = await Aedes.createBroker();
createServer(aedes.handle).listen(Number(process.argv.at(-1)), '127.0.0.1');
`;

const ownNode = (): string => process.execPath;

const [key, certificate] = [resolve('fixtures/tls/server.key'), resolve('fixtures/tls/server.pem')];

/** A Viaduct whose program Node runs with these arguments; `node`: another one than runs this, if it is named. */
export function viaduct(name: string, program: readonly string[], node: () => string | undefined = ownNode): Peer {
  return {
    name,
    canBridge: true,
    hasDashboard: true,
    command: ({ port, folder, isTls, remotePort, lanes, httpPort, durability }) => {
      const runner = node();
      if (runner === undefined || !existsSync(program.at(-1) ?? '')) return undefined;
      const listener = isTls
        ? `listeners.ssl { bind = "127.0.0.1:${port}", keyfile = "${key}", certfile = "${certificate}" }`
        : `listeners.tcp { bind = "127.0.0.1:${port}" }`;
      const lines = [listener, 'log.level = error'];
      if (durability !== undefined)
        lines.push(`data { dir = "${folder}/data", durability = ${durability}, reserve = 0 }`);
      if (remotePort !== undefined) {
        lines.push(
          'bridges.mqtt.bench {',
          `  server = "mqtt-tcp://127.0.0.1:${remotePort}"`,
          '  proto_ver = 4',
          '  clientid = "bench-bridge"',
          // revisions to compare with may not know it
          ...(lanes > 1 ? [`  max_parallel_processes = ${lanes}`] : []),
          '  forwards = [ { local_topic = "bench/#", remote_topic = "" } ]',
          '}',
        );
      }
      if (httpPort !== undefined) {
        lines.push(`http_server { port = ${httpPort} }`);
        writeFileSync(join(folder, 'broker.conf.users.json'), usersFile());
      }
      return [runner, ...program, 'start', '--config', configured(folder, lines)];
    },
  };
}

/** The password of `admin` at a peer that serves a dashboard. */
export const webPassword = 'correct horse';

/** As after the first start, which alone hashes a password. */
function usersFile(): string {
  const salt = Buffer.alloc(16, 7);
  const key = scryptSync(webPassword, salt, 32, { N: 4096, r: 8, p: 1 });
  const [saltText, keyText] = [salt, key].map((one) => one.toString('base64').replace(/=+$/, ''));
  const hash = `$scrypt$ln=12,r=8,p=1$${saltText}$${keyText}`;
  return JSON.stringify({ users: [{ username: 'admin', role: 'admin', hash, mustChangePassword: false }], keys: [] });
}

const mosquitto: Peer = {
  name: 'mosquitto',
  canBridge: true,
  command: ({ port, folder, isTls, remotePort }) => {
    const program = findProgram('mosquitto');
    if (program === undefined) return undefined;
    // it gives up being root, and could not read the key then
    const lines = ['user root', `listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_queued_messages 0'];
    lines.push(`max_inflight_messages ${remotePort === undefined ? 100 : 0}`);
    if (isTls) lines.push(`keyfile ${key}`, `certfile ${certificate}`);
    if (remotePort !== undefined) {
      lines.push('connection bench', `address 127.0.0.1:${remotePort}`, 'topic bench/# out 2');
      lines.push('bridge_protocol_version mqttv311', 'notifications false', 'restart_timeout 1', 'cleansession false');
    }
    return [program, '-c', configured(folder, lines)];
  },
};

const isPlain = ({ isTls, isBridge }: Scenario): boolean => !isTls && !isBridge;
const isV311 = ({ publisherVersion, subscriberVersion }: Scenario): boolean =>
  publisherVersion === 4 && subscriberVersion === 4;

/** Every peer. */
export const peers: readonly Peer[] = [
  viaduct('viaduct', ['build/src/app/main.js']),
  viaduct('bundle', ['dist/viaduct.cjs']),
  viaduct('bundle24', ['dist/viaduct.cjs'], () => process.env.NODE24_BIN),
  mosquitto,
  {
    name: 'aedes',
    plays: (scenario) => isPlain(scenario) && isV311(scenario),
    command: ({ port }) => [process.execPath, '--input-type=module', '--eval', aedesServer, String(port)],
  },
  {
    name: 'relay',
    plays: (one) => isPlain(one) && isV311(one) && one.qos === 0 && one.publishers === 1,
    command: ({ port }) => [process.execPath, 'build/bench/lib/relay.js', String(port)],
  },
  {
    name: 'nanomq',
    plays: isPlain,
    command: ({ port }) => {
      const program = process.env.NANOMQ_BIN;
      return program ? [program, 'start', '--url', `nmq-tcp://127.0.0.1:${port}`] : undefined;
    },
  },
  {
    name: 'flashmq',
    plays: isPlain,
    command: ({ port, folder }) => {
      const program = process.env.FLASHMQ_BIN;
      const lines = ['allow_anonymous true', 'listen {', '  protocol mqtt', `  port ${port}`, '}'];
      return program ? [program, '--config-file', configured(folder, lines)] : undefined;
    },
  },
];

/** Starts a peer; undefined when it is not installed. `everyMs`: how often it is tried whether it listens. */
export async function startPeer(
  peer: Peer,
  more: Partial<Record<'port' | 'remotePort' | 'lanes' | 'httpPort' | 'everyMs', number | undefined>> &
    Partial<Pick<Scenario, 'isTls' | 'durability'>> = {},
): Promise<RunningPeer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
  const port = more.port ?? (await freePort());
  const { isTls = false, remotePort, lanes = 1, httpPort, durability } = more;
  const setting = { port, folder, isTls, remotePort, lanes, httpPort, durability };
  const [program, ...args] = peer.command(setting) ?? [];
  if (program === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const child = spawn(program, args, { stdio: 'ignore' });
  try {
    await untilListening(port, undefined, more.everyMs);
  } catch (error) {
    await stop(child, folder);
    throw error;
  }
  return { port, pid: child.pid ?? 0, stop: () => stop(child, folder) };
}

/** The Mosquitto behind a bridge, on a port of its own or on this one. */
export function startRemote(port?: number): Promise<RunningPeer | undefined> {
  const remote = {
    ...mosquitto,
    command: (setting: Setting) => mosquitto.command({ ...setting, remotePort: undefined }),
  };
  return startPeer(remote, { port });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const exited = child.exitCode === null ? once(child, 'exit') : undefined;
  child.kill('SIGKILL');
  await exited;
  rmSync(folder, { recursive: true, force: true });
}
