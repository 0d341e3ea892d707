// ApiServer: from a request to its answer. In this order: is it meant for us (host, rate), which endpoint, who asks and
// may they, is what they sent what the endpoint takes, then the endpoint itself. What is refused says why in JSON; what
// changes something is noted in the audit log, refusals of rights included.
//
//   guard -> pages | route -> principal -> rights -> query, body -> run -> answer
//
// Bounded: bodies by `bodyBytesMax`.
import * as v from 'valibot';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { HttpHandler, ServedAnswer, ServedRequest } from '../ports/http-server.ts';
import type { Authentication } from './authentication.ts';
import { type ApiRooms, type Endpoint, PlainAnswer } from './endpoint.ts';
import { faultOf, HttpRefusal } from './http-refusal.ts';
import { mayAs, type Principal, type Seen } from './principal.ts';
import { type RequestGuard, securityHeaders } from './request-guard.ts';
import type { ApiRouter, Route } from './router.ts';

/** One family of endpoints below one base. */
export interface ApiFamily {
  /** `/api/v1` */
  readonly base: string;
  readonly router: ApiRouter;
  /** Whether user and password may come with each request (Basic). */
  readonly mayUsePassword: boolean;
  /** How a refusal looks; default as in `ApiFault`. */
  readonly refusal?: (status: number, message: string, request: ServedRequest) => PlainAnswer;
}

/** What was done over the API, or tried. */
export type Audited = (seen: Seen, request: ServedRequest, status: number) => void;

/** What the server is made of. */
export interface ApiServerParts extends ApiRooms {
  readonly families: readonly ApiFamily[];
  readonly authentication: Authentication;
  readonly guard: RequestGuard;
  readonly audited: Audited;
  readonly log: Log;
  /** Largest body, in bytes. */
  readonly bodyBytesMax: number;
  /** What is served beside the API, as the dashboard; undefined for paths that are not its own. */
  readonly pages?: (request: ServedRequest) => Promise<ServedAnswer | undefined>;
}

/** Answers every request; never rejects. */
export function apiServer(parts: ApiServerParts): HttpHandler {
  return async (request) => {
    const seen: Seen = { principal: undefined, tried: undefined };
    const answer = await answerOf(request, parts, seen).catch((error: unknown) => {
      const { status, body } = faultOf(error);
      const facts = { method: request.method, path: request.path, error: messageOf(error) };
      if (status === 500) parts.log.error(facts, 'a request failed in a way that nobody expected');
      const family = familyOf(parts, request);
      if (family?.refusal) return family.refusal(status, body.message, request).answer;
      return jsonAnswer(status, body, status === 401 ? { 'www-authenticate': 'Bearer' } : {});
    });
    if (isAudited(request, answer.status)) parts.audited(seen, request, answer.status);
    return { ...answer, headers: { ...securityHeaders, ...answer.headers } };
  };
}

/** Changes, done or not; refusals of rights, of names that are not ours, and of what was shown as a proof. */
function isAudited({ method, headers }: ServedRequest, status: number): boolean {
  if (method !== 'GET' && method !== 'HEAD') return true;
  return status === 403 || status === 421 || (status === 401 && headers.authorization !== undefined);
}

async function answerOf(request: ServedRequest, parts: ApiServerParts, seen: Seen): Promise<ServedAnswer> {
  parts.guard.check(request);
  const family = familyOf(parts, request);
  if (family === undefined) {
    const page = await parts.pages?.(request);
    if (page === undefined) throw new HttpRefusal('NOT_FOUND', 'there is nothing at this path');
    return page;
  }
  const route = family.router.find(request.method, request.path.slice(family.base.length) || '/');
  const { endpoint } = route;
  const principal =
    endpoint.role === 'nobody'
      ? undefined
      : await parts.authentication.principalOf(request, family.mayUsePassword, seen);
  seen.principal = principal;
  checkRights(endpoint, principal);
  parts.guard.checkOrigin(request, principal);
  const query = checked(endpoint.query, Object.fromEntries(request.query));
  const body = checked(endpoint.body, endpoint.body === undefined ? undefined : await bodyOf(request, endpoint, parts));
  const result = await endpoint.run({ ...parts, ...route, request, principal, seen, query, body });
  return finished(route, result);
}

function familyOf({ families }: ApiServerParts, { path }: ServedRequest): ApiFamily | undefined {
  return families.find(({ base }) => path === base || path.startsWith(`${base}/`));
}

function checkRights(endpoint: Endpoint, principal: Principal | undefined): void {
  if (endpoint.role === 'nobody') return;
  if (principal === undefined) throw new HttpRefusal('UNAUTHENTICATED', 'log in first: POST /api/v1/login');
  if (principal.mustChangePassword && endpoint.isForExpired !== true) {
    throw new HttpRefusal('PASSWORD_EXPIRED', 'choose a new password first: POST /api/v1/session/password');
  }
  if (!mayAs(principal.role, endpoint.role)) throw new HttpRefusal('FORBIDDEN', `this needs the role ${endpoint.role}`);
}

function finished({ endpoint }: Route, result: unknown): ServedAnswer {
  if (result instanceof PlainAnswer) return result.answer;
  const status = endpoint.status ?? 200;
  return status === 204 ? { status, headers: {}, body: '' } : jsonAnswer(status, result);
}

/** An answer of JSON, which nobody keeps. */
export function jsonAnswer(status: number, body: unknown, headers: ServedAnswer['headers'] = {}): ServedAnswer {
  const type = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
}

async function bodyOf(
  request: ServedRequest,
  { consumes = 'json' }: Endpoint,
  { bodyBytesMax }: ApiServerParts,
): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (consumes === 'json' && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new HttpRefusal('MEDIA_TYPE', 'expected a body of JSON, with content-type: application/json');
  }
  const text = await request.readBody(bodyBytesMax);
  if (text === undefined)
    throw new HttpRefusal('TOO_LARGE', `expected a body of UTF-8, of at most ${bodyBytesMax} bytes`);
  if (consumes === 'text') return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal('BAD_REQUEST', 'expected a body of JSON');
  }
}

function checked(schema: v.GenericSchema | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new HttpRefusal('BAD_REQUEST', issue.message, v.getDotPath(issue) ?? '');
}
