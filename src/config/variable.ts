import type { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable<S extends z.ZodType, D extends string | null> {
  readonly schema: S;
  /** As it would be written in the environment; null where there is none. */
  readonly fallback: D;
  readonly purpose: string;
}

export type VariableTable = Readonly<Record<string, Variable<z.ZodType, string | null>>>;

/** What a variable's text becomes; null where it is unset and has no default. */
export type ValueOf<V> =
  V extends Variable<infer S, infer D> ? z.output<S> | (D extends null ? null : never) : never;

export const variable = <S extends z.ZodType, D extends string | null>(
  schema: S,
  fallback: D,
  purpose: string,
): Variable<S, D> => ({ schema, fallback, purpose });

/** Passwords: a space at their end is part of them. */
const AS_IT_IS = new Set([
  'SMTP_PASSWORD',
  'BOOTSTRAP_ADMIN_PASSWORD',
  'SECRET_KEY',
  'CLIENT_SECRET',
]);

/**
 * The typed values of a table whose names all have `prefix` in the environment, and one problem
 * for each that did not parse, which is then absent from the values. A variable set to nothing
 * counts as unset. A problem names its variable, never the value.
 */
export function parseVariables(environment: Environment, table: VariableTable, prefix = '') {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, { schema, fallback }] of Object.entries(table)) {
    const given = environment[prefix + name];
    const raw = (AS_IT_IS.has(name) ? given : given?.trim()) || fallback;
    if (raw === null) {
      values[name] = null;
      continue;
    }
    const result = schema.safeParse(raw);
    if (result.success) values[name] = result.data;
    else problems.push(`${prefix}${name}: ${result.error.issues[0]!.message}`);
  }
  return { values, problems };
}
