import { type Effects, effectsOf } from './effects';
import { linkWith, type OAuthTestApp, tokensAfter, travel } from './oauth-app';
import type { Tokens } from './people';
import type { UserAgent } from './providers/user-agent';
import type { TestApp } from './test-app';

export const PROVIDERS = ['google', 'discord', 'github', 'acme'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** What a provider says of somebody; undefined is left out. */
export interface Visitor {
  readonly subject: string;
  readonly email: string;
  readonly emailVerified: unknown;
  readonly name: unknown;
  readonly username: unknown;
  readonly picture: unknown;
}

let count = 0;

/** Somebody new, but for `facts`, agrees next at this provider. */
export function appear(
  test: OAuthTestApp,
  provider: ProviderName,
  facts: Readonly<Partial<Record<keyof Visitor, unknown>>> = {},
): Visitor {
  const number = ++count;
  const visitor = {
    subject: String(1_815_000 + number),
    email: `visitor${number}@example.com`,
    emailVerified: true,
    name: `Visitor ${number}`,
    username: `guest${number}`,
    picture: provider === 'discord' ? `a_${number}` : `https://pictures.example.com/${number}.png`,
    ...facts,
  };
  if (provider === 'acme') {
    const { subject: sub, email, emailVerified: email_verified, name, username, picture } = visitor;
    test.acme.person = { sub, email, email_verified, name, preferred_username: username, picture };
  } else test[provider].person = visitor;
  return visitor as Visitor;
}

interface Visit extends Effects {
  /** Where the browser is sent in the end. */
  readonly location: string | null;
}

const located = (effects: Effects): Visit => ({
  ...effects,
  location: effects.answer.headers.get('location'),
});

/** To the provider and back to the frontend, with all that comes of it. */
export const visit = async (
  test: OAuthTestApp,
  provider: ProviderName,
  options?: { readonly agent?: UserAgent; readonly query?: string },
): Promise<Visit> =>
  located(await effectsOf(test, async () => (await travel(test, provider, options)).answer));

/** As `visit`, to link. */
export const visitToLink = async (
  test: OAuthTestApp,
  provider: ProviderName,
  tokens: Tokens,
): Promise<Visit> =>
  located(await effectsOf(test, async () => (await linkWith(test, provider, tokens)).answer));

/** Signs in whoever agrees next. */
export const enter = async (test: OAuthTestApp, provider: ProviderName): Promise<Tokens> =>
  tokensAfter(test, await travel(test, provider));

export const meOf = async ({ api }: TestApp, { access_token: token }: Tokens) =>
  (await api.get('auth/me', { token })).body;

/** Rows, oldest first. */
export const identitiesOf = ({ query }: TestApp, { id }: { readonly id: string }) =>
  query(
    `SELECT provider, subject, email, created_at, last_used_at FROM identities
     WHERE user_id = $1 ORDER BY created_at, id`,
    [id],
  );

/** The newest audit events, oldest of them first. */
export async function lastAudits({ query }: TestApp, most: number) {
  const rows = await query(
    `SELECT action, actor_id AS actor, subject_id AS subject, details FROM audit_events
     ORDER BY id DESC LIMIT $1`,
    [most],
  );
  return rows.toReversed();
}
