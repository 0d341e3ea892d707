// `viaduct import`: somebody else's configuration in our words. The configuration goes to standard output (or a file),
// the report to standard error: line by line what was kept, what means something else here, and what was not carried
// and why.
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../../base/errors.ts';
import { importHivemq } from '../../import/import-hivemq.ts';
import { importMosquitto } from '../../import/import-mosquitto.ts';
import { importNanomq } from '../../import/import-nanomq.ts';
import { type ImportLine, ImportReport } from '../../import/import-report.ts';
import { ImportedTree } from '../../import/imported-tree.ts';
import { settleImport } from '../../import/settle-import.ts';
import { writeHocon } from '../../import/write-hocon.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';

type Form = 'nanomq' | 'mosquitto' | 'hivemq-edge';

/** The command. */
export const importCommand: Command = {
  name: 'import',
  help: `Usage: viaduct import nanomq|mosquitto|hivemq-edge FILE

Makes a configuration of ours out of one of NanoMQ or EMQX Edge (both forms), Mosquitto, or HiveMQ Edge. It is printed,
or written to a file; a report says of each line what became of it.

  -o, --output FILE   write the configuration there; a file that exists is not touched
  -q, --quiet         report only what changed or was not carried
      --json          the report as one JSON object a line

Exit codes: 0 everything was carried, 1 something was not, 2 wrong usage, 78 the file cannot be read.`,
  run: async (args, io) => {
    const { values, positionals } = flagsOf(args);
    if (values.help) {
      io.write(`${importCommand.help}\n`);
      return ExitCode.done;
    }
    const [form, path, another] = positionals;
    if (!isForm(form) || path === undefined || another !== undefined) {
      throw new UsageError('FLAG', 'expected nanomq, mosquitto or hivemq-edge, and a file');
    }
    const tree = new ImportedTree();
    const report = new ImportReport();
    read(form, { text: await io.ports.disk.readText(path), path }, { tree, report }, io);
    settleImport(tree, report);
    const text = `# made from ${path} by viaduct import\n\n${writeHocon(tree)}`;
    if (values.output === undefined) io.write(text);
    else await writeNew(io, values.output, text);
    const lines = report.lines.filter(({ outcome }) => values.quiet !== true || outcome !== 'kept');
    for (const line of lines) io.complain(values.json ? JSON.stringify(line) : shown(line));
    if (!values.json) io.complain(sumOf(report.lines));
    return report.lines.some(({ outcome }) => outcome === 'dropped') ? ExitCode.failed : ExitCode.done;
  },
};

const flags = {
  output: { type: 'string', short: 'o' },
  quiet: { type: 'boolean', short: 'q' },
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

function isForm(text: string | undefined): text is Form {
  return text === 'nanomq' || text === 'mosquitto' || text === 'hivemq-edge';
}

function read(
  form: Form,
  { text, path }: { readonly text: string; readonly path: string },
  { tree, report }: { readonly tree: ImportedTree; readonly report: ImportReport },
  io: CommandIo,
): void {
  switch (form) {
    case 'nanomq':
      importNanomq(text, tree, report, { file: path, environment: io.environment });
      return;
    case 'mosquitto':
      importMosquitto(text, tree, report);
      return;
    case 'hivemq-edge':
      importHivemq(text, tree, report, path);
      return;
    default: {
      const never: never = form;
      throw new UsageError('FLAG', `unknown form ${String(never)}`);
    }
  }
}

async function writeNew(io: CommandIo, path: string, text: string): Promise<void> {
  const isThere = await io.ports.disk.readText(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UsageError('FLAG', `${path} exists; it is not overwritten`);
  await io.ports.disk.replaceText(path, text);
}

const words = { kept: 'kept', changed: 'changed', dropped: 'not carried' } as const;

function shown({ line, text, outcome, why }: ImportLine): string {
  return `${String(line).padStart(5)}  ${words[outcome].padEnd(12)} ${text}${why === '' ? '' : `: ${why}`}`;
}

function sumOf(lines: readonly ImportLine[]): string {
  const count = (outcome: ImportLine['outcome']): number => lines.filter((line) => line.outcome === outcome).length;
  return `${count('kept')} kept, ${count('changed')} changed, ${count('dropped')} not carried`;
}
