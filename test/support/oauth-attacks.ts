import type { Answer } from './api';
import { countOf, type Effects, effectsOf } from './effects';
import { FRONTEND, type OAuthTestApp } from './oauth-app';
import { type ProviderName, PROVIDERS } from './oauth-people';
import type { LocalProvider } from './providers/oauth-provider';
import type { TestApp } from './test-app';

/** Ends whatever a test told the providers to do. */
export function behaveAgain({ google, discord, github, acme }: OAuthTestApp): void {
  for (const provider of [google, discord, github, acme])
    Object.assign(provider, {
      approvesAtOnce: true,
      authorizationError: null,
      iss: null,
      tokenFault: null,
      userinfoFault: null,
      userinfo: null,
    });
  for (const provider of [google, discord, github] as LocalProvider[])
    Object.assign(provider, { emailsFault: null, emails: null });
  Object.assign(acme, {
    idToken: () => {},
    idTokenFault: null,
    discovery: () => {},
    discoveryFault: null,
    keysFault: null,
  });
}

/** A flow as the browser that began it has it. */
export interface BegunFlow {
  readonly authorizationUrl: URL;
  readonly state: string;
  /** A Cookie header. */
  readonly cookie: string;
}

/** What was handed out on the way and belongs into no log and no row. */
const handedOut: string[] = [];

const flowIn = (authorizationUrl: string, { headers }: Answer): BegunFlow => {
  const [cookie = ''] = headers.getSetCookie()[0]?.split(';') ?? [];
  const url = new URL(authorizationUrl);
  const state = url.searchParams.get('state') ?? '';
  handedOut.push(state, cookie.slice(cookie.indexOf('=') + 1));
  const nonce = url.searchParams.get('nonce');
  if (nonce !== null) handedOut.push(nonce);
  return { authorizationUrl: url, state, cookie };
};

export async function begin({ api }: TestApp, provider: string, query = ''): Promise<BegunFlow> {
  const answer = await api.get(`auth/oauth/${provider}${query}`);
  expect(answer.status).toBe(302);
  return flowIn(answer.headers.get('location')!, answer);
}

/** As `begin`, to link to the account of a token. */
export async function beginLink(
  { api }: TestApp,
  provider: string,
  { access_token: token }: { readonly access_token: string },
): Promise<BegunFlow> {
  const answer = await api.post(`auth/link/${provider}`, undefined, { token });
  expect(answer.status).toBe(200);
  return flowIn(answer.body.authorization_url, answer);
}

/** Somebody agrees at the provider: where it sends the browser. */
export async function agree({ authorizationUrl }: BegunFlow): Promise<URL> {
  const answer = await fetch(authorizationUrl, { redirect: 'manual' });
  const callback = new URL(answer.headers.get('location')!);
  const code = callback.searchParams.get('code');
  if (code !== null) handedOut.push(code);
  return callback;
}

/** The browser comes back from the provider, with these cookies. */
export const comeBack = (
  { api }: TestApp,
  { pathname, search }: Pick<URL, 'pathname' | 'search'>,
  cookie?: string,
): Promise<Answer> =>
  api.get(`${pathname}${search}`, { headers: cookie === undefined ? {} : { cookie } });

/** The whole way of somebody who may be anybody. */
export async function signInAt(test: OAuthTestApp, provider: ProviderName): Promise<Answer> {
  const flow = await begin(test, provider);
  return comeBack(test, await agree(flow), flow.cookie);
}

/** A callback with other parameters; null takes one away. */
export const changed = (
  { pathname, searchParams }: URL,
  changes: Record<string, string | null>,
) => {
  const query = new URLSearchParams(searchParams);
  for (const [name, value] of Object.entries(changes))
    if (value === null) query.delete(name);
    else query.set(name, value);
  return { pathname, search: `?${query.toString()}` };
};

export interface Traces extends Effects {
  /** How many more there are. */
  readonly users: number;
  readonly identities: number;
  readonly sessions: number;
  readonly spent: number;
  /** What providers were asked but whether somebody agrees: `google token`. */
  readonly asked: readonly string[];
}

/** What an attack leaves behind. */
export async function tracesOf(test: OAuthTestApp, act: () => Promise<Answer>): Promise<Traces> {
  const before = await rowsIn(test);
  const seen = PROVIDERS.map((name) => test[name].seen.length);
  const effects = await effectsOf(test, act);
  const after = await rowsIn(test);
  const more = (table: 'users' | 'identities' | 'sessions') => after[table] - before[table];
  return {
    ...effects,
    users: more('users'),
    identities: more('identities'),
    sessions: more('sessions'),
    // Those that are outlived go when the next one comes.
    spent: after.spent.filter((id) => !before.spent.includes(id)).length,
    asked: askedOf(test, seen),
  };
}

const rowsIn = async (test: TestApp) => ({
  users: await countOf(test, 'users'),
  identities: await countOf(test, 'identities'),
  sessions: await countOf(test, 'sessions'),
  spent: (await test.query('SELECT id FROM oauth_spent_flows')).map(({ id }): string => id),
});

const OIDC_DOCUMENTS = new Map([
  ['/.well-known/openid-configuration', 'discovery'],
  ['/jwks', 'keys'],
]);

/** Grouped by provider, after the first so many of each. */
const askedOf = (test: OAuthTestApp, since: readonly number[]): string[] =>
  PROVIDERS.flatMap((name, at) => {
    const { seen, urls } = test[name];
    const roles = new Map(
      Object.entries(urls).map(([role, url]) => [new URL(url ?? 'none:').pathname, role]),
    );
    return seen
      .slice(since[at])
      .map(({ path }) => OIDC_DOCUMENTS.get(path) ?? roles.get(path) ?? path)
      .filter((role) => role !== 'authorization')
      .map((role) => `${name} ${role}`);
  });

const NOTHING = {
  users: 0,
  identities: 0,
  sessions: 0,
  spent: 0,
  mails: [],
  audits: [],
  asked: [],
};

/** The browser is told this code and nothing else, and nothing but `left` is left behind. */
export function expectRefusal(
  traces: Traces,
  code: string,
  left: Partial<Omit<Traces, 'answer'>> = {},
): void {
  const { answer, ...rest } = traces;
  const location = answer.headers.get('location');
  expect([answer.status, location]).toEqual([302, `${FRONTEND}/login?error=${code}`]);
  expect(answer.text).toBe('');
  expect(rest).toEqual({ ...NOTHING, ...left });
}

/** The frontend is reached, with a code to exchange, which is answered. */
export function codeIn(answer: Answer): string {
  const location = new URL(answer.headers.get('location') ?? 'none:');
  const code = location.searchParams.get('code') ?? '';
  expect([answer.status, location.origin, code]).toEqual([
    302,
    FRONTEND,
    expect.stringMatching(/^[\w-]{43}$/),
  ]);
  handedOut.push(code);
  return code;
}

/** Nothing that proves something to somebody is in a log or a row, as far as it was handed out. */
export async function expectSecretsKept(test: OAuthTestApp): Promise<void> {
  const texts = [test.logs.join(''), await everyRow(test)];
  const secrets = secretsOf(test);
  expect(secrets.length).toBeGreaterThan(0);
  const told = secrets.filter((secret) => texts.some((text) => text.includes(secret)));
  expect(told).toEqual([]);
}

/** Every row of every table, as text. */
async function everyRow({ query }: TestApp): Promise<string> {
  const tables = await query(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => query(`SELECT t::text AS row FROM ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
}

/** A test's own garbage is shorter. */
const SHORTEST_SECRET = 20;

function secretsOf(test: OAuthTestApp): string[] {
  const sent = PROVIDERS.flatMap((name) => [
    ...test[name].issuedTokens,
    ...test[name].seen.flatMap(({ form, query }) => [
      form?.['code'],
      form?.['code_verifier'],
      query['state'],
      query['nonce'],
    ]),
  ]).filter((secret) => secret !== undefined);
  const random = [...handedOut, ...sent].filter(({ length }) => length >= SHORTEST_SECRET);
  const ours = PROVIDERS.flatMap((name) => test[name].clients.map(({ secret }) => secret));
  return [...new Set([...random, ...ours])];
}

/** No provider saw what a client must not do, since this was asked last. */
export function expectGoodClient(test: OAuthTestApp): void {
  for (const name of PROVIDERS) {
    expect([name, test[name].violations.splice(0)]).toEqual([name, []]);
    expect([name, test[name].replays]).toEqual([name, 0]);
  }
}
