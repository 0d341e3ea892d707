// ApiCommand: a command of the CLI that uses the API, run against an API in memory.
// What closes a bridge has its time there; `top` is stopped after one look.
import { type Command, type CommandIo, ExitCode } from '../../src/app/commands/command-io.ts';
import { top } from '../../src/app/commands/top.ts';
import type { OpenHttp } from '../../src/ports/http.ts';
import type { WebKit } from './web.ts';

/** Runs a command against the API of a kit; what it writes, and its exit code where that is not 0. */
export async function runApiCommand(kit: WebKit, command: Command, ...args: readonly string[]): Promise<string> {
  return runOnScreen(kit, undefined, command, args);
}

/** The same on a terminal of so many columns; undefined: on none. */
export async function runOnScreen(
  kit: WebKit,
  columns: number | undefined,
  command: Command,
  args: readonly string[],
): Promise<string> {
  let text = '';
  const abort = new AbortController();
  const http: OpenHttp = async () => ({
    ask: async ({ method, url, headers, body }) => {
      const { pathname, search } = new URL(url);
      const asked = { headers, ...(body === undefined ? {} : { body }) };
      const answering = kit.ask(`${method} ${pathname}${search}`, asked);
      const ms = pathname.endsWith('/test') ? 60_000 : 6000;
      const answer = await (method === 'GET' ? answering : kit.inTime(answering, ms));
      if (command === top) abort.abort();
      return { status: answer.status, body: answer.text };
    },
  });
  const io: CommandIo = {
    ports: kit.world.ports,
    environment: { VIADUCT_TOKEN: kit.token },
    hostname: 'here',
    isTerminal: command === top || columns !== undefined,
    ...(columns === undefined ? {} : { size: () => ({ columns, rows: 24 }) }),
    signal: abort.signal,
    write: (part) => {
      text += part;
    },
    complain: () => undefined,
    input: (async function* () {})(),
    http,
    onReload: () => undefined,
  };
  const code = await command.run(args, io);
  return code === ExitCode.done ? text : `${text}exit ${code}`;
}
