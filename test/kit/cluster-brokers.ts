// ClusterBrokers: brokers that people grow into, as child processes with ports and directories of their own: one node
// of RabbitMQ with its MQTT plugin, and a NATS server with MQTT over JetStream. Nothing of the system's own services is
// touched, and nothing stays: every process is ended by its id, and its directory removed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilListening } from './mosquitto.ts';
import { findProgram } from './parts.ts';

/** How long a broker may take to listen, in ms: Erlang takes its time on a busy machine. */
const startMsMax = 100_000;

/** A program with what it is started with. */
interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The port on which it says that it is there; the next one is started then. */
  readonly port: number;
}

/** One broker of others, with the programs that it is made of. */
export class ClusterBroker {
  /** Of its MQTT listener, on loopback. */
  readonly port: number;
  readonly #folder: string;
  readonly #programs: readonly Program[];
  #children: ChildProcess[] = [];

  private constructor(port: number, folder: string, programs: readonly Program[]) {
    this.port = port;
    this.#folder = folder;
    this.#programs = programs;
  }

  /** A node of RabbitMQ, with an `epmd` of its own. */
  static async startRabbit(): Promise<ClusterBroker> {
    const [port, distribution, mapper] = [await freePort(), await freePort(), await freePort()];
    const folder = mkdtempSync(join(tmpdir(), 'viaduct-rabbit-'));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const settings = [
      'listeners.tcp = none',
      `mqtt.listeners.tcp.1 = 127.0.0.1:${port}`,
      'mqtt.allow_anonymous = true',
      // of each connection; the default would hold back lanes on a long line
      'mqtt.prefetch = 1000',
    ];
    const environment = {
      HOME: folder,
      ERL_EPMD_PORT: String(mapper),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `viaduct-${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_CONF_ENV_FILE: file('environment', ''),
      RABBITMQ_ENABLED_PLUGINS_FILE: file('plugins', '[rabbitmq_mqtt].\n'),
      RABBITMQ_CONFIG_FILE: file('rabbit.conf', `${settings.join('\n')}\n`),
      RABBITMQ_ERLANG_COOKIE: 'viaduct',
      // without it a shell would stand before the node, which would outlive that
      RUNNING_UNDER_SYSTEMD: 'true',
    };
    const path = findProgram('epmd') ?? '';
    const names = { path, args: ['-port', String(mapper), '-address', '127.0.0.1'], environment, port: mapper };
    // the one on the path would change to another user
    const node = { path: '/usr/lib/rabbitmq/bin/rabbitmq-server', args: [], environment, port };
    return ClusterBroker.#start(port, folder, [names, node]);
  }

  /** A NATS server whose streams are in files. */
  static async startNats(): Promise<ClusterBroker> {
    const [port, own] = [await freePort(), await freePort()];
    const folder = mkdtempSync(join(tmpdir(), 'viaduct-nats-'));
    const configPath = join(folder, 'nats.conf');
    const mqtt = `mqtt { host: 127.0.0.1, port: ${port}, max_ack_pending: 1000 }`;
    const lines = ['server_name: viaduct', `listen: 127.0.0.1:${own}`, `jetstream { store_dir: "${folder}" }`, mqtt];
    writeFileSync(configPath, `${lines.join('\n')}\n`);
    const program = { path: findProgram('nats-server') ?? '', args: ['-c', configPath], environment: {}, port };
    return ClusterBroker.#start(port, folder, [program]);
  }

  static async #start(port: number, folder: string, programs: readonly Program[]): Promise<ClusterBroker> {
    const broker = new ClusterBroker(port, folder, programs);
    try {
      await broker.start();
    } catch (error) {
      await broker.dispose();
      throw error;
    }
    return broker;
  }

  /** Starts it, again after `kill`: what it had on its disk it has. */
  async start(): Promise<void> {
    this.#children = [];
    for (const { path, args, environment, port } of this.#programs) {
      const child = spawn(path, [...args], { stdio: 'ignore', env: { ...process.env, ...environment } });
      this.#children.push(child);
      const early = once(child, 'exit').then(([code, signal]) => {
        throw new Error(`${path} ended with ${code ?? signal} before it listened on port ${port}`);
      });
      await Promise.race([untilListening(port, startMsMax), early]);
      early.catch(() => undefined); // from now on it may end
    }
  }

  /** Kills its processes. */
  async kill(): Promise<void> {
    for (const child of [...this.#children].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }

  /** Kills it and removes its directory. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
