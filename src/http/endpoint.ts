// Endpoint: one thing that the API can do, as data: where it is, who may do it, what
// goes in, what comes out. From it come routing, validation, rights, the OpenAPI
// document and the tests that hold every endpoint to its own document.
import type { GenericSchema, InferOutput } from 'valibot';
import type { ServedAnswer, ServedRequest } from '../ports/http-server.ts';
import type { Role } from './api-types.ts';
import type { Management } from './management.ts';
import type { Principal, Seen } from './principal.ts';
import type { Sessions } from './sessions.ts';
import type { WebUsers } from './web-users.ts';

/** What endpoints work with. */
export interface ApiRooms {
  readonly management: Management;
  readonly sessions: Sessions;
  readonly users: WebUsers;
}

/** One call of an endpoint, checked. */
export interface Call<Query, Body> extends ApiRooms {
  readonly request: ServedRequest;
  /** Undefined only where nobody needs to be logged in. */
  readonly principal: Principal | undefined;
  /** What the audit log is told: at a login, who it turned out to be. */
  readonly seen: Seen;
  /** From the path; the names that stand in it are there. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

/** An answer that is more than a body of JSON: headers, another status, a stream. */
export class PlainAnswer {
  readonly answer: ServedAnswer;

  constructor(answer: ServedAnswer) {
    this.answer = answer;
  }
}

/** What is told of an endpoint. */
export interface EndpointFacts {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base: `/bridges/:name`. */
  readonly path: string;
  /** Who may; `nobody` needs no login. */
  readonly role: Role | 'nobody';
  readonly summary: string;
  /** Of the answer when all is well. Default 200. */
  readonly status?: 200 | 201 | 204;
  /** What the body is. Default JSON. */
  readonly consumes?: 'json' | 'text';
  /** What the answer is. Default JSON. */
  readonly produces?: 'json' | 'events' | 'text';
  /** Also for those who must change their password first. Default false. */
  readonly isForExpired?: boolean;
}

/** An endpoint, its types forgotten: the schemas know them. */
export interface Endpoint extends EndpointFacts {
  readonly query: GenericSchema | undefined;
  readonly body: GenericSchema | undefined;
  readonly reply: GenericSchema | undefined;
  run(call: Call<unknown, unknown>): unknown;
}

/** Makes an endpoint whose handler gets what its schemas let through. */
export function endpoint<
  Query extends GenericSchema | undefined = undefined,
  Body extends GenericSchema | undefined = undefined,
>(
  facts: EndpointFacts & { readonly query?: Query; readonly body?: Body; readonly reply?: GenericSchema },
  run: (call: Call<OutputOf<Query>, OutputOf<Body>>) => unknown,
): Endpoint {
  return {
    ...facts,
    query: facts.query,
    body: facts.body,
    reply: facts.reply,
    run: run as Endpoint['run'], // as: the server runs it only with what these schemas gave out
  };
}

/** What a schema gives out; nothing without one. */
export type OutputOf<Schema> = Schema extends GenericSchema ? InferOutput<Schema> : undefined;
