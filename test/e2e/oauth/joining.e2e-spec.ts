import { alter, effectsOf, userRow } from '../../support/effects';
import { FRONTEND, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  appear,
  enter,
  identitiesOf,
  lastAudits,
  meOf,
  PROVIDERS,
  visit,
} from '../../support/oauth-people';
import { resetToken, verificationToken } from '../../support/links';
import {
  PASSWORD,
  type Person,
  signedIn,
  signIn,
  signUp,
  signUpVerified,
  type Tokens,
} from '../../support/people';
import { expectCleanLogs, expectProblem } from '../../support/problems';

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterEach(() => expectCleanLogs(test.logs));
afterAll(() => test.close());

const tokensFor = async (location: string | null): Promise<Tokens> => {
  const code = new URL(location!).searchParams.get('code');
  const answer = await test.api.post('auth/oauth/exchange', { code });
  expect(answer.status).toBe(200);
  return answer.body;
};

const statusOf = async ({ access_token: token }: Tokens): Promise<number> =>
  (await test.api.get('auth/me', { token })).status;

const methodsOf = async ({ access_token: token }: Tokens): Promise<string[]> => {
  const { body } = await test.api.get('users/me/sessions', { token });
  return body.sessions.map(({ method }: { method: string }) => method).toSorted();
};

describe.each(PROVIDERS)('a verified address that %s has verified', (provider) => {
  it('joins its account, which keeps all it has', async () => {
    const { person, tokens } = await signedIn(test);
    const before = [await meOf(test, tokens), await userRow(test, person)];
    test.clock.advance({ minutes: 1 });
    const { subject } = appear(test, provider, { email: person.email });
    const { location, mails, audits } = await visit(test, provider);

    expect(mails).toEqual([`sign_in_method_linked to ${person.email}`]);
    expect(audits).toEqual(['identity_linked', 'sign_in_succeeded']);
    const event = { actor: person.id, subject: person.id, details: { method: provider } };
    expect(await lastAudits(test, 2)).toEqual([
      { action: 'identity_linked', ...event },
      { action: 'sign_in_succeeded', ...event },
    ]);
    const now = test.clock.now();
    expect(await meOf(test, await tokensFor(location))).toEqual({
      ...before[0],
      last_login_at: now.toISOString(),
    });
    expect(await userRow(test, person)).toEqual({ ...before[1], last_login_at: now });
    expect(await identitiesOf(test, person)).toEqual([
      { provider, subject, email: person.email, created_at: now, last_used_at: now },
    ]);

    // Sessions stay, and so does the password.
    expect(await statusOf(tokens)).toBe(200);
    expect(await methodsOf(tokens)).toEqual([provider, 'password'].toSorted());
    expect(await meOf(test, await signIn(test, person))).toMatchObject({ is_oauth: false });
  });
});

it('tells the owner which provider, and from where', async () => {
  const person = await signUpVerified(test);
  appear(test, 'github', { email: person.email });
  await visit(test, 'github');
  const mail = await test.inbox.waitFor(person.email, /can now sign in/);
  expect(mail.subject).toContain('GitHub');
  expect(mail.text).toContain('127.0.0.1');
});

it('finds the account whatever the case of the address', async () => {
  const person = await signUpVerified(test);
  appear(test, 'google', { email: ` ${person.email.toUpperCase()} ` });
  const { location, mails } = await visit(test, 'google');
  expect(mails).toEqual([`sign_in_method_linked to ${person.email}`]);
  expect((await meOf(test, await tokensFor(location))).id).toBe(person.id);
  expect(await identitiesOf(test, person)).toMatchObject([{ email: person.email }]);
});

it('joins once: the next sign-in is quiet', async () => {
  const person = await signUpVerified(test);
  appear(test, 'google', { email: person.email });
  await visit(test, 'google');
  const { mails, audits } = await visit(test, 'google');
  expect([mails, audits]).toEqual([[], ['sign_in_succeeded']]);
});

it('joins all four providers to one account', async () => {
  const { email } = appear(test, 'google');
  const user = await meOf(test, await enter(test, 'google'));
  for (const provider of ['discord', 'github', 'acme'] as const) {
    test.clock.advance({ seconds: 1 });
    appear(test, provider, { email });
    const { location, mails } = await visit(test, provider);
    expect(mails).toEqual([`sign_in_method_linked to ${email}`]);
    expect((await meOf(test, await tokensFor(location))).id).toBe(user.id);
  }
  const linked = await identitiesOf(test, user);
  expect(linked.map(({ provider }: { provider: string }) => provider)).toEqual(PROVIDERS);
});

it('does not put another account of the provider in the place of the one that is linked', async () => {
  const { subject, email } = appear(test, 'google');
  const user = await meOf(test, await enter(test, 'google'));
  appear(test, 'google', { email });
  const { location, mails, audits } = await visit(test, 'google');

  expect(location).toBe(`${FRONTEND}/login?error=provider_already_linked`);
  expect([mails, audits]).toEqual([[], ['sign_in_failed']]);
  expect(await lastAudits(test, 1)).toEqual([
    {
      action: 'sign_in_failed',
      actor: null,
      subject: user.id,
      details: { method: 'google', reason: 'provider_already_linked' },
    },
  ]);
  expect(await identitiesOf(test, user)).toMatchObject([{ subject, email }]);
});

describe('an account that never verified the address', () => {
  /** Somebody's account with somebody else's address, as it is where that may sign in. */
  async function prepared(): Promise<{ person: Person; tokens: Tokens }> {
    const squatter = await signedIn(test);
    await alter(test, squatter.person, 'email_verified_at = NULL');
    return squatter;
  }

  it.each(PROVIDERS)('goes to whom %s knows by it', async (provider) => {
    const { person, tokens } = await prepared();
    const before = await meOf(test, tokens);
    test.clock.advance({ minutes: 1 });
    const { subject } = appear(test, provider, { email: person.email });
    const { location, mails, audits } = await visit(test, provider);

    expect(mails).toEqual([`account_reclaimed to ${person.email}`]);
    expect(audits).toEqual(['account_reclaimed', 'identity_linked', 'sign_in_succeeded']);
    const event = { actor: person.id, subject: person.id, details: { method: provider } };
    expect(await lastAudits(test, 3)).toEqual(
      ['account_reclaimed', 'identity_linked', 'sign_in_succeeded'].map((action) => ({
        action,
        ...event,
      })),
    );
    const now = test.clock.now().toISOString();
    const owner = await tokensFor(location);
    expect(await meOf(test, owner)).toEqual({
      ...before,
      is_verified: true,
      is_oauth: true,
      updated_at: now,
      last_login_at: now,
    });
    expect(await identitiesOf(test, person)).toMatchObject([{ provider, subject }]);
    expect(await methodsOf(owner)).toEqual([provider]);
  });

  it('has neither the password, the sessions nor the links of before', async () => {
    const { person, tokens } = await prepared();
    const link = await resetToken(test, person);
    const { username, email } = person;
    appear(test, 'google', { email });
    await visit(test, 'google');

    for (const name of [username, email]) {
      const json = { username: name, password: PASSWORD };
      expectProblem(await test.api.post('auth/login', json), 401, 'invalid_credentials');
    }
    const { access_token: token, refresh_token } = tokens;
    expectProblem(await test.api.get('auth/me', { token }), 401, 'invalid_access_token');
    const refreshed = await test.api.post('auth/refresh', { refresh_token });
    expectProblem(refreshed, 401, 'invalid_refresh_token');
    const reset = await test.api.post('auth/password/reset/confirm', {
      token: link,
      new_password: 'of the squatter',
    });
    expectProblem(reset, 400, 'invalid_token');
    expect((await userRow(test, person)).password_hash).toBeNull();
  });

  it('has none of the identities of before, of whatever provider', async () => {
    const { person, tokens } = await prepared();
    const planted = appear(test, 'discord', { email: person.email });
    // By hand: to link it takes a session, which the next lines need as it is.
    for (const provider of ['discord', 'google'])
      await test.query(
        `INSERT INTO identities (id, user_id, provider, subject, created_at, last_used_at)
         VALUES (gen_random_uuid(), $1, $2, $3, now(), now())`,
        [person.id, provider, planted.subject],
      );
    const { subject } = appear(test, 'google', { email: person.email });
    await visit(test, 'google');
    expect(await identitiesOf(test, person)).toMatchObject([{ provider: 'google', subject }]);
    expect(await statusOf(tokens)).toBe(401);
  });

  it('is verified already when the link of before is used, which changes nothing', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    appear(test, 'google', { email: person.email });
    const { location } = await visit(test, 'google');
    const before = await userRow(test, person);
    const { answer, mails, audits } = await effectsOf(test, () =>
      test.api.post('auth/email/verification/confirm', { token }),
    );
    expect([answer.status, mails, audits]).toEqual([200, [], []]);
    expect(await userRow(test, person)).toEqual(before);
    expect(await statusOf(await tokensFor(location))).toBe(200);
  });

  it('is joined, not reclaimed, once it is verified', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    await test.api.post('auth/email/verification/confirm', { token });
    appear(test, 'google', { email: person.email });
    const { mails } = await visit(test, 'google');
    expect(mails).toEqual([`sign_in_method_linked to ${person.email}`]);
    await signIn(test, person);
  });
});
