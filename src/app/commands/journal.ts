// `viaduct journal`: looks into a journal, checks it, makes it small, writes out what it holds. Only
// `compact` changes anything, and it refuses while a process uses the journal; the others read beside
// one.

import { parseArgs } from 'node:util';
import type { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { messageOf, StorageError, UsageError } from '../../base/errors.ts';
import { Journal } from '../../journal/journal.ts';
import type { Damage, JournalListener } from '../../journal/journal-status.ts';
import { quarantineName } from '../../journal/quarantine.ts';
import { type StoredStream, surveyJournal } from '../../journal/survey.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';
import { exportedLines } from './journal-export.ts';
import { readJournalKey } from './journal-key.ts';
import { bytesText, counted } from './text-table.ts';

const flags = {
  json: { type: 'boolean' },
  key: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The command. */
export const journal: Command = {
  name: 'journal',
  help: `Usage: viaduct journal (inspect | verify | compact | export) DIRECTORY [flags]

  inspect     segments and streams: what is kept, and how much room it takes
  verify      reads every record; tells damaged ones with file and offset
  compact     moves what is needed to new segments and frees the rest; not while a process uses it
  export      writes out every message as a line of JSON

Flags:
      --json                    for programs
      --key FILE                64 hexadecimal digits; default: those in VIADUCT_JOURNAL_KEY

Exit codes: 0 done, 1 damaged or not readable, 2 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parse(args);
    if (values.help === true) {
      io.write(`${journal.help}\n`);
      return ExitCode.done;
    }
    const [action, directory, another] = positionals;
    if (directory === undefined || another !== undefined) throw new UsageError('FLAG', 'an action and one directory');
    const key = await readJournalKey(io, values.key);
    const terms = { directory, isJson: values.json === true, ...(key === undefined ? {} : { key }) };
    await findJournal(io, directory);
    switch (action) {
      case 'inspect':
        return inspect(io, terms);
      case 'verify':
        return verify(io, terms);
      case 'compact':
        return compact(io, terms);
      case 'export':
        return exportAll(io, terms);
      default:
        throw new UsageError('FLAG', `there is no action '${action}'`);
    }
  },
};

interface Terms {
  readonly directory: string;
  readonly isJson: boolean;
  readonly key?: ReturnType<typeof bytesOfText>;
}

function parse(args: readonly string[]): {
  values: { json?: boolean; key?: string; help?: boolean };
  positionals: string[];
} {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error), { cause: error });
  }
}

/** A directory that is mistyped must not look like a journal without messages, let alone be made. */
async function findJournal(io: CommandIo, directory: string): Promise<void> {
  const entries = await io.ports.disk.list(directory);
  if (entries.some(({ name }) => name.endsWith('.seg') || name === 'lock')) return;
  const expected = 'expected the directory that `data.dir` names, with files like 0000000001.seg';
  throw new StorageError('NO_JOURNAL', directory, `${directory}: there is no journal; ${expected}`);
}

async function exportAll(io: CommandIo, terms: Terms): Promise<ExitCode> {
  let damaged = 0;
  for await (const line of exportedLines(io.ports, terms, { damaged: () => void damaged++ })) io.write(`${line}\n`);
  if (damaged === 0) return ExitCode.done;
  io.complain(`${counted(damaged, 'damaged place')} left out: viaduct journal verify ${terms.directory}`);
  return ExitCode.failed;
}

async function inspect(io: CommandIo, terms: Terms): Promise<ExitCode> {
  const survey = await surveyJournal(io.ports.disk, terms, progressOf(io));
  if (terms.isJson) {
    io.write(`${JSON.stringify(survey)}\n`);
    return ExitCode.done;
  }
  const { segments, streams, damage } = survey;
  const encrypted = segments.some(({ isEncrypted }) => isEncrypted) ? ', encrypted' : '';
  const size = `${counted(segments.length, 'segment')}, ${bytesText(survey.bytes)}`;
  io.write(`${terms.directory}: ${size}, of which ${shareOf(survey)} is needed${encrypted}\n`);
  for (const { name, bytes, liveBytes } of segments) {
    const share = bytes === 0 ? 0 : liveBytes / bytes;
    io.write(`  ${name}  ${bytesText(bytes).padStart(9)}  ${barOf(share)} ${Math.round(share * 100)}%\n`);
  }
  const width = Math.max(6, ...streams.map(({ name }) => name.length));
  if (streams.length > 0)
    io.write(`\n  ${'stream'.padEnd(width)}  ${'kind'.padEnd(8)}  ${'count'.padStart(9)}  ${'bytes'.padStart(9)}\n`);
  for (const stream of streams) io.write(`  ${rowOf(stream, width)}\n`);
  if (damage.length > 0)
    io.write(`\n  ${counted(damage.length, 'damaged place')}: viaduct journal verify ${terms.directory}\n`);
  if (survey.aside > 0) io.write(`\n  ${asideOf(survey.aside, terms.directory)}\n`);
  return ExitCode.done;
}

async function verify(io: CommandIo, terms: Terms): Promise<ExitCode> {
  const survey = await surveyJournal(io.ports.disk, terms, progressOf(io));
  const { damage, tail } = survey;
  if (terms.isJson)
    io.write(
      `${JSON.stringify({ directory: terms.directory, records: survey.records, damage, aside: survey.aside, tail })}\n`,
    );
  else {
    for (const place of damage) io.write(`${describe(place)}\n`);
    if (tail) io.write(`${describe(tail)}: nobody was promised it\n`);
    const found = damage.length === 0 ? 'no damage' : counted(damage.length, 'damaged place');
    io.write(`${terms.directory}: ${bytesText(survey.bytes)}, ${counted(survey.records, 'record')}, ${found}\n`);
  }
  return damage.length === 0 ? ExitCode.done : ExitCode.failed;
}

async function compact(io: CommandIo, { directory, isJson, key }: Terms): Promise<ExitCode> {
  const settings = { directory, reserveBytes: 0, ...(key === undefined ? {} : { key }) };
  let damaged = 0;
  const listener = { ...progressOf(io), damaged: () => void damaged++ };
  const opened = await Journal.open(io.ports, settings, listener);
  const before = opened.status.bytes;
  await opened.compact();
  const after = opened.status.bytes;
  await opened.close();
  io.write(
    isJson
      ? `${JSON.stringify({ directory, before, after, damaged })}\n`
      : `${directory}: ${bytesText(before)} -> ${bytesText(after)}\n`,
  );
  if (damaged > 0) io.complain(asideOf(damaged, directory));
  return ExitCode.done;
}

/** A line that is written over while a journal is read, on a terminal only. */
function progressOf(io: CommandIo): JournalListener {
  if (!io.isTerminal) return {};
  let percentBefore = -1;
  return {
    progressed: (bytes, total) => {
      const percent = Math.floor((100 * bytes) / Math.max(1, total));
      if (percent === percentBefore || total < 64 * 1024 * 1024) return;
      percentBefore = percent;
      io.write(percent >= 100 ? '\r\u001b[K' : `\rreading ${bytesText(total)}: ${percent}%`);
    },
  };
}

function asideOf(count: number, directory: string): string {
  return `${counted(count, 'damaged record')} aside: ${directory}/${quarantineName}`;
}

function describe({ path, offset, length, detail }: Damage): string {
  return `${path} at ${offset}, ${length} bytes: ${detail}`;
}

function rowOf({ name, kind, count, bytes }: StoredStream, width: number): string {
  return `${name.padEnd(width)}  ${kind.padEnd(8)}  ${String(count).padStart(9)}  ${bytesText(bytes).padStart(9)}`;
}

function shareOf({ bytes, liveBytes }: { readonly bytes: number; readonly liveBytes: number }): string {
  return bytes === 0 ? '0%' : `${Math.round((100 * liveBytes) / bytes)}%`;
}

function barOf(share: number): string {
  const full = Math.round(share * 20);
  return '█'.repeat(full) + '░'.repeat(20 - full);
}
