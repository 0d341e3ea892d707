// `viaduct api`: any endpoint of the API of a running Viaduct: users, rights, retained messages, certificates, the
// audit log and all else that has no command of its own. What it answers is printed as it is.
// Bounded: one request; streams of events, which have no end, are not for it.
import { UsageError } from '../../base/errors.ts';
import { type ApiClient, apiArguments, apiFlagsHelp } from './api-client.ts';
import { type Command, ExitCode } from './command-io.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The command. */
export const api: Command = {
  name: 'api',
  help: `Usage: viaduct api list [PART]                    the endpoints, with the role that each asks for
       viaduct api METHOD PATH [BODY]             viaduct api GET '/audit?limit=10'
                                                  viaduct api PUT /acl '{"rules":[],"noMatch":"deny"}'

PATH stands below /api/v1, BODY is JSON.

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api: client } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${api.help}\n`);
      return ExitCode.done;
    }
    const [verb = '', path = '', body] = words;
    if (verb === 'list') {
      for (const line of await endpointLines(client, path)) io.write(`${line}\n`);
      return ExitCode.done;
    }
    const method = methods.find((one) => one === verb.toUpperCase());
    if (method === undefined) throw new UsageError('FLAG', `expected list, or one of ${methods.join(', ')}`);
    const answer = await client.text(method, placeOf(path), body === undefined ? undefined : jsonOf(body));
    if (answer !== '') io.write(`${isJson ? answer : laidOut(answer)}\n`);
    return ExitCode.done;
  },
};

function placeOf(path: string): string {
  if (!path.startsWith('/')) throw new UsageError('FLAG', `${path}: expected a path, as /bridges`);
  if (/^\/(?:live|tap)(?:$|\?)/.test(path)) throw new UsageError('FLAG', `${path} has no end: see viaduct top and sub`);
  return path;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError('FLAG', `the body is no JSON: ${text.slice(0, 100)}`, { cause: error });
  }
}

/** JSON for people; what is none, as lines of a log, as it is. */
function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text.trimEnd();
  }
}

interface Operation {
  readonly summary?: string;
  readonly 'x-role'?: string;
}

async function endpointLines(client: ApiClient, part: string): Promise<readonly string[]> {
  type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const { paths } = await client.ask<{ readonly paths: Paths }>('GET', '/openapi.json');
  const found = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary = '', 'x-role': role = '' }]) => ({
      call: `${method.toUpperCase()} ${path}`,
      role,
      summary,
    })),
  );
  const wanted = found.filter(({ call, summary }) => `${call} ${summary}`.toLowerCase().includes(part.toLowerCase()));
  const width = Math.max(0, ...wanted.map(({ call }) => call.length));
  return wanted.map(({ call, role, summary }) => `${call.padEnd(width)}  ${role.padEnd(8)}  ${summary}`);
}
