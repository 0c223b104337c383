import { fieldMap } from './provider-values';
import { flag, text, url } from './values';
import { type ValueOf, variable, type VariableTable } from './variable';

/** As it is written: to an OpenID Connect issuer a slash at the end matters. */
const address = url('http:', 'https:');

/** What the service reads of an OAuth provider, behind its name: `ACME_CLIENT_ID`. */
export const PROVIDER_VARIABLES = {
  CLIENT_ID: variable(text, null, 'registered at the provider; with the secret it is switched on'),
  CLIENT_SECRET: variable(text, null, 'belongs to the client id'),
  ISSUER: variable(
    address,
    null,
    'OpenID Connect, exactly as the provider writes it; without it the next three are needed',
  ),
  AUTHORIZATION_URL: variable(
    address,
    null,
    "where people sign in; the provider's own or the discovered one where empty",
  ),
  TOKEN_URL: variable(address, null, 'where a code becomes a token; likewise'),
  USERINFO_URL: variable(address, null, 'where the user object is; likewise'),
  EMAILS_URL: variable(
    address,
    null,
    'a list of {email, primary, verified}, for a user object that does not say what is verified',
  ),
  SCOPE: variable(
    text,
    null,
    "what is asked for, space-separated; the provider's default if empty",
  ),
  FIELDS: variable(
    fieldMap,
    null,
    'facts in the user object: subject=id,username=login,picture=avatar.url; OIDC claims if empty',
  ),
  EMAILS_ARE_VERIFIED: variable(
    flag,
    null,
    'true: every e-mail address that it tells is verified, on your word',
  ),
  DISPLAY_NAME: variable(text, null, 'what people read; the capitalised name where empty'),
  REDIRECT_URI: variable(
    address,
    null,
    'as registered at the provider; BACKEND_URL/auth/oauth/callback/ and its name where empty',
  ),
} as const;

export type Suffix = keyof typeof PROVIDER_VARIABLES;
/** As parsed; absent where it did not parse or the provider does not use it. */
export type ProviderValues = {
  readonly [S in Suffix]?: ValueOf<(typeof PROVIDER_VARIABLES)[S]>;
};

export const READY_PROVIDERS: readonly string[] = ['google', 'discord'];
const UNUSED_BY_READY = ['ISSUER', 'EMAILS_URL', 'SCOPE', 'FIELDS', 'EMAILS_ARE_VERIFIED'];

/** Whether nobody needs to tell where the provider is and how it speaks. */
export const isReady = (name: string): boolean => READY_PROVIDERS.includes(name);

/** What stands before the variables of a provider. */
export const prefixOf = (name: string): string => `${name.toUpperCase()}_`;

/** The variables that this provider uses, without their prefix. */
export function variablesOf(name: string): VariableTable {
  const unused = unusedBy(name);
  return Object.fromEntries(
    Object.entries(PROVIDER_VARIABLES).filter(([suffix]) => !unused.includes(suffix)),
  );
}

/** The variables that mean nothing for this provider. */
export const unusedBy = (name: string): readonly string[] => (isReady(name) ? UNUSED_BY_READY : []);
