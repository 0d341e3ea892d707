// HttpQuestion: one question to a web server as it is configured, and the request that it becomes.
// Parameters go into the query of GET and into a form for POST, each encoded; they are JSON where the
// headers say so.
import type { HttpRequest } from '../ports/http.ts';

/** One question. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names, and values with placeholders, in their order. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** What stands for placeholders, by their letter. */
export type Values = Readonly<Record<string, string>>;

/** The request that a question becomes; a placeholder without a value is empty. */
export function requestOf(
  question: HttpQuestion,
  values: Values,
): Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'> {
  const { method, url, parameters } = question;
  const filled = parameters.map(([name, value]): [string, string] => [name, fill(value, values)]);
  if (method === 'GET') {
    const query = new URLSearchParams(filled).toString();
    const separator = url.includes('?') ? '&' : '?';
    return { method, url: query === '' ? url : `${url}${separator}${query}`, headers: question.headers };
  }
  const type = Object.entries(question.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (type?.includes('json')) {
    return { method, url, headers: question.headers, body: JSON.stringify(Object.fromEntries(filled)) };
  }
  const headers = type === undefined ? { ...question.headers, 'content-type': form } : question.headers;
  return { method, url, headers, body: new URLSearchParams(filled).toString() };
}

const form = 'application/x-www-form-urlencoded';

function fill(text: string, values: Values): string {
  return text.replace(/%([A-Za-z])/g, (_whole, letter: string) => values[letter] ?? '');
}
