import type { Answer } from './api';
import type { Tokens } from './people';
import { freePort } from './ports';
import { LocalProvider } from './providers/oauth-provider';
import { LocalOidc } from './providers/oidc-provider';
import { DISCORD, GITHUB, GOOGLE } from './providers/shapes';
import { type Journey, UserAgent } from './providers/user-agent';
import { startTestApp, type TestApp } from './test-app';

export const FRONTEND = 'http://localhost:3000';

interface Providers {
  readonly google: LocalProvider;
  readonly discord: LocalProvider;
  readonly github: LocalProvider;
  readonly acme: LocalOidc;
}

/** The service with four providers of its own on loopback: two that come ready, two configured. */
export interface OAuthTestApp extends TestApp, Providers {}

type Environment = Readonly<Record<string, string>>;

/** `env` may depend on where the providers are. */
export async function startOAuthApp(
  env: Environment | ((providers: Providers) => Environment) = {},
): Promise<OAuthTestApp> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const registration = (name: string) => ({
    clientId: `${name}-client`,
    clientSecret: `${name}-secret`,
    redirectUris: [`${origin}/auth/oauth/callback/${name}`],
  });
  const [google, discord, github, acme] = await Promise.all([
    LocalProvider.open(GOOGLE, registration('google')),
    LocalProvider.open(DISCORD, registration('discord')),
    LocalProvider.open(GITHUB, registration('github')),
    LocalOidc.open(registration('acme')),
  ]);
  const test = await startTestApp({
    port,
    env: {
      BACKEND_URL: origin,
      OAUTH_PROVIDERS: 'github,acme',
      ...google.env('GOOGLE'),
      ...discord.env('DISCORD'),
      ...github.env('GITHUB'),
      ...acme.env('ACME'),
      ...(typeof env === 'function' ? env({ google, discord, github, acme }) : env),
    },
  });
  return {
    ...test,
    google,
    discord,
    github,
    acme,
    async close() {
      await test.close();
      await Promise.all([google, discord, github, acme].map((provider) => provider.close()));
    },
  };
}

/** To the provider and back, as far as the frontend. */
export function travel(
  { api }: TestApp,
  provider: string,
  { agent = new UserAgent(), query = '' } = {},
): Promise<Journey> {
  return agent.follow(`${api.origin}/api/v1/auth/oauth/${provider}${query}`, { until: FRONTEND });
}

/** The tokens for the code that a journey ended with. */
export async function tokensAfter({ api }: TestApp, { location }: Journey): Promise<Tokens> {
  const answer = await api.post('auth/oauth/exchange', {
    code: location!.searchParams.get('code'),
  });
  expect([answer.status, answer.body?.code]).toEqual([200, undefined]);
  return answer.body;
}

/** Somebody signed in with a provider, and who that is here. */
export async function signedInWith(
  test: TestApp,
  provider: string,
  agent?: UserAgent,
): Promise<{ readonly tokens: Tokens; readonly user: Answer['body'] }> {
  const tokens = await tokensAfter(test, await travel(test, provider, { agent }));
  const me = await test.api.get('auth/me', { token: tokens.access_token });
  return { tokens, user: me.body };
}

/** Links a provider to the account of `tokens`, as its page would: POST, then navigate. */
export async function linkWith(
  { api }: TestApp,
  provider: string,
  { access_token }: Tokens,
  agent = new UserAgent(),
): Promise<Journey> {
  const start = await agent.post(
    `${api.origin}/api/v1/auth/link/${provider}`,
    {},
    {
      authorization: `Bearer ${access_token}`,
    },
  );
  expect(start.status).toBe(200);
  return agent.follow(start.body.authorization_url, { until: FRONTEND });
}
