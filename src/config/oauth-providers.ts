import type { FieldMap, ProviderSettings } from './oauth-settings';
import {
  isReady,
  prefixOf,
  type ProviderValues,
  READY_PROVIDERS,
  type Suffix,
  unusedBy,
  variablesOf,
} from './provider-variables';
import { type Environment, parseVariables } from './variable';

interface Surroundings {
  readonly backendUrl: string;
  /** Refuses providers that are asked over http. */
  readonly requiresHttps: boolean;
}

const CLIENT: readonly Suffix[] = ['CLIENT_ID', 'CLIENT_SECRET'];
const ENDPOINTS: readonly Suffix[] = ['AUTHORIZATION_URL', 'TOKEN_URL', 'USERINFO_URL'];
const ADDRESSES = [
  'ISSUER',
  'AUTHORIZATION_URL',
  'TOKEN_URL',
  'USERINFO_URL',
  'EMAILS_URL',
] as const satisfies readonly Suffix[];

const DISPLAY_NAMES = new Map([['github', 'GitHub']]);

const STANDARD_CLAIMS: FieldMap = {
  subject: 'sub',
  email: 'email',
  emailVerified: 'email_verified',
  name: 'name',
  username: 'preferred_username',
  picture: 'picture',
};

/**
 * The ready providers and those named, each on or off, and every problem with their variables. The
 * settings are to be used only where there is no problem.
 */
export function readProviders(
  environment: Environment,
  names: readonly string[],
  { backendUrl, requiresHttps }: Surroundings,
) {
  const providers: ProviderSettings[] = [];
  const problems: string[] = [];
  for (const name of new Set([...READY_PROVIDERS, ...names])) {
    const parsed = parseVariables(environment, variablesOf(name), prefixOf(name));
    const values: ProviderValues = parsed.values;
    problems.push(
      ...parsed.problems,
      ...unusedProblems(environment, name),
      ...missingProblems(name, values),
      ...(requiresHttps ? httpProblems(name, values) : []),
    );
    providers.push(toSettings(name, values, backendUrl));
  }
  return { providers, problems };
}

function unusedProblems(environment: Environment, name: string): string[] {
  return unusedBy(name)
    .map((suffix) => prefixOf(name) + suffix)
    .filter((variable) => environment[variable]?.trim())
    .map((variable) => `${variable}: is not used, because ${name} comes ready; remove it`);
}

/** One variable of a provider asks for the others that it cannot do without. */
function missingProblems(name: string, values: ProviderValues): string[] {
  const prefix = prefixOf(name);
  const isGiven = (suffix: Suffix): boolean => values[suffix] !== null;
  const given = (Object.keys(variablesOf(name)) as Suffix[]).find(isGiven);
  if (given === undefined) return [];
  const ofClient = CLIENT.filter((suffix) => !isGiven(suffix)).map(
    (suffix) => `${prefix}${suffix}: must be set together with ${prefix}${given}`,
  );
  return isReady(name) || isGiven('ISSUER')
    ? ofClient
    : [...ofClient, ...missingEndpoints(prefix, isGiven)];
}

/** Without an issuer to discover them from, all three are needed. */
function missingEndpoints(prefix: string, isGiven: (suffix: Suffix) => boolean): string[] {
  const given = ENDPOINTS.find(isGiven);
  if (given === undefined) {
    const all = ENDPOINTS.map((suffix) => prefix + suffix).join(', ');
    return [`${prefix}ISSUER: must be set, or in its place all of ${all}`];
  }
  const together = `must be set together with ${prefix}${given}, unless ${prefix}ISSUER is`;
  return ENDPOINTS.filter((suffix) => !isGiven(suffix)).map(
    (suffix) => `${prefix}${suffix}: ${together}`,
  );
}

function httpProblems(name: string, values: ProviderValues): string[] {
  const demand = 'must start with https:// in production';
  return ADDRESSES.filter((suffix) => isHttp(values[suffix])).map(
    (suffix) =>
      `${prefixOf(name)}${suffix}: ${demand}, unless OAUTH_ALLOW_PRIVATE_ADDRESSES is true`,
  );
}

const isHttp = (url: string | null | undefined): boolean => /^http:/i.test(url ?? '');

function toSettings(name: string, values: ProviderValues, backendUrl: string): ProviderSettings {
  const { CLIENT_ID: id, CLIENT_SECRET: secret } = values;
  return {
    name,
    displayName: values.DISPLAY_NAME ?? displayNameOf(name),
    client: id && secret ? { id, secret } : null,
    issuer: values.ISSUER ?? null,
    authorizationUrl: values.AUTHORIZATION_URL ?? null,
    tokenUrl: values.TOKEN_URL ?? null,
    userinfoUrl: values.USERINFO_URL ?? null,
    emailsUrl: values.EMAILS_URL ?? null,
    scope: values.SCOPE ?? null,
    fields: values.FIELDS ?? STANDARD_CLAIMS,
    trustsEmail: values.EMAILS_ARE_VERIFIED ?? false,
    redirectUri: values.REDIRECT_URI ?? `${backendUrl}/auth/oauth/callback/${name}`,
  };
}

const displayNameOf = (name: string): string =>
  DISPLAY_NAMES.get(name) ?? name.charAt(0).toUpperCase() + name.slice(1);
