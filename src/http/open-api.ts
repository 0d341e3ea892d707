// OpenApi: the document of the API, made out of the endpoints themselves: what validates is what is documented. The
// translation of schemas is loaded when somebody asks for the document, and kept no longer than the answer.
// Bounded by the endpoints.
import type { GenericSchema } from 'valibot';
import { jsonAnswer } from './api-server.ts';
import { type Endpoint, endpoint, PlainAnswer } from './endpoint.ts';

type ToJson = (schema: GenericSchema) => unknown;

/** The endpoint of the document; `all` are the endpoints that it describes. */
export function openApi(version: string, all: () => readonly Endpoint[]): Endpoint {
  return endpoint(
    {
      method: 'GET',
      path: '/openapi.json',
      role: 'nobody',
      summary: 'This document',
      // a document of its own form
    },
    async () => {
      const { toJsonSchema } = await import('@valibot/to-json-schema');
      const toJson: ToJson = (schema) => {
        const { $schema: _dialect, ...json } = toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' });
        return json;
      };
      return new PlainAnswer(jsonAnswer(200, documentOf(version, all(), toJson)));
    },
  );
}

function documentOf(version: string, endpoints: readonly Endpoint[], toJson: ToJson): object {
  const paths = new Map<string, Record<string, unknown>>();
  for (const one of endpoints) {
    const path = one.path.replaceAll(/:(\w+)/g, '{$1}');
    const item = paths.get(path) ?? {};
    item[one.method.toLowerCase()] = operationOf(one, toJson);
    paths.set(path, item);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Viaduct', version },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'viaduct_session' },
      },
      schemas: {
        Fault: {
          type: 'object',
          required: ['code', 'message', 'path'],
          properties: {
            code: { type: 'string' },
            message: { type: 'string' },
            path: { type: 'string' },
            faults: { type: 'array', items: { type: 'object' } },
          },
        },
      },
    },
  };
}

function operationOf(one: Endpoint, toJson: ToJson): object {
  const { status = 200, produces = 'json' } = one;
  const types = { json: 'application/json', events: 'text/event-stream', text: 'application/x-ndjson' };
  const content = { [types[produces]]: { schema: one.reply === undefined ? {} : toJson(one.reply) } };
  return {
    operationId: `${one.method.toLowerCase()}${one.path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    tags: [one.path.split('/')[1] ?? ''],
    summary: one.summary,
    'x-role': one.role,
    ...(one.role === 'nobody' ? { security: [] } : {}),
    parameters: [...pathParameters(one), ...queryParameters(one, toJson)],
    ...(one.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: toJson(one.body) } } } }),
    responses: {
      [status]: { description: 'Done', ...(status === 204 ? {} : { content }) },
      default: {
        description: 'Refused',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Fault' } } },
      },
    },
  };
}

function pathParameters({ path }: Endpoint): readonly object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Endpoint, toJson: ToJson): readonly object[] {
  if (query === undefined || !('entries' in query)) return [];
  const entries = query.entries as Record<string, GenericSchema>; // as: of an object schema they are schemas by name
  return Object.entries(entries).map(([name, schema]) => {
    const isRequired = !('wrapped' in schema) && schema.type !== 'optional' && !isWrapped(schema);
    return { name, in: 'query', required: isRequired, schema: toJson(schema) };
  });
}

/** A pipe that begins with something optional. */
function isWrapped(schema: GenericSchema): boolean {
  const [first] = 'pipe' in schema && Array.isArray(schema.pipe) ? schema.pipe : [];
  return typeof first === 'object' && first !== null && 'wrapped' in first;
}
