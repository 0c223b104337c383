import { shapesOf } from '../../support/cookies';
import { alter, countOf, userRow } from '../../support/effects';
import { FRONTEND, linkWith, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  appear,
  enter,
  identitiesOf,
  lastAudits,
  meOf,
  type ProviderName,
  PROVIDERS,
  visit,
  visitToLink,
} from '../../support/oauth-people';
import { PASSWORD, type Person, signedIn, signIn, type Tokens } from '../../support/people';
import { expectCleanLogs, expectProblem } from '../../support/problems';
import { UserAgent } from '../../support/providers/user-agent';

const FLOW_COOKIE = /^gatehouse_oauth_[\w-]{16}: Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/;

let test: OAuthTestApp;
let agent: UserAgent;
let person: Person;
let tokens: Tokens;
beforeAll(async () => {
  test = await startOAuthApp();
});
beforeEach(async () => {
  agent = new UserAgent();
  ({ person, tokens } = await signedIn(test));
});
afterEach(() => expectCleanLogs(test.logs));
afterAll(() => test.close());

const api = (path: string): string => `${test.api.origin}/api/v1/${path}`;
const bearer = () => ({ authorization: `Bearer ${tokens.access_token}` });

/** Where the frontend is told to go, after the provider has agreed. */
const endOf = async (url: string): Promise<string> =>
  (await agent.follow(url, { until: FRONTEND })).location!.href;

/** The page's own session, in cookies. */
async function signInByCookie(): Promise<string> {
  const { username } = person;
  const answer = await agent.post(api('auth/login?cookies=true'), { username, password: PASSWORD });
  expect(answer.status).toBe(200);
  return answer.body.csrf_token;
}

/** Neither an identity nor a session more, and a row in the audit trail that says why. */
async function expectRefused(provider: ProviderName, reason: string): Promise<void> {
  const before = [await countOf(test, 'identities'), await countOf(test, 'sessions')];
  const { answer, location, mails, audits } = await visitToLink(test, provider, tokens);
  expect([answer.status, location]).toEqual([302, `${FRONTEND}/login?error=${reason}`]);
  expect([mails, audits]).toEqual([[], ['sign_in_failed']]);
  const { id: subject } = await meOf(test, tokens);
  expect(await lastAudits(test, 1)).toEqual([
    { action: 'sign_in_failed', actor: null, subject, details: { method: provider, reason } },
  ]);
  expect([await countOf(test, 'identities'), await countOf(test, 'sessions')]).toEqual(before);
}

describe.each(PROVIDERS)('linking %s', (provider) => {
  it('adds it to the account, tells its owner, and opens no session', async () => {
    const before = [await userRow(test, person), await countOf(test, 'sessions')];
    const { subject, email } = appear(test, provider);
    const { answer, location, mails, audits } = await visitToLink(test, provider, tokens);

    expect([answer.status, location]).toEqual([302, `${FRONTEND}/auth?linked=${provider}`]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(mails).toEqual([`sign_in_method_linked to ${person.email}`]);
    expect(audits).toEqual(['identity_linked']);
    expect(await lastAudits(test, 1)).toEqual([
      {
        action: 'identity_linked',
        actor: person.id,
        subject: person.id,
        details: { method: provider },
      },
    ]);
    const now = test.clock.now();
    expect(await identitiesOf(test, person)).toEqual([
      { provider, subject, email, created_at: now, last_used_at: now },
    ]);
    expect([await userRow(test, person), await countOf(test, 'sessions')]).toEqual(before);
  });

  it('lets it sign in from then on, and the password too', async () => {
    appear(test, provider);
    await linkWith(test, provider, tokens);
    expect((await meOf(test, await enter(test, provider))).id).toBe(person.id);
    expect((await meOf(test, await signIn(test, person))).id).toBe(person.id);
  });

  it.each([
    ['unverified', { emailVerified: false }],
    ['missing', { email: null }],
  ])('asks for no address: it may be %s', async (_, facts) => {
    const { subject } = appear(test, provider, facts);
    const { location } = await visitToLink(test, provider, tokens);
    expect(location).toBe(`${FRONTEND}/auth?linked=${provider}`);
    expect(await identitiesOf(test, person)).toMatchObject([{ provider, subject }]);
    expect(await meOf(test, tokens)).toMatchObject({ email: person.email, is_verified: true });
  });

  it('asks for no address: it may be somebody else’s', async () => {
    const other = await signedIn(test);
    appear(test, provider, { email: other.person.email });
    const { location, mails } = await visitToLink(test, provider, tokens);
    expect(location).toBe(`${FRONTEND}/auth?linked=${provider}`);
    expect(mails).toEqual([`sign_in_method_linked to ${person.email}`]);
    expect(await identitiesOf(test, other.person)).toEqual([]);
    expect((await meOf(test, await enter(test, provider))).id).toBe(person.id);
  });

  it('again is quiet', async () => {
    const { subject } = appear(test, provider);
    await linkWith(test, provider, tokens);
    const linkedAt = test.clock.now();
    test.clock.advance({ minutes: 1 });
    const { email } = appear(test, provider, { subject });
    const { location, mails, audits } = await visitToLink(test, provider, tokens);

    expect(location).toBe(`${FRONTEND}/auth?linked=${provider}`);
    expect([mails, audits]).toEqual([[], []]);
    expect(await identitiesOf(test, person)).toEqual([
      { provider, subject, email, created_at: linkedAt, last_used_at: test.clock.now() },
    ]);
  });

  it('is refused for a second account of it', async () => {
    const { subject } = appear(test, provider);
    await linkWith(test, provider, tokens);
    appear(test, provider);
    await expectRefused(provider, 'provider_already_linked');
    expect(await identitiesOf(test, person)).toMatchObject([{ subject }]);
  });

  it('is refused for an account of it that somebody else has, enabled or not', async () => {
    appear(test, provider);
    const other = await meOf(test, await enter(test, provider));
    await expectRefused(provider, 'identity_taken');
    await alter(test, other, 'is_active = false');
    await expectRefused(provider, 'identity_taken');
    expect(await identitiesOf(test, other)).toHaveLength(1);
    expect(await identitiesOf(test, person)).toEqual([]);
  });
});

describe('beginning to link', () => {
  beforeEach(() => void appear(test, 'google'));

  it('answers a Bearer token with where to navigate, and a sealed cookie', async () => {
    const answer = await agent.post(api('auth/link/google'), {}, bearer());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({ authorization_url: expect.any(String) });
    expect(shapesOf(answer)).toEqual([expect.stringMatching(FLOW_COOKIE)]);
    const url = new URL(answer.body.authorization_url);
    expect(url.origin + url.pathname).toBe(test.google.urls.authorization);
    expect(url.searchParams.get('redirect_uri')).toBe(
      `${test.api.origin}/auth/oauth/callback/google`,
    );
    expect(await endOf(url.href)).toBe(`${FRONTEND}/auth?linked=google`);
  });

  it('needs no body', async () => {
    const { access_token: token } = tokens;
    const answer = await test.api.call('POST', 'auth/link/google', { token });
    expect(answer.status).toBe(200);
  });

  it('redirects a GET with a Bearer token', async () => {
    const answer = await agent.get(api('auth/link/google'), bearer());
    expect([answer.status, answer.text]).toEqual([302, '']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer)).toEqual([expect.stringMatching(FLOW_COOKIE)]);
    const end = await endOf(answer.headers.get('location')!);
    expect(end).toBe(`${FRONTEND}/auth?linked=google`);
    expect(await identitiesOf(test, person)).toHaveLength(1);
  });

  it('takes cookies with X-CSRF-Token', async () => {
    const csrf = await signInByCookie();
    const headers = { 'x-csrf-token': csrf, origin: FRONTEND };
    const answer = await agent.post(api('auth/link/google'), {}, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer)).toEqual([expect.stringMatching(FLOW_COOKIE)]);
    expect(await endOf(answer.body.authorization_url)).toBe(`${FRONTEND}/auth?linked=google`);
    expect(await identitiesOf(test, person)).toHaveLength(1);
  });

  it.each([
    ['without a CSRF token', {}, 'csrf_token_invalid'],
    ['with a wrong one', { 'x-csrf-token': 'x' }, 'csrf_token_invalid'],
    ['from a foreign page', { origin: 'https://evil.example' }, 'origin_not_allowed'],
  ])('is refused to cookies %s', async (_, headers, code) => {
    await signInByCookie();
    const answer = await agent.post(api('auth/link/google'), {}, headers);
    expectProblem(answer, 403, code);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it('by GET is refused to cookies, whatever comes with them', async () => {
    const csrf = await signInByCookie();
    for (const headers of [{}, { 'x-csrf-token': csrf, origin: FRONTEND }]) {
      const answer = await agent.get(api('auth/link/google'), headers as never);
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });

  it.each(['GET', 'POST'])('by %s is for somebody signed in', async (method) => {
    for (const path of ['/api/v1/auth/link/google', '/api/auth/link/google']) {
      expectProblem(await test.api.call(method, path), 401, 'unauthenticated');
      const forged = await test.api.call(method, path, { token: 'x' });
      expectProblem(forged, 401, 'invalid_access_token');
    }
  });

  it.each(['GET', 'POST'])('by %s ends where redirect_to says', async (method) => {
    const target = `${FRONTEND}/settings?tab=1#linked`;
    const link = api(`auth/link/google?redirect_to=${encodeURIComponent(target)}`);
    const answer =
      method === 'GET' ? await agent.get(link, bearer()) : await agent.post(link, {}, bearer());
    const url = answer.headers.get('location') ?? answer.body.authorization_url;
    expect(await endOf(url)).toBe(`${FRONTEND}/settings?tab=1&linked=google#linked`);
  });

  it('is no sign-in for whoever else is signed in in that browser', async () => {
    const { body } = await agent.post(api('auth/link/google'), {}, bearer());
    const other = await signedIn(test);
    ({ person } = other);
    await signInByCookie();
    expect(await endOf(body.authorization_url)).toBe(`${FRONTEND}/auth?linked=google`);
    expect(await identitiesOf(test, other.person)).toEqual([]);
    expect((await meOf(test, await enter(test, 'google'))).id).toBe((await meOf(test, tokens)).id);
  });
});

describe('a session that has ended meanwhile', () => {
  const ENDINGS: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['signed out', () => test.api.post('auth/logout', {}, { token: tokens.access_token })],
    [
      'signed out everywhere',
      () => test.api.post('auth/logout-all', {}, { token: tokens.access_token }),
    ],
    ['disabled', () => alter(test, person, 'is_active = false')],
    ['with a new stamp', () => alter(test, person, 'security_stamp = gen_random_uuid()')],
    ['deleted', () => test.query('DELETE FROM users WHERE id = $1', [person.id])],
  ];

  it.each(ENDINGS)('links nothing: %s', async (_, end) => {
    appear(test, 'google');
    const { body } = await agent.post(api('auth/link/google'), {}, bearer());
    await end();
    const before = await countOf(test, 'identities');
    expect(await endOf(body.authorization_url)).toBe(`${FRONTEND}/login?error=unauthenticated`);
    expect(await countOf(test, 'identities')).toBe(before);
  });

  it('links if it was refreshed', async () => {
    appear(test, 'google');
    const { body } = await agent.post(api('auth/link/google'), {}, bearer());
    await test.api.post('auth/refresh', { refresh_token: tokens.refresh_token });
    expect(await endOf(body.authorization_url)).toBe(`${FRONTEND}/auth?linked=google`);
  });
});

describe('an account without an address', () => {
  beforeEach(async () => {
    appear(test, 'discord', { email: null });
    tokens = await enter(test, 'discord');
    person = await meOf(test, tokens);
  });

  it('takes the one that the provider has verified, and is told there', async () => {
    test.clock.advance({ minutes: 1 });
    const { email } = appear(test, 'google');
    const before = await meOf(test, tokens);
    const { location, mails, audits } = await visitToLink(test, 'google', tokens);

    expect(location).toBe(`${FRONTEND}/auth?linked=google`);
    expect(mails).toEqual([`sign_in_method_linked to ${email}`]);
    expect(audits).toEqual(['email_changed', 'identity_linked']);
    expect(await meOf(test, tokens)).toEqual({
      ...before,
      email,
      is_verified: true,
      updated_at: test.clock.now().toISOString(),
    });
  });

  it('is then joined by other providers that have verified it', async () => {
    const { email } = appear(test, 'google');
    await linkWith(test, 'google', tokens);
    appear(test, 'github', { email });
    const { mails } = await visit(test, 'github');
    expect(mails).toEqual([`sign_in_method_linked to ${email}`]);
    expect((await meOf(test, await enter(test, 'github'))).id).toBe(person.id);
  });

  it.each([
    ['unverified', () => ({ emailVerified: false })],
    ['none', () => ({ email: null })],
    ['somebody else’s', async () => ({ email: (await signedIn(test)).person.email })],
    [
      'somebody else’s, in other letters',
      async () => ({ email: (await signedIn(test)).person.email.toUpperCase() }),
    ],
    [
      'that of a disabled account',
      async () => {
        const other = (await signedIn(test)).person;
        await alter(test, other, 'is_active = false');
        return { email: other.email };
      },
    ],
    [
      'somebody else’s who never verified it',
      async () => {
        const other = (await signedIn(test)).person;
        await alter(test, other, 'email_verified_at = NULL');
        return { email: other.email };
      },
    ],
  ])('links and takes no address that is %s', async (_, facts) => {
    const before = await userRow(test, person);
    appear(test, 'google', await facts());
    const { location, mails, audits } = await visitToLink(test, 'google', tokens);
    expect(location).toBe(`${FRONTEND}/auth?linked=google`);
    expect([mails, audits]).toEqual([[], ['identity_linked']]);
    expect(await userRow(test, person)).toEqual(before);
    expect(await identitiesOf(test, person)).toHaveLength(2);
  });
});

it('gives an account with an address no other one', async () => {
  const before = await userRow(test, person);
  appear(test, 'google');
  await linkWith(test, 'google', tokens);
  expect(await userRow(test, person)).toEqual(before);
});
