import { alter, countOf, userRow } from '../../support/effects';
import { FRONTEND, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  appear,
  enter,
  identitiesOf,
  lastAudits,
  meOf,
  type ProviderName,
  PROVIDERS,
  visit,
} from '../../support/oauth-people';
import { PASSWORD, signIn, signUp } from '../../support/people';
import { expectCleanLogs, expectProblem } from '../../support/problems';

const WITH_CODE = new RegExp(`^${FRONTEND}/auth\\?code=[\\w-]{43}$`);

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterEach(() => {
  expectCleanLogs(test.logs);
  for (const provider of PROVIDERS) expect(test[provider].violations).toEqual([]);
});
afterAll(() => test.close());

const rows = async () => ({
  users: await countOf(test, 'users'),
  identities: await countOf(test, 'identities'),
  sessions: await countOf(test, 'sessions'),
});

/** Leaves no account, no identity and no session behind. */
async function expectRefused(provider: ProviderName, reason: string, subject: string | null) {
  const before = await rows();
  const { location, mails, audits } = await visit(test, provider);
  expect(location).toBe(`${FRONTEND}/login?error=${reason}`);
  expect([mails, audits]).toEqual([[], ['sign_in_failed']]);
  expect(await lastAudits(test, 1)).toEqual([
    { action: 'sign_in_failed', actor: null, subject, details: { method: provider, reason } },
  ]);
  expect(await rows()).toEqual(before);
}

describe.each(PROVIDERS)('the first sign-in with %s', (provider) => {
  it('makes an account of what the provider tells', async () => {
    const { subject, email, name, picture } = appear(test, provider);
    const before = await rows();
    const now = test.clock.now();
    const { answer, location, mails, audits } = await visit(test, provider);

    expect([answer.status, location]).toEqual([302, expect.stringMatching(WITH_CODE)]);
    expect([mails, audits]).toEqual([[], ['user_registered', 'sign_in_succeeded']]);
    const code = new URL(location!).searchParams.get('code');
    const exchanged = await test.api.post('auth/oauth/exchange', { code });
    const user = await meOf(test, exchanged.body);
    const hash = `https://cdn.discordapp.com/avatars/${subject}/${String(picture)}.png`;
    expect(user).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      username: email.split('@')[0],
      email,
      is_verified: true,
      is_active: true,
      is_oauth: true,
      role: 'user',
      display_name: null,
      full_name: name,
      bio: null,
      avatar_url: provider === 'discord' ? hash : picture,
      niche_preference: null,
      is_premium: false,
      premium_until: null,
      created_at: now.toISOString(),
      updated_at: now.toISOString(),
      last_login_at: now.toISOString(),
    });
    expect(await rows()).toEqual({
      users: before.users + 1,
      identities: before.identities + 1,
      sessions: before.sessions + 1,
    });
    expect(await identitiesOf(test, user)).toEqual([
      { provider, subject, email, created_at: now, last_used_at: now },
    ]);
    const event = { actor: user.id, subject: user.id, details: { method: provider } };
    expect(await lastAudits(test, 2)).toEqual([
      { action: 'user_registered', ...event },
      { action: 'sign_in_succeeded', ...event },
    ]);
  });

  it('opens a session of its method', async () => {
    appear(test, provider);
    const { access_token: token } = await enter(test, provider);
    const { body } = await test.api.get('users/me/sessions', { token });
    const now = test.clock.now().toISOString();
    expect(body).toEqual({
      count: 1,
      sessions: [
        {
          id: expect.any(String),
          current: true,
          created_at: now,
          last_used_at: now,
          ip: '127.0.0.1',
          user_agent: 'node',
          device: 'node',
          method: provider,
        },
      ],
    });
  });

  it('leaves an account that no password signs in to', async () => {
    const { email: username } = appear(test, provider);
    const user = await meOf(test, await enter(test, provider));
    expect((await userRow(test, user)).password_hash).toBeNull();
    const answer = await test.api.post('auth/login', { username, password: PASSWORD });
    expectProblem(answer, 401, 'invalid_credentials');
  });
});

describe.each(PROVIDERS)('the next sign-in with %s', (provider) => {
  it('is to the same account, which it leaves as it is', async () => {
    const visitor = appear(test, provider);
    const first = await meOf(test, await enter(test, provider));
    const before = await rows();
    const linkedAt = test.clock.now();
    test.clock.advance({ days: 1 });
    const { name, picture } = { name: 'Somebody Else', picture: 'https://elsewhere.test/x.png' };
    appear(test, provider, { ...visitor, name, picture });
    const { location, mails, audits } = await visit(test, provider);

    expect([mails, audits]).toEqual([[], ['sign_in_succeeded']]);
    const code = new URL(location!).searchParams.get('code');
    const { body: tokens } = await test.api.post('auth/oauth/exchange', { code });
    const now = test.clock.now();
    expect(await meOf(test, tokens)).toEqual({ ...first, last_login_at: now.toISOString() });
    expect(await rows()).toEqual({ ...before, sessions: before.sessions + 1 });
    const { subject, email } = visitor;
    expect(await identitiesOf(test, first)).toEqual([
      { provider, subject, email, created_at: linkedAt, last_used_at: now },
    ]);
  });

  it.each([
    [
      'another address',
      { email: `moved-${provider}@example.com` },
      `moved-${provider}@example.com`,
    ],
    [
      'another, unverified',
      { email: `x-${provider}@example.com`, emailVerified: false },
      `x-${provider}@example.com`,
    ],
    ['none', { email: null }, null],
  ])('keeps the account’s address where the provider tells %s', async (_, facts, told) => {
    const { subject, email } = appear(test, provider);
    const first = await meOf(test, await enter(test, provider));
    appear(test, provider, { subject, ...facts });
    const user = await meOf(test, await enter(test, provider));

    expect([user.id, user.email, user.is_verified]).toEqual([first.id, email, true]);
    expect(await identitiesOf(test, first)).toMatchObject([{ provider, subject, email: told }]);
  });
});

describe('the username of a new account', () => {
  const usernameOf = async (provider: ProviderName, facts: object): Promise<string> => {
    appear(test, provider, facts);
    return (await meOf(test, await enter(test, provider))).username;
  };

  it.each([
    ['google', { email: 'Grace.Hopper+cobol@example.com' }, 'grace.hopper_cobol'],
    ['google', { email: 'li@example.com', name: 'Li Wei' }, 'li_wei'],
    ['google', { email: '李@example.com', name: 'Bruce Lee' }, 'bruce_lee'],
    ['discord', { email: 'jo@example.com', username: 'jo.march' }, 'jo.march'],
    ['discord', { email: null, username: 'amy#1868' }, 'amy_1868'],
    ['discord', { email: null, username: null, name: 'Beth March' }, 'beth_march'],
    ['github', { email: 'al@example.com', username: 'turing' }, 'turing'],
    ['acme', { email: 'ed@example.com', username: 'dijkstra' }, 'dijkstra'],
    ['acme', { email: undefined, username: undefined, name: 'Tony Hoare' }, 'tony_hoare'],
  ] as const)('of %s and %j is %s', async (provider, facts, username) => {
    expect(await usernameOf(provider, facts)).toBe(username);
  });

  it('is another where it is taken, in any case of its letters', async () => {
    await signUp(test, 'Margaret');
    const second = await usernameOf('google', { email: 'margaret@hamilton.test' });
    const third = await usernameOf('acme', { email: 'margaret@apollo.test' });
    expect(second).toMatch(/^margaret_[\da-f]{4}$/);
    expect(third).toMatch(/^margaret_[\da-f]{4}$/);
    expect(third).not.toBe(second);
  });

  it('is user where nothing else is left, and then like it', async () => {
    const facts = () => ({ email: null, username: '李', name: '💩' });
    expect(await usernameOf('discord', facts())).toBe('user');
    expect(await usernameOf('discord', facts())).toMatch(/^user_[\da-f]{4}$/);
  });

  it('is as long as may be', async () => {
    const email = `${'x'.repeat(64)}@example.com`;
    expect(await usernameOf('google', { email })).toBe('x'.repeat(40));
    const again = await usernameOf('google', { email: `${'x'.repeat(63)}@example.com` });
    expect(again).toMatch(/^x{40}_[\da-f]{4}$/);
  });
});

describe('an account without an address', () => {
  it.each([null, undefined, '', 'no address', '"ada"@example.com', 'ada\ud800@example.com'])(
    'is made where the provider tells %j',
    async (email) => {
      const { subject } = appear(test, 'discord', { email, emailVerified: true });
      const { mails, audits } = await visit(test, 'discord');
      const user = await meOf(test, await enter(test, 'discord'));

      expect([mails, audits]).toEqual([[], ['user_registered', 'sign_in_succeeded']]);
      expect(user).toMatchObject({ email: null, is_verified: false, is_oauth: true });
      expect(await identitiesOf(test, user)).toMatchObject([
        { provider: 'discord', subject, email: null },
      ]);
    },
  );

  it('is each somebody’s own', async () => {
    appear(test, 'discord', { email: null });
    const one = await meOf(test, await enter(test, 'discord'));
    appear(test, 'discord', { email: null });
    const other = await meOf(test, await enter(test, 'discord'));
    expect(other.id).not.toBe(one.id);
  });
});

describe.each(PROVIDERS)('an address that %s has not verified', (provider) => {
  it('signs nobody in, whoever has it', async () => {
    const { email } = await signUp(test);
    const facts = { emailVerified: false };
    appear(test, provider, facts);
    await expectRefused(provider, 'provider_email_unverified', null);
    appear(test, provider, { ...facts, email });
    await expectRefused(provider, 'provider_email_unverified', null);
  });
});

describe('a list of addresses, as GitHub has it', () => {
  afterEach(() => {
    test.github.emails = null;
  });
  const work = { email: 'work@example.org', primary: false, verified: true };
  const visitWith = (list: unknown) => {
    const visitor = appear(test, 'github');
    test.github.emails = () => list;
    return visitor;
  };

  it.each([
    ['first', (primary: object) => [primary, work]],
    ['last', (primary: object) => [work, null, 'text', 7, {}, primary]],
    [
      'in other words',
      (primary: object) => [work, { ...primary, primary: 'true', verified: 'true' }],
    ],
  ])('tells the primary one, %s', async (_, listOf) => {
    const { email } = visitWith([]);
    test.github.emails = () => listOf({ email, primary: true, verified: true });
    expect(await meOf(test, await enter(test, 'github'))).toMatchObject({
      email,
      is_verified: true,
    });
  });

  it.each([
    ['is empty', []],
    ['has no primary one', [work]],
    ['has a primary one that is none', [{ primary: true, verified: true }, work]],
    ['has odd entries', [null, 'text', 7, [], { email: 7, primary: true, verified: true }]],
  ])('that %s makes an account without an address', async (_, list) => {
    visitWith(list);
    expect(await meOf(test, await enter(test, 'github'))).toMatchObject({
      email: null,
      is_verified: false,
    });
  });

  it('does not make up for a primary one that is unverified', async () => {
    visitWith([{ email: 'primary@example.org', primary: true, verified: false }, work]);
    await expectRefused('github', 'provider_email_unverified', null);
  });

  it.each([[{ message: 'Requires authentication' }], ['text'], [null], [7], [true]])(
    'that is none, but %j, is a fault of the provider',
    async (list) => {
      visitWith(JSON.stringify(list));
      const before = await rows();
      const { location, mails, audits } = await visit(test, 'github');
      expect(location).toBe(`${FRONTEND}/login?error=provider_error`);
      expect([mails, audits, await rows()]).toEqual([[], [], before]);
    },
  );
});

describe('a disabled account', () => {
  it.each(PROVIDERS)('is not signed in to with %s', async (provider) => {
    const { subject, email } = appear(test, provider);
    const user = await meOf(test, await enter(test, provider));
    await alter(test, user, 'is_active = false');
    const before = [await userRow(test, user), await identitiesOf(test, user)];
    test.clock.advance({ hours: 1 });
    await expectRefused(provider, 'account_disabled', user.id);
    expect([await userRow(test, user), await identitiesOf(test, user)]).toEqual(before);

    // Another account there, with the address.
    appear(test, provider, { email });
    await expectRefused(provider, 'account_disabled', user.id);
    expect(await identitiesOf(test, user)).toMatchObject([{ subject }]);
  });

  it.each(['now()', 'NULL'])('is not joined or reclaimed, verified %s', async (verified) => {
    const person = await signUp(test);
    await alter(test, person, `is_active = false, email_verified_at = ${verified}`);
    appear(test, 'google', { email: person.email });
    await expectRefused('google', 'account_disabled', person.id);
  });

  it('opens again when it is enabled', async () => {
    appear(test, 'google');
    const user = await meOf(test, await enter(test, 'google'));
    await alter(test, user, 'is_active = false');
    await expectRefused('google', 'account_disabled', user.id);
    await alter(test, user, 'is_active = true');
    expect((await meOf(test, await enter(test, 'google'))).id).toBe(user.id);
  });
});

it('knows one person by the subject of each provider, not by the subject alone', async () => {
  const { subject } = appear(test, 'google');
  const one = await meOf(test, await enter(test, 'google'));
  appear(test, 'github', { subject });
  const other = await meOf(test, await enter(test, 'github'));
  expect(other.id).not.toBe(one.id);
});

it('lets an account without a password set one, which then signs in beside the provider', async () => {
  const { email } = appear(test, 'google');
  const user = await meOf(test, await enter(test, 'google'));
  await test.api.post('auth/password/reset/request', { email });
  const { text } = await test.inbox.waitFor(email, /^Reset/);
  const token = new URL(/https?:\S*token=\S+/.exec(text)![0]).searchParams.get('token');
  const reset = await test.api.post('auth/password/reset/confirm', {
    token,
    new_password: PASSWORD,
  });
  expect(reset.status).toBe(200);

  const tokens = await signIn(test, { ...user, password: PASSWORD });
  expect(await meOf(test, tokens)).toMatchObject({ id: user.id, is_oauth: false });
  expect((await meOf(test, await enter(test, 'google'))).id).toBe(user.id);
});
