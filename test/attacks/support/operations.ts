import type { Target } from './target';

/** A route of the target, as its OpenAPI document tells it. */
export interface Operation {
  /** `GET /api/v1/users/{id}` */
  readonly name: string;
  readonly method: string;
  /** With names in braces. */
  readonly path: string;
  /** Fields of its JSON body; null if it takes none. */
  readonly fields: readonly string[] | null;
  /** Its query parameters. */
  readonly parameters: readonly string[];
  /** As the document says; whether that is so is another matter. */
  readonly isGuarded: boolean;
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Described {
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly security?: readonly object[];
}

export async function operationsOf(target: Target): Promise<Operation[]> {
  const { status, body } = await target.client().get('/openapi.json');
  expect(status).toBe(200);
  const schemas = body.components.schemas as Record<string, Schema>;
  const fieldsOf = ({ requestBody }: Described): string[] | null => {
    const schema = requestBody?.content['application/json']?.schema;
    if (!schema) return null;
    const { properties = {} } = schema.$ref ? schemas[schema.$ref.split('/').at(-1)!]! : schema;
    return Object.keys(properties);
  };
  return Object.entries(body.paths as Record<string, Record<string, Described>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, described]) => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        fields: fieldsOf(described),
        parameters: (described.parameters ?? [])
          .filter((parameter) => parameter.in === 'query')
          .map(({ name }) => name),
        isGuarded: described.security !== undefined,
      })),
  );
}

/** A path whose names in braces stand for what nobody has. */
export const pathTo = (path: string, id = '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11'): string =>
  path.replaceAll('{id}', id).replaceAll('{provider}', 'google');
