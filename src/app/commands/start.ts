// `viaduct start`: runs the broker and the bridges of a configuration until it is told to stop. Nothing
// is left running when it fails to start; closing is bounded by `closeMsMax`, for the bridges and once
// more for the broker.
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../../base/errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { cpuMs, keepYoungSmall, returnMemory } from '../../ports/node-heap.ts';
import type { App } from '../app.ts';
import type { RunControl } from '../app-place.ts';
import { runNodeCommand } from '../node-ports.ts';
import { QuietReturn } from '../quiet-return.ts';
import type { ServiceNotify } from '../service-notify.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';

/** How long closing may take, in ms, for the bridges and again for the broker. */
const closeMsMax = 5000;

/** The command. */
export const start: Command = {
  name: 'start',
  help: `Usage: viaduct start --config FILE

  -c, --config FILE   HOCON (or JSON), with the key names of EMQX Edge

Signals: SIGTERM and SIGINT send what waits, tell the devices and end, within
${(2 * closeMsMax) / 1000} seconds; a second one ends at once. SIGHUP reads the configuration again and takes
over users, access rules, listeners and bridges.

Exit codes: 0 ended in order, 1 failed (a port in use), 2 wrong usage, 78 wrong configuration.`,
  run: async (args, io) => {
    const { config: path, help } = flagsOf(args);
    if (help) {
      io.write(`${start.help}\n`);
      return ExitCode.done;
    }
    if (path === undefined) throw new UsageError('FLAG', 'a configuration is needed: --config FILE');
    const { ports, environment, hostname } = io;
    const load = async (): Promise<LoadedConfig> => {
      const { loadConfig } = await import('../../config/load.ts');
      return loadConfig({ path, disk: ports.disk, environment, hostname });
    };
    const runs = new Runs(io, load, path);
    io.onReload(() => runs.reload());
    for (let loaded: LoadedConfig | undefined = await load(); loaded; ) loaded = await runs.run(loaded);
    return ExitCode.done;
  },
};

type EndRun = (next: LoadedConfig | undefined) => void;

/** One run after the other: the API may ask for another, with the configuration as it is then. */
class Runs {
  readonly #io: CommandIo;
  readonly #load: () => Promise<LoadedConfig>;
  readonly #path: string;
  #app: App | undefined;

  constructor(io: CommandIo, load: () => Promise<LoadedConfig>, path: string) {
    this.#io = io;
    this.#load = load;
    this.#path = path;
  }

  /** Takes the configuration over as it is now. */
  reload(): void {
    const app = this.#app;
    if (app === undefined) return;
    this.#load().then(
      (loaded) => app.reload(loaded),
      (error: unknown) => app.log.error({ error: messageOf(error) }, 'reload refused: everything stays as it was'),
    );
  }

  /** Runs a configuration until it is to end. Returns that of the next run, if there is one. */
  async run(loaded: LoadedConfig): Promise<LoadedConfig | undefined> {
    const { ports, environment, hostname, isTerminal } = this.#io;
    // what runs is loaded when what reads is done, and V8 uses its room again
    const { App } = await import('../app.ts');
    let end: EndRun = () => undefined;
    const ended = new Promise<LoadedConfig | undefined>((resolve) => {
      end = resolve;
    });
    const onControl = (wanted: RunControl): void => this.#control(wanted, end);
    const place = { isTerminal, hostname, path: this.#path, environment, onControl };
    const app = await App.start(loaded, ports, place);
    this.#app = app;
    const notify = await notifyOf(this.#io, app);
    await notify?.ready();
    keepYoungSmall();
    const returning = new QuietReturn({ clock: ports.clock, cpuMs, giveBack: returnMemory });
    const next = await Promise.race([ended, untilStopped(this.#io, app)]);
    returning.cancel();
    await notify?.stopping();
    await app.close(closeMsMax);
    return this.#io.signal.aborted ? undefined : next;
  }

  /** A configuration that cannot be read ends nothing. */
  #control(wanted: RunControl, end: EndRun): void {
    const app = this.#app;
    app?.log.warn({ wanted }, 'the API wants the program to end');
    const refused = (error: unknown): void =>
      app?.log.error({ error: messageOf(error) }, 'restart refused: everything stays as it was');
    if (wanted === 'stop') end(undefined);
    else this.#load().then(end, refused);
  }
}

function flagsOf(args: readonly string[]): { readonly config: string | undefined; readonly help: boolean } {
  try {
    const options = {
      config: { type: 'string', short: 'c' },
      conf: { type: 'string' },
      help: { type: 'boolean' },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    return { config: values.config ?? values.conf, help: values.help ?? false };
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error), { cause: error });
  }
}

/** Present where systemd wants to be told; loaded only then. */
async function notifyOf({ environment, ports }: CommandIo, { log }: App): Promise<ServiceNotify | undefined> {
  if (environment.NOTIFY_SOCKET === undefined) return undefined;
  const { ServiceNotify } = await import('../service-notify.ts');
  return new ServiceNotify({ clock: ports.clock, log, environment, run: runNodeCommand });
}

async function untilStopped(io: CommandIo, app: App): Promise<undefined> {
  const stopped = new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([stopped, app.broker.closed]);
  return undefined;
}
