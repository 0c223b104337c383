import { z } from 'zod';
import type { FieldMap } from './oauth-settings';
import { list } from './values';

/** Words that are routes or sign-in methods where a provider's name would stand. */
const RESERVED_NAMES = (
  'password oauth link login logout token refresh register me email callback exchange ' +
  'providers csrf'
).split(' ');

/** Names of OAuth providers, in lower case. */
export const providerNames = z
  .string()
  .transform((value) => list(value.toLowerCase()))
  .refine((names) => names.every((name) => /^[a-z][a-z0-9_]{1,30}$/.test(name)), {
    error: 'must be comma-separated names of 2 to 31 letters, digits and _, a letter first',
    abort: true,
  })
  .refine((names) => !names.some((name) => RESERVED_NAMES.includes(name)), {
    error: `must not name any of ${RESERVED_NAMES.join(', ')}: these words are taken`,
  });

/** The names of the facts, in the environment and in the code. */
const FIELDS = new Map<string, keyof FieldMap>([
  ['subject', 'subject'],
  ['email', 'email'],
  ['email_verified', 'emailVerified'],
  ['name', 'name'],
  ['username', 'username'],
  ['picture', 'picture'],
]);
const FIELD_PATH = /^[^\s=.]+(\.[^\s=.]+)*$/;

const NO_FIELDS: FieldMap = {
  subject: 'sub',
  email: null,
  emailVerified: null,
  name: null,
  username: null,
  picture: null,
};

/** `subject=id,picture=avatar.url`: what is left out is null, the subject `sub`. */
export const fieldMap = z
  .string()
  .transform((value) => list(value).map((pair) => pair.split('=')))
  .refine((pairs) => pairs.length > 0 && pairs.every(isField) && areDistinct(pairs), {
    error: `must look like subject=id,picture=avatar.url (each once: ${[...FIELDS.keys()].join(', ')})`,
  })
  .transform((pairs): FieldMap => {
    const given = pairs.map(([field, path]) => [FIELDS.get(field!)!, path!] as const);
    return { ...NO_FIELDS, ...Object.fromEntries(given) };
  });

function isField([field, path, ...rest]: readonly string[]): boolean {
  return FIELDS.has(field ?? '') && FIELD_PATH.test(path ?? '') && rest.length === 0;
}

function areDistinct(pairs: readonly (readonly string[])[]): boolean {
  return new Set(pairs.map(([field]) => field)).size === pairs.length;
}
