// OpenApi: the document of the API as a list of operations with what they take and give,
// written as short types rather than as JSON Schema. Pure. Bounded: `depthMax` levels of a
// shape are written out.

/** The part of an OpenAPI 3.1 document that is read here. */
export interface OpenApi {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

interface RawOperation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}

/** JSON Schema, as far as it is written out. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const depthMax = 6;

/** One thing that the API can do. */
export interface Operation {
  readonly method: (typeof methods)[number];
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly place: 'path' | 'query';
    readonly isRequired: boolean;
  }[];
  /** What goes in, as a short type. */
  readonly body: string | undefined;
  /** What comes out when all is well. */
  readonly reply: string | undefined;
}

/** All operations, by path. */
export function operationsOf(document: OpenApi): readonly Operation[] {
  const written = (content: Readonly<Record<string, { readonly schema?: Schema }>> | undefined): string | undefined => {
    const schema = content?.['application/json']?.schema;
    return schema === undefined ? Object.keys(content ?? {})[0] : typeText(schema, document, '');
  };
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const raw = item[method];
      if (raw === undefined) return [];
      const good = Object.entries(raw.responses ?? {}).find(([status]) => status.startsWith('2'))?.[1];
      const parameters = (raw.parameters ?? []).map(({ name, in: place, required }) => ({
        name,
        place: place === 'path' ? ('path' as const) : ('query' as const),
        isRequired: required === true,
      }));
      const body = written(raw.requestBody?.content);
      return [{ method, path, summary: raw.summary ?? '', parameters, body, reply: written(good?.content) }];
    }),
  );
}

/** A schema as a type, laid out with two spaces a level. */
export function typeText(schema: Schema, document: OpenApi, indent: string): string {
  if (indent.length >= depthMax * 2) return '…';
  if (schema.$ref !== undefined) {
    const found = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''];
    return found === undefined ? 'unknown' : typeText(found, document, indent);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((one) => typeText(one, document, indent)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.items !== undefined) return `${typeText(schema.items, document, indent)}[]`;
  if (schema.properties !== undefined) {
    const inner = `${indent}  `;
    const lines = Object.entries(schema.properties).map(([name, value]) => {
      const mark = schema.required?.includes(name) === true ? '' : '?';
      return `${inner}${name}${mark}: ${typeText(value, document, inner)}`;
    });
    return `{\n${lines.join('\n')}\n${indent}}`;
  }
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.join(' | ');
  return type ?? 'any';
}
