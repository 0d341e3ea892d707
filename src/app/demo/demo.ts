// `viaduct demo`: shows in a quarter of a minute what Viaduct is for. Sensors publish to an edge broker,
// a bridge carries it all to a second broker, the cable is pulled and plugged in again, and the books
// are opened at the end.
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../../base/errors.ts';
import { type Command, type CommandIo, ExitCode } from '../commands/command-io.ts';
import type { Account } from './ledger.ts';
import { renderAccount, renderBlock, renderLine, type Snapshot } from './view.ts';
import { DemoWorld } from './world.ts';

/** The command. */
export const demo: Command = {
  name: 'demo',
  help: `Usage: viaduct demo [--forever]

Starts an edge broker and a "cloud" broker on free ports of this machine, a bridge between them with two
forward rules and one subscription rule, and five sensors that speak MQTT 3.1, 3.1.1 and 5.0. After four
seconds the bridge's cable is pulled for four seconds while the sensors go on. At the end stands an account
of what was published and what arrived.

      --forever   go on, with a pulled plug now and then, until Ctrl-C

Exit codes: 0 the account is clean, 1 something was lost, doubled at QoS 2 or out of order, 2 wrong usage.`,
  run: async (args, io) => {
    const { forever, help } = flagsOf(args);
    if (help) {
      io.write(`${demo.help}\n`);
      return ExitCode.done;
    }
    const world = await DemoWorld.open(io.ports);
    const show = new Show(world, io);
    try {
      await show.run(forever);
    } finally {
      await world.close();
    }
    return show.tellAccount() ? ExitCode.done : ExitCode.failed;
  },
};

function flagsOf(args: readonly string[]): { readonly forever: boolean; readonly help: boolean } {
  try {
    const options = { forever: { type: 'boolean' }, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    return { forever: values.forever ?? false, help: values.help ?? false };
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error), { cause: error });
  }
}

const linkedMs = 4000;
const pulledMs = 4000;
const settleMsMax = 30_000;

/** The course of the demo, and what is shown of it. */
class Show {
  readonly #world: DemoWorld;
  readonly #io: CommandIo;
  #startedAt = 0;
  #phase = '';
  #peakDepth = 1;
  #blockLines = 0;
  /** Counts of the last second, to make rates of. */
  readonly #samples: { readonly at: number; readonly counts: readonly number[] }[] = [];

  constructor(world: DemoWorld, io: CommandIo) {
    this.#world = world;
    this.#io = io;
  }

  async run(isForever: boolean): Promise<void> {
    const { edgePort, cloudPort } = this.#world;
    this.#io.write(`
  edge broker   mqtt://127.0.0.1:${edgePort}     try: viaduct sub -v -t '#' -p ${edgePort}
  cloud broker  mqtt://127.0.0.1:${cloudPort}     try: viaduct sub -v -t '#' -p ${cloudPort}
  bridge plant7 sensors/# -> plant7/sensors/#   alarms/# -> plant7/alarms/#   commands/# <- plant7/commands/#
`);
    this.#startedAt = this.#io.ports.clock.now();
    this.#world.start();
    do {
      await this.#watch('everything is connected', linkedMs);
      this.#world.plug.pull();
      await this.#watch('the plug is pulled; sensors go on', pulledMs);
      this.#world.plug.restore();
      await this.#watch('plugged in again', linkedMs);
    } while (isForever && !this.#io.signal.aborted);
    this.#world.stop();
    const end = this.#io.ports.clock.now() + settleMsMax;
    while (!this.#world.isSettled && this.#io.ports.clock.now() < end) {
      await this.#watch('sensors are done; the rest is on its way', 250);
    }
    await this.#watch('done', 250);
  }

  /** Prints the account. Returns whether it is clean. */
  tellAccount(): boolean {
    const { readings, alarms, commands } = this.#world;
    const rows = [
      ['readings, QoS 1, to the cloud', readings.account],
      ['alarms, QoS 2, to the cloud', alarms.account],
      ['commands, QoS 1, to the edge', commands.account],
    ] as const;
    this.#io.write(`\n${renderAccount(rows).join('\n')}\n\n`);
    const isClean = rows.every(([, { lost, reordered }]) => lost === 0 && reordered === 0);
    const isExact = alarms.account.duplicates === 0;
    const verdict =
      isClean && isExact
        ? 'Nothing lost, nothing out of order, QoS 2 exactly once.'
        : 'The account is not clean: this is a defect of Viaduct.';
    this.#io.write(`  ${verdict}\n`);
    if (rows.some(([, { duplicates }]) => duplicates > 0) && isExact) {
      this.#io.write('  (QoS 1 promises at least once: what was underway when the plug was pulled may come twice.)\n');
    }
    this.#io.write('\n');
    return isClean && isExact;
  }

  async #watch(phase: string, forMs: number): Promise<void> {
    this.#phase = phase;
    const stepMs = this.#io.isTerminal ? 100 : 1000;
    const { clock } = this.#io.ports;
    const end = clock.now() + forMs;
    while (clock.now() < end && !this.#io.signal.aborted) {
      await this.#pause(Math.min(stepMs, Math.max(1, end - clock.now())));
      this.#draw();
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal, ports } = this.#io;
      const done = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = ports.clock.schedule(delayMs, done);
      signal.addEventListener('abort', done);
    });
  }

  #draw(): void {
    const snapshot = this.#snapshot();
    this.#peakDepth = Math.max(this.#peakDepth, snapshot.queueDepth);
    if (!this.#io.isTerminal) {
      this.#io.write(`${renderLine(snapshot)}\n`);
      return;
    }
    const lines = renderBlock(snapshot, this.#peakDepth);
    const up = this.#blockLines > 0 ? `\u001b[${this.#blockLines}A` : '';
    this.#io.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    this.#blockLines = lines.length;
  }

  #snapshot(): Snapshot {
    const world = this.#world;
    const now = this.#io.ports.clock.now();
    const [edgeRate = 0, cloudRate = 0, commandRate = 0] = this.#rates(now);
    const link = world.bridge?.link;
    const retryInMs = link?.state === 'waiting' ? Math.max(0, link.retryAt - now) : 0;
    return {
      seconds: (now - this.#startedAt) / 1000,
      phase: this.#phase,
      isLinkUp: link?.state === 'connected',
      link: link?.state === 'waiting' ? `waiting, next try in ${(retryInMs / 1000).toFixed(1)} s` : (link?.state ?? ''),
      edgeRate,
      cloudRate,
      commandRate,
      queueDepth: world.bridge?.queueDepth ?? 0,
      account: sumOf(world.readings.account, world.alarms.account),
    };
  }

  /** Messages a second over the last second. */
  #rates(now: number): readonly number[] {
    const { published, arrived, commanded } = this.#world;
    const counts = [published.value, arrived.value, commanded.value];
    this.#samples.push({ at: now, counts });
    while (this.#samples.length > 2 && now - (this.#samples[1]?.at ?? now) >= 1000) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || now - first.at < 1) return [0, 0, 0];
    return counts.map((count, index) => Math.round(((count - (first.counts[index] ?? 0)) * 1000) / (now - first.at)));
  }
}

function sumOf(one: Account, other: Account): Account {
  return {
    published: one.published + other.published,
    delivered: one.delivered + other.delivered,
    duplicates: one.duplicates + other.duplicates,
    lost: one.lost + other.lost,
    reordered: one.reordered + other.reordered,
  };
}
