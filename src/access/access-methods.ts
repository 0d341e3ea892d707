// AccessMethods: the methods that a configuration asks for, made: the chain of logins in its order,
// and who is asked about topics. A method that others bring along comes first. The port to web
// servers is opened with the first question.
import { messageOf, UsageError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Http, HttpOptions, OpenHttp } from '../ports/http.ts';
import type { Clock, Random } from '../ports/ports.ts';
import type { AccessOptions, MethodName } from './access-options.ts';
import type { Authorizer } from './authorizer.ts';
import { HttpAccess } from './http-access.ts';
import type { LoginStep } from './login.ts';
import { TokenAccess } from './token-access.ts';

/** What access needs of the world. */
export interface AccessPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: no web server can be asked. */
  readonly http?: OpenHttp;
}

/** The methods of one set of options. */
export interface AccessMethods {
  readonly steps: readonly LoginStep[];
  readonly authorizer: Authorizer | undefined;
}

const answerBytesMax = 65_536;

/** Makes the methods. Throws UsageError for keys that cannot be used, and for a web server that cannot be asked. */
export function methodsOf(options: AccessOptions, password: LoginStep, ports: AccessPorts): AccessMethods {
  const http = options.http && new HttpAccess(options.http, { ...toolsOf(options.http, ports), log: ports.log });
  const named: Readonly<Record<MethodName, LoginStep | undefined>> = {
    password: options.users.length > 0 ? password : undefined,
    jwt: options.token && tokenAccess(options.token, ports.clock),
    http: options.http?.login && http,
  };
  const steps = [...(options.steps ?? [])];
  for (const name of options.order ?? (['password', 'jwt', 'http'] as const)) {
    const step = named[name];
    if (step !== undefined) steps.push(step);
  }
  return { steps, authorizer: options.authorizer ?? (options.http?.topic && http) };
}

function tokenAccess(options: NonNullable<AccessOptions['token']>, clock: Clock): TokenAccess {
  try {
    return new TokenAccess(options, clock);
  } catch (error) {
    throw new UsageError('TOKEN_KEYS', `tokens cannot be checked: ${messageOf(error)}`, { cause: error });
  }
}

function toolsOf({ connectionsMax, tls }: NonNullable<AccessOptions['http']>, ports: AccessPorts) {
  const { http: open, clock, random } = ports;
  if (open === undefined) throw new UsageError('NO_HTTP', 'a web server is to be asked, but there is no port for it');
  const options: HttpOptions = { connectionsMax, bodyBytesMax: answerBytesMax, ...(tls === undefined ? {} : { tls }) };
  let port: Promise<Http> | undefined;
  const http = (): Promise<Http> => {
    port ??= open(options);
    return port;
  };
  return { http, now: () => clock.now(), key: random.bytes(32) };
}
