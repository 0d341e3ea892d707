// V4Words: what all answers of `/api/v4` have in common: a number
// as code, 0 when all is well, and the codes of refusals that its
// programs know.
import type { ServedRequest } from '../ports/http-server.ts';
import { jsonAnswer } from './api-server.ts';
import { PlainAnswer } from './endpoint.ts';

/** A refusal in the words of `/api/v4`: the same HTTP status, a number as code. */
export function v4Refusal(status: number, message: string, request: ServedRequest): PlainAnswer {
  const code = status === 401 ? (request.headers.authorization === undefined ? 104 : 103) : (codes.get(status) ?? 108);
  return new PlainAnswer(jsonAnswer(status, { code, message }, status === 401 ? { 'www-authenticate': 'Basic' } : {}));
}

/** The code for a change of something that is not there. */
export const illegalSubject = 115;

const codes: ReadonlyMap<number, number> = new Map([
  [404, 102],
  [405, 102],
  [415, 109],
  [422, 108],
  [500, 101],
]);

/** An answer when all is well. */
export function ok(more: object): object {
  return { code: 0, ...more };
}
