// ApiClient: the API of a running Viaduct, as commands use it: where it is, what opens it, and refusals as errors
// that say what the API said.
// Bounded: an answer by `answerBytesMax`, a request by `timeoutMs`.
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../../base/errors.ts';
import { HttpRefusal } from '../../http/http-refusal.ts';
import type { Http, HttpRequest } from '../../ports/http.ts';
import { openNodeHttp } from '../node-ports.ts';
import type { CommandIo } from './command-io.ts';

const answerBytesMax = 16 * 1024 * 1024;
const timeoutMs = 120_000;

/** The flags of every command that uses the API, for its help. */
export const apiFlagsHelp = `  --url URL      the API, default http://127.0.0.1:8081, or VIADUCT_URL
  --token TOKEN  a key of POST /api-keys or the token of a login, or VIADUCT_TOKEN
  --json         what the API answers, as it is`;

/** What the arguments of such a command are. */
export interface ApiArguments {
  readonly words: readonly string[];
  readonly isJson: boolean;
  readonly isHelp: boolean;
  readonly api: ApiClient;
}

/** Reads the arguments, and opens the way to the API. Throws UsageError. */
export async function apiArguments(args: readonly string[], io: CommandIo): Promise<ApiArguments> {
  const { values, positionals } = parsed(args);
  const url = values.url ?? io.environment.VIADUCT_URL ?? 'http://127.0.0.1:8081';
  if (!URL.canParse(url)) throw new UsageError('FLAG', `--url ${url}: expected an address, as http://127.0.0.1:8081`);
  const open = io.http ?? openNodeHttp;
  const http = await open({ connectionsMax: 1, bodyBytesMax: answerBytesMax });
  const api = new ApiClient(http, url.replace(/\/$/, ''), values.token ?? io.environment.VIADUCT_TOKEN);
  return { words: positionals, isJson: values.json ?? false, isHelp: values.help ?? false, api };
}

/** Asks the API. */
export class ApiClient {
  readonly url: string;
  readonly #http: Http;
  readonly #token: string | undefined;

  constructor(http: Http, url: string, token: string | undefined) {
    this.#http = http;
    this.url = url;
    this.#token = token;
  }

  /** Asks for `/api/v1` and a path. Rejects with HttpRefusal, LinkError. */
  async ask<Reply>(method: HttpRequest['method'], path: string, body?: unknown): Promise<Reply> {
    return parsedReply(await this.text(method, path, body));
  }

  /** The same, with the answer as it came. Rejects with HttpRefusal, LinkError. */
  async text(method: HttpRequest['method'], path: string, body?: unknown): Promise<string> {
    const answer = await this.#http.ask({
      method,
      url: `${this.url}/api/v1${path}`,
      headers: {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      connectTimeoutMs: 5000,
      timeoutMs,
    });
    if (answer.status < 400) return answer.body;
    const reply: { readonly message?: string; readonly path?: string } | null = parsedReply(answer.body);
    const message = reply?.message ?? `the API answered ${answer.status}`;
    throw new HttpRefusal(answer.status === 401 ? 'UNAUTHENTICATED' : 'BAD_REQUEST', message, reply?.path ?? '');
  }
}

/** One word of a path. */
export function pathWord(word: string | undefined, what: string): string {
  if (word === undefined) throw new UsageError('FLAG', `${what} is needed`);
  return encodeURIComponent(word);
}

function parsed(args: readonly string[]): {
  values: { url?: string; token?: string; json?: boolean; help?: boolean };
  positionals: string[];
} {
  const options = {
    url: { type: 'string' },
    token: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error), { cause: error });
  }
}

function parsedReply<Reply>(text: string): Reply {
  return text === '' ? JSON.parse('null') : JSON.parse(text);
}
