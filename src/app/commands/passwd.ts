// `viaduct passwd`: keeps a file of users with their password hashes, with the flags of
// mosquitto_passwd. The file is replaced as a whole, so that a broker that reads it meanwhile
// sees the old one or the new one.
import { parseArgs } from 'node:util';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { messageOf, StorageError, UsageError } from '../../base/errors.ts';
import type { Disk } from '../../ports/ports.ts';
import { scramTextOf, scryptTextOf } from '../../secrets/password-hash.ts';
import { scramBytesOf } from '../../secrets/scram.ts';
import { SlowHash } from '../../secrets/slow-hash.ts';
import { usernameFault, withoutUser, withUser } from '../../secrets/user-file.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';
import { askSecret } from './secret-prompt.ts';

/** What the command is told. */
interface Request {
  readonly file: string;
  readonly username: string;
  readonly password: string | undefined;
  readonly isNew: boolean;
  readonly isRemoval: boolean;
  readonly isForScram: boolean;
}

/** The command. */
export const passwd: Command = {
  name: 'passwd',
  help: `Usage: viaduct passwd [-c] [--scram] FILE USER
       viaduct passwd [-c] [--scram] -b FILE USER PASSWORD
       viaduct passwd -D FILE USER

Adds a user to a file, or gives one another password; the password is asked for, without showing it on
a terminal, or is the first line of the input. The configuration names the file as auth.password_file;
SIGHUP makes a running broker read it again.

  -c, --create   start a new file; one that is there is replaced
  -b, --batch    the password stands on the command line, where others may see it
  -D, --delete   remove the user
      --scram    store what SCRAM-SHA-256 needs; passwords in CONNECT work as well. Default: scrypt, which
                 is harder to guess from a stolen file, and does not serve for SCRAM`,
  run: async (args, io) => {
    if (args.includes('--help')) {
      io.write(`${passwd.help}\n`);
      return ExitCode.done;
    }
    const request = requestOf(args);
    const before = await textOf(request, io.ports.disk);
    const after = request.isRemoval ? removed(before, request) : await added(before, request, io);
    await io.ports.disk.replaceText(request.file, after);
    return ExitCode.done;
  },
};

function requestOf(args: readonly string[]): Request {
  const { values, positionals } = flagsOf(args);
  const isBatch = values.batch === true;
  const [file, username, password, ...more] = positionals;
  if (file === undefined || username === undefined) throw new UsageError('FLAG', 'a file and a user are needed');
  if (isBatch !== (password !== undefined) || more.length > 0) {
    const what = isBatch ? 'with -b the password stands behind the user' : `'${password}' is one argument too many`;
    throw new UsageError('FLAG', what);
  }
  const fault = usernameFault(username);
  if (fault !== undefined) throw new UsageError('FLAG', `the user name ${fault}`);
  return {
    file,
    username,
    password,
    isNew: values.create === true,
    isRemoval: values.delete === true,
    isForScram: values.scram === true,
  };
}

function flagsOf(args: readonly string[]) {
  try {
    const options = {
      create: { type: 'boolean', short: 'c' },
      batch: { type: 'boolean', short: 'b' },
      delete: { type: 'boolean', short: 'D' },
      scram: { type: 'boolean' },
    } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error), { cause: error });
  }
}

async function textOf({ file, isNew }: Request, disk: Disk): Promise<string> {
  if (isNew) return '';
  try {
    return await disk.readText(file);
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'ERR_STORAGE_ENOENT') throw error;
    throw new UsageError('FLAG', `${file} does not exist; -c makes a new file`, { cause: error });
  }
}

async function added(before: string, request: Request, io: CommandIo): Promise<string> {
  const { username, isForScram } = request;
  const password = request.password ?? (await askSecret(io, `Password of ${username}: `));
  const salt = io.ports.random.bytes(16);
  const slowHash = new SlowHash();
  const passwordHash = isForScram
    ? await scramTextOf(scramBytesOf(password), salt, slowHash)
    : await scryptTextOf(bytesOfText(password), salt, slowHash);
  return withUser(before, { username, passwordHash });
}

function removed(before: string, { file, username }: Request): string {
  const after = withoutUser(before, username);
  if (after === undefined) throw new UsageError('FLAG', `there is no user ${username} in ${file}`);
  return after;
}
