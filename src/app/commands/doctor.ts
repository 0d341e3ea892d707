// `viaduct doctor`: examines the way to the remotes of a configuration, step by step, with the time that each step
// took, and says in plain words what is wrong and what can be done. Nothing of what runs is
// disturbed.
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../../base/errors.ts';
import { describeRemote } from '../../base/remote-address.ts';
import { examine } from '../../bridge/doctor.ts';
import type { DoctorStep } from '../../bridge/doctor-step.ts';
import { loadConfig } from '../../config/load.ts';
import { present } from '../../config/present.ts';
import { bridgeSettingsOf } from '../from-config.ts';
import { runNodeCommand } from '../node-ports.ts';
import { type Command, ExitCode } from './command-io.ts';
import { type Screen, wrapped } from './text-table.ts';

const marks = { ok: '+', warning: '!', failed: 'x' } as const;

/** The command. */
export const doctor: Command = {
  name: 'doctor',
  help: `Usage: viaduct doctor --config FILE [BRIDGE...]

Examines the way to each server of each bridge (default: all): clock, name, address and port, TLS with its
certificate, CONNECT, limits of the remote, permission for each subscription and each forward rule, a message there and
back. It uses a client id of its own and a clean session, so a bridge that runs is not disturbed; what it publishes goes
to topics that end in viaduct-doctor.

  -c, --config FILE   the configuration
      --id ID         connects as this client, default that of the bridge with -doctor behind it; with the bridge's
                      own id it takes the connection of one that runs
      --timeout TIME  for each step, in seconds, default 10
      --json          one JSON object a step

Exit codes: 0 all is well, 1 something failed, 2 wrong usage, 78 wrong configuration.`,
  run: async (args, io) => {
    const { values, positionals } = flagsOf(args);
    if (values.help) {
      io.write(`${doctor.help}\n`);
      return ExitCode.done;
    }
    if (values.config === undefined) throw new UsageError('FLAG', 'a configuration is needed: --config FILE');
    const timeoutMs = Number(values.timeout ?? '10') * 1000;
    if (!(timeoutMs >= 100 && timeoutMs <= 600_000)) {
      throw new UsageError('FLAG', `--timeout ${values.timeout}: expected seconds from 0.1 to 600`);
    }
    const { environment, hostname, ports } = io;
    const loaded = await loadConfig({ path: values.config, disk: ports.disk, environment, hostname });
    const { bridges } = loaded.config;
    const unknown = positionals.find((name) => !bridges.some((bridge) => bridge.name === name));
    if (unknown !== undefined) {
      const known = bridges.map(({ name }) => name).join(', ') || 'none';
      throw new UsageError('FLAG', `there is no bridge '${unknown}'; there are: ${known}`);
    }
    const screen = { isTerminal: io.isTerminal, columns: io.size?.().columns };
    let isWell = true;
    for (const bridge of bridges) {
      if (positionals.length > 0 && !positionals.includes(bridge.name)) continue;
      const settings = bridgeSettingsOf(bridge, loaded.pems, loaded.files[0]);
      for (const remote of [settings.remote, ...(settings.backups ?? [])]) {
        const server = describeRemote(remote);
        if (!values.json) io.write(`${bridge.name}: ${server}\n`);
        const onStep = (step: DoctorStep): void =>
          io.write(values.json ? `${JSON.stringify({ bridge: bridge.name, server, ...step })}\n` : shown(step, screen));
        const asked = { timeoutMs, onStep, runCommand: runNodeCommand, ...present({ clientId: values.id }) };
        const steps = await examine(ports, { ...settings, remote }, asked);
        isWell &&= steps.every(({ state }) => state !== 'failed');
      }
    }
    return isWell ? ExitCode.done : ExitCode.failed;
  },
};

const flags = {
  config: { type: 'string', short: 'c' },
  timeout: { type: 'string' },
  id: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function parsed(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags, allowPositionals: true });
}

function flagsOf(args: readonly string[]): ReturnType<typeof parsed> {
  try {
    return parsed(args);
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error), { cause: error });
  }
}

function shown({ name, state, ms, detail, remedy }: DoctorStep, screen: Screen): string {
  const line = `  ${marks[state]} ${name.padEnd(10)} ${`${Math.round(ms)} ms`.padStart(8)}  ${detail}\n`;
  const advice = remedy === '' ? [] : wrapped(remedy, ' '.repeat(25), screen);
  return `${line}${advice.map((one) => `${one}\n`).join('')}`;
}
