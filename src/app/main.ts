#!/usr/bin/env node
// The command `viaduct`: picks the subcommand, gives it its surroundings, and turns
// errors into one clear line and an exit code: 0 done, 1 failed, 2 wrong usage, 78
// wrong configuration.
import { hostname } from 'node:os';
import { ConfigError, messageOf, UsageError, ViaductError } from '../base/errors.ts';
import { brokerVersion } from '../broker/broker-version.ts';
import { type Command, type CommandIo, ExitCode } from './commands/command-io.ts';
import { nodePorts } from './node-ports.ts';

/** A command that is loaded when it is wanted. */
interface KnownCommand {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  load(): Promise<Command>;
}

const commands: readonly KnownCommand[] = [
  {
    name: 'start',
    summary: 'run the broker and the bridges of a configuration',
    load: async () => (await import('./commands/start.ts')).start,
  },
  {
    name: 'check',
    summary: 'check a configuration',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'map',
    summary: 'try topics on the rules of a configuration',
    load: async () => (await import('./commands/map.ts')).map,
  },
  {
    name: 'passwd',
    summary: 'keep a file of users and their passwords',
    load: async () => (await import('./commands/passwd.ts')).passwd,
  },
  {
    name: 'doctor',
    summary: 'find out why a remote cannot be reached',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'import',
    summary: 'make a configuration out of one of NanoMQ, Mosquitto or HiveMQ Edge',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  { name: 'pub', summary: 'publish messages', load: async () => (await import('./commands/pub.ts')).pub },
  { name: 'sub', summary: 'subscribe and print what comes', load: async () => (await import('./commands/sub.ts')).sub },
  {
    name: 'journal',
    summary: 'look into what is kept on the disk',
    load: async () => (await import('./commands/journal.ts')).journal,
  },
  {
    name: 'status',
    summary: 'what a running Viaduct does, over its API',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'top',
    summary: 'the same, live on the terminal',
    load: async () => (await import('./commands/top.ts')).top,
  },
  {
    name: 'bridge',
    summary: 'look at and change the bridges of a running Viaduct',
    load: async () => (await import('./commands/bridge.ts')).bridge,
  },
  {
    name: 'client',
    summary: 'list devices of a running Viaduct, or disconnect one',
    load: async () => (await import('./commands/client.ts')).client,
  },
  {
    name: 'ledger',
    summary: 'what became of single messages of a bridge',
    load: async () => (await import('./commands/ledger.ts')).ledger,
  },
  {
    name: 'key',
    summary: 'keys of programs for the API of a running Viaduct',
    load: async () => (await import('./commands/key.ts')).key,
  },
  {
    name: 'config',
    summary: 'where the configuration of a running Viaduct comes from, and the way back',
    load: async () => (await import('./commands/config.ts')).config,
  },
  {
    name: 'api',
    summary: 'any endpoint of the API of a running Viaduct',
    load: async () => (await import('./commands/api.ts')).api,
  },
  {
    name: 'demo',
    summary: 'two brokers, a bridge and a pulled plug, in one process',
    load: async () => (await import('./demo/demo.ts')).demo,
  },
];

const help = `viaduct ${brokerVersion}: edge MQTT broker, client and bridge

Usage: viaduct COMMAND [flags]

${commands.map(({ name, summary }) => `  ${name.padEnd(8)}${summary}`).join('\n')}

  viaduct COMMAND --help     what a command takes
  viaduct --version`;

function nodeIo(): CommandIo {
  const abort = new AbortController();
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(ExitCode.failed); // asked twice
    abort.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // whoever reads our output has gone: there is nothing left to say
  process.stdout.on('error', () => process.exit(ExitCode.failed));
  return {
    ports: nodePorts(),
    environment: process.env,
    hostname: hostname(),
    isTerminal: process.stdout.isTTY === true,
    ...(process.stdout.isTTY ? { size: () => ({ columns: process.stdout.columns, rows: process.stdout.rows }) } : {}),
    signal: abort.signal,
    write: (text) => void process.stdout.write(text),
    complain: (line) => void process.stderr.write(`${line}\n`),
    input: process.stdin,
    ...(process.stdin.isTTY
      ? { terminal: { hide: (isHidden: boolean) => void process.stdin.setRawMode(isHidden) } }
      : {}),
    onReload: (reload) => void process.on('SIGHUP', reload),
  };
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const [name = '--help', ...rest] = args;
  if (name === '--version' || name === '-v') {
    io.write(`${brokerVersion}\n`);
    return ExitCode.done;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    io.write(`${help}\n`);
    return args.length === 0 ? ExitCode.usage : ExitCode.done;
  }
  const command = await commands.find((one) => one.name === name)?.load();
  if (command === undefined) {
    io.complain(`viaduct: there is no command '${name}'; viaduct --help lists them`);
    return ExitCode.usage;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    return told(error, command, rest, io);
  }
}

function told(error: unknown, command: Command, args: readonly string[], io: CommandIo): ExitCode {
  if (io.signal.aborted && !(error instanceof ConfigError)) return ExitCode.done;
  if (error instanceof ConfigError) {
    io.complain(error.message);
    return ExitCode.config;
  }
  if (!(error instanceof ViaductError)) throw error;
  if (!args.includes('--quiet')) io.complain(`viaduct ${command.name}: ${messageOf(error)} [${error.code}]`);
  if (!(error instanceof UsageError)) return ExitCode.failed;
  io.complain(`viaduct ${command.name} --help tells how it is used`);
  return ExitCode.usage;
}

// no top-level await: the bundled program is a script
void run(process.argv.slice(2), nodeIo()).then((exitCode) => {
  process.exitCode = exitCode;
  // the input stream would keep the process alive although nobody reads it any more
  process.stdin.unref?.();
});
