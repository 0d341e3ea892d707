// `viaduct key`: the keys that programs use with the API of a running Viaduct: list them, make one, revoke one. A key
// is told once, when it is made.
// Bounded: one request.
import { UsageError } from '../../base/errors.ts';
import type { ApiKeyView } from '../../http/api-types.ts';
import { apiArguments, apiFlagsHelp, pathWord } from './api-client.ts';
import { type Command, ExitCode } from './command-io.ts';

/** The command. */
export const key: Command = {
  name: 'key',
  help: `Usage: viaduct key list
       viaduct key make NAME viewer|operator|admin
       viaduct key revoke NAME

A key is told once, when it is made. Only admins make and revoke keys.

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${key.help}\n`);
      return ExitCode.done;
    }
    const [verb, name, role] = words;
    if (verb === 'list') {
      const keys = await api.ask<readonly ApiKeyView[]>('GET', '/api-keys');
      if (isJson) io.write(`${JSON.stringify(keys)}\n`);
      else for (const one of keys) io.write(`${lineOf(one)}\n`);
    } else if (verb === 'make') {
      if (name === undefined || role === undefined) throw new UsageError('FLAG', 'a name and a role are needed');
      const made = await api.ask<ApiKeyView>('POST', '/api-keys', { name, role });
      io.write(isJson ? `${JSON.stringify(made)}\n` : `${made.key ?? ''}\n`);
    } else if (verb === 'revoke') {
      await api.ask('DELETE', `/api-keys/${pathWord(name, 'the name of a key')}`);
    } else {
      throw new UsageError('FLAG', 'expected list, make or revoke');
    }
    return ExitCode.done;
  },
};

function lineOf({ name, role, createdAt }: ApiKeyView): string {
  return `${name.padEnd(32)} ${role.padEnd(9)} made ${new Date(createdAt).toISOString().slice(0, 10)}`;
}
