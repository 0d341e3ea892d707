// Homes: where a broker and its bridge run in an end-to-end test: in the process of the test, or as users of devices
// have them: the one-file program in a process of its own, with a configuration. The cases are the same for both; what
// only the process of the test can see of a bridge is looked at there.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { fixturePath } from './fixtures.ts';
import { freePort, untilListening } from './mosquitto.ts';
import { certificate, type RealWorld } from './real-world.ts';

/** A broker at home, with a bridge if one was asked for. */
export interface Edge {
  readonly port: number;
  /** Where it can be seen. */
  readonly bridge: Bridge | undefined;
  /** Whether its bridge is connected now. */
  isLinked(): boolean;
}

/** What a bridge is to do that runs in either home. */
export interface EdgeBridge extends Pick<BridgeSettings, 'forwards' | 'subscriptions' | 'version'> {
  /** Of the remote, on loopback. */
  readonly port: number;
  /** Longest time without an acknowledgement, in ms. Default as the bridge has it. */
  readonly acknowledgeTimeoutMs?: number;
}

/** What an edge is made of. */
export interface EdgeSettings {
  /** Whether its listener has the certificate of the tests. Default false. */
  readonly isTls?: boolean;
  readonly bridge?: EdgeBridge;
}

/** One of the two. */
export interface Home {
  readonly name: string;
  /** An edge that is closed with the world. */
  open(world: RealWorld, settings?: EdgeSettings): Promise<Edge>;
}

const inProcess: Home = {
  name: 'in process',
  open: async (world, { isTls = false, bridge: wanted } = {}) => {
    const near = await world.openBroker({}, isTls ? certificate('server') : undefined);
    if (wanted === undefined) return { port: near.port, bridge: undefined, isLinked: () => false };
    const { port, ...settings } = wanted;
    const bridge = world.openBridge(near, port, { answerTimeoutMs: 1500, ...settings });
    return { port: near.port, bridge, isLinked: () => bridge.status.link.state === 'connected' };
  },
};

const bundled: Home = {
  name: 'the bundle',
  open: async (world, settings = {}) => {
    const program = new BundledProgram(await freePort());
    world.closeLater(() => program.end());
    await program.start(settings);
    return { port: program.port, bridge: undefined, isLinked: () => program.isLinked };
  },
};

/** Both homes. Makes the bundle. */
export function allHomes(): readonly Home[] {
  execFileSync(process.execPath, ['build/src/bundle/bundle.js'], { stdio: 'pipe' });
  return [inProcess, bundled];
}

/** The one-file program with a configuration of its own. */
class BundledProgram {
  readonly port: number;
  /** Whether the last word on the bridge in its log is that it is connected. */
  isLinked = false;
  readonly #folder = mkdtempSync(join(tmpdir(), 'viaduct-home-'));
  #child: ChildProcess | undefined;

  constructor(port: number) {
    this.port = port;
  }

  async start(settings: EdgeSettings): Promise<void> {
    const path = join(this.#folder, 'viaduct.conf');
    writeFileSync(path, `${configurationOf(this.port, settings).join('\n')}\n`);
    const args = ['dist/viaduct.cjs', 'start', '--config', path];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (chunk) => {
      for (const [line] of String(chunk).matchAll(/bridge (?:not )?connected/g)) this.isLinked = !line.includes('not');
    });
    this.#child = child;
    await untilListening(this.port);
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function configurationOf(port: number, { isTls = false, bridge }: EdgeSettings): readonly string[] {
  const [key, chain] = ['server.key', 'server.pem'].map((name) => join(process.cwd(), fixturePath(`tls/${name}`)));
  const listener = isTls
    ? `listeners.ssl { bind = "127.0.0.1:${port}", keyfile = "${key}", certfile = "${chain}" }`
    : `listeners.tcp { bind = "127.0.0.1:${port}" }`;
  const lines = [listener, 'log.level = info'];
  if (bridge === undefined) return lines;
  const { acknowledgeTimeoutMs } = bridge;
  const forwards = (bridge.forwards ?? []).map(
    ({ localTopic, remoteTopic }) => `{ local_topic = ${JSON.stringify(localTopic)}, remote_topic = "${remoteTopic}" }`,
  );
  const subscriptions = (bridge.subscriptions ?? []).map(
    ({ remoteTopic, localTopic, qos = 0 }) =>
      `{ remote_topic = "${remoteTopic}", local_topic = ${JSON.stringify(localTopic)}, qos = ${qos} }`,
  );
  return [
    ...lines,
    'bridges.mqtt.edge {',
    `  server = "mqtt-tcp://127.0.0.1:${bridge.port}"`,
    `  proto_ver = ${bridge.version ?? 4}`,
    '  clientid = "edge"',
    '  clean_start = false',
    '  backoff_max = 500ms',
    ...(acknowledgeTimeoutMs === undefined ? [] : [`  cancel_timeout = ${acknowledgeTimeoutMs}ms`]),
    `  forwards = [ ${forwards.join(', ')} ]`,
    `  subscription = [ ${subscriptions.join(', ')} ]`,
    '}',
  ];
}
