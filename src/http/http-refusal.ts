// HttpRefusal: a request that is not done, and why: one HTTP status,
// one stable code, one sentence, and what it is about. Errors of the
// rest of Viaduct become refusals here, in one place.
import { ConfigError, messageOf, UsageError, ViaductError } from '../base/errors.ts';
import type { ApiFault } from './api-types.ts';

/** Details of `ERR_HTTP_<detail>`, with their status. */
const statuses = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  WRONG_LOGIN: 401,
  FORBIDDEN: 403,
  PASSWORD_EXPIRED: 403,
  FOREIGN_ORIGIN: 403,
  NOT_FOUND: 404,
  METHOD: 405,
  CONFLICT: 409,
  TOO_LARGE: 413,
  MEDIA_TYPE: 415,
  WRONG_HOST: 421,
  TOO_MANY: 429,
  UNAVAILABLE: 503,
} as const;

/** A reason to refuse. */
export type HttpRefusalReason = keyof typeof statuses;

/** Refuses the request at hand. Code `ERR_HTTP_<reason>`. */
export class HttpRefusal extends ViaductError {
  readonly status: number;
  /** The key or parameter that it is about; empty for the request itself. */
  readonly path: string;

  constructor(reason: HttpRefusalReason, message: string, path = '') {
    super(message, { code: `ERR_HTTP_${reason}`, blame: 'remote', retry: 'later' });
    this.status = statuses[reason];
    this.path = path;
  }
}

/** Status and body of the answer to anything that was thrown. What nobody expected is told without its details. */
export function faultOf(error: unknown): { readonly status: number; readonly body: ApiFault } {
  if (error instanceof HttpRefusal) {
    return { status: error.status, body: { code: error.code, message: error.message, path: error.path } };
  }
  if (error instanceof ConfigError) {
    const { code, message, faults } = error;
    return { status: 422, body: { code, message, path: faults[0]?.path ?? '', faults } };
  }
  if (error instanceof UsageError) {
    return { status: 400, body: { code: error.code, message: error.message, path: '' } };
  }
  if (error instanceof ViaductError) {
    const status = error.blame === 'network' || error.blame === 'remote' ? 502 : 503;
    return { status, body: { code: error.code, message: messageOf(error), path: '' } };
  }
  return { status: 500, body: { code: 'ERR_HTTP_INTERNAL', message: 'this should not happen: see the log', path: '' } };
}
