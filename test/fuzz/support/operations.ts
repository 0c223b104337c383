import type { Schema } from './schema-values';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Content {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, unknown>>;
}

export interface DocumentedAnswer {
  /** By content type; none for an answer without a body. */
  readonly content?: Readonly<Record<string, Content>>;
}

/** As much of a document of OpenAPI 3.0 as is tested. */
export interface ApiDocument {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly Parameter[];
            readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
            readonly responses: Readonly<Record<string, DocumentedAnswer>>;
          }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** One route of the document with what it takes, references followed. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly pathParameters: readonly string[];
  readonly query: Schema;
  readonly body: { readonly type: string; readonly schema: Schema } | null;
  readonly answers: Readonly<Record<string, DocumentedAnswer>>;
}

export const operationsOf = (document: ApiDocument): Operation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody, responses }]) => {
      const [content] = Object.entries(requestBody?.content ?? {});
      const inQuery = parameters.filter((parameter) => parameter.in === 'query');
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        pathParameters: parameters
          .filter(({ in: place }) => place === 'path')
          .map(({ name }) => name),
        query: {
          type: 'object',
          properties: Object.fromEntries(inQuery.map(({ name, schema }) => [name, schema])),
          required: inQuery.filter(({ required }) => required).map(({ name }) => name),
        },
        body: content
          ? { type: content[0], schema: followed(document, content[1].schema ?? {}) }
          : null,
        answers: responses,
      };
    }),
  );

/** The schema that a reference leads to. Requests here refer to one, and that to no other. */
function followed({ components }: ApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : components.schemas[name]!;
}
