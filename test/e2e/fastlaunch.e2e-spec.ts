import { alter, effectsOf, userRow } from '../support/effects';
import { linkIn, tokenIn } from '../support/inbox';
import { resetToken } from '../support/links';
import { type OAuthTestApp, startOAuthApp } from '../support/oauth-app';
import {
  type Person,
  PASSWORD,
  signedIn,
  signedInAs,
  signUp,
  signUpVerified,
} from '../support/people';
import { expectProblem } from '../support/problems';
import { UserAgent } from '../support/providers/user-agent';
import { standstill } from '../support/standstill';
import { startTestApp, type TestApp } from '../support/test-app';

/** The requests of a page that was written for FastLaunch, as its documentation has them. */
class Page {
  constructor(private readonly apiUrl: string) {}

  createUser(user: object): Promise<Response> {
    return this.sendJson('POST', 'create-user', user);
  }

  signIn(username: string, password: string): Promise<Response> {
    const formData = new URLSearchParams();
    formData.append('username', username);
    formData.append('password', password);
    return fetch(`${this.apiUrl}/auth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: formData,
    });
  }

  refresh(refreshToken: string): Promise<Response> {
    return this.sendJson('POST', 'refresh', { refresh_token: refreshToken });
  }

  getUser(accessToken: string): Promise<Response> {
    return fetch(`${this.apiUrl}/auth/get-user`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
  }

  updateUser(accessToken: string, change: object): Promise<Response> {
    const headers = { Authorization: `Bearer ${accessToken}` };
    return this.sendJson('PATCH', 'update-user', change, headers);
  }

  requestPasswordReset(email: string): Promise<Response> {
    return this.sendJson('POST', 'request-password-reset', { email });
  }

  resetPassword(token: string, newPassword: string): Promise<Response> {
    return this.sendJson('POST', 'reset-password', { token, new_password: newPassword });
  }

  private sendJson(method: string, route: string, body: object, headers = {}): Promise<Response> {
    return fetch(`${this.apiUrl}/auth/${route}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }
}

// Tests assert on whatever came.
// oxlint-disable-next-line typescript/no-explicit-any
const told = async (asked: Promise<Response>): Promise<[status: number, body: any]> => {
  const response = await asked;
  return [response.status, await response.json()];
};

const CREATED = { message: 'User created. Check your email to verify.' };
const TOKENS = {
  access_token: expect.any(String),
  refresh_token: expect.any(String),
  token_type: 'bearer',
  expires_in: 1800,
};

/** A whole refusal: FastLaunch's `detail`, and what else a problem has. */
const refusal = (status: number, code: string, detail: string, more: object = {}) => [
  status,
  {
    type: `/problems/${code}`,
    title: expect.stringMatching(/\S/),
    status,
    detail,
    code,
    request_id: expect.any(String),
    ...more,
  },
];

const invalid = (...fields: string[]) =>
  refusal(422, 'validation_failed', expect.stringMatching(/\S/), {
    errors: fields.map((field) => ({ pointer: `/${field}`, detail: expect.any(String) })),
  });

/** At /auth/token a refusal is one of OAuth2 too. */
const signInRefusal = (status: number, code: string, detail: string) =>
  refusal(status, code, detail, { error: 'invalid_grant', error_description: detail });

const NO_PLAN = {
  customer_id: null,
  plan_id: null,
  subscription_id: null,
  subscription_status: null,
  subscription_last_renew: null,
  subscription_next_renew: null,
};

const userOf = (person: Pick<Person, 'username' | 'email'>, more: object = {}) => ({
  id: expect.any(String),
  username: person.username,
  email: person.email,
  is_verified: true,
  is_active: true,
  is_oauth: false,
  role: 'user',
  display_name: null,
  full_name: null,
  bio: null,
  avatar_url: null,
  niche_preference: null,
  is_premium: false,
  premium_until: null,
  ...NO_PLAN,
  created_at: '2030-01-01T00:00:00.000Z',
  updated_at: '2030-01-01T00:00:00.000Z',
  last_login_at: '2030-01-01T00:00:00.000Z',
  ...more,
});

describe('a frontend written for FastLaunch', () => {
  let test: OAuthTestApp;
  let page: Page;
  const frontend = 'http://localhost:3000';
  beforeAll(async () => {
    test = await startOAuthApp({ OAUTH_RESULT: 'query', EMAIL_LINKS: 'direct' });
    page = new Page(test.api.origin);
  });
  afterAll(() => test.close());

  it('goes from sign-up by way of the mail to a profile, and recovers a password', async () => {
    const ada = { username: 'ada', email: 'ada@example.com', password: PASSWORD };
    expect(await told(page.createUser(ada))).toEqual([201, CREATED]);
    expect(await told(page.signIn('ada', PASSWORD))).toEqual(
      signInRefusal(401, 'email_not_verified', 'Verify your email first.'),
    );

    const link = linkIn(await test.inbox.waitFor(ada.email, /confirm/i));
    const visits = [await test.api.get(link.pathname + link.search)];
    visits.push(await test.api.get(link.pathname + link.search));
    expect(visits.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
      [302, `${frontend}/login?detail=email_verified`],
      [302, `${frontend}/login?detail=already_verified`],
    ]);

    const [status, tokens] = await told(page.signIn('ada', PASSWORD));
    expect([status, tokens]).toEqual([200, TOKENS]);
    const [, renewed] = await told(page.refresh(tokens.refresh_token));
    expect(renewed).toEqual(TOKENS);
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token);

    expect(await told(page.getUser(renewed.access_token))).toEqual([200, userOf(ada)]);
    const change = { display_name: 'Ada', bio: 'Poetical science.', niche_preference: 'maths' };
    expect(await told(page.updateUser(renewed.access_token, change))).toEqual([
      200,
      userOf(ada, change),
    ]);

    expect(await told(page.requestPasswordReset(ada.email))).toEqual([
      200,
      { detail: 'If the email exists, a reset link has been sent.' },
    ]);
    const reset = tokenIn(await test.inbox.waitFor(ada.email, /reset/i));
    expect(await told(page.resetPassword(reset, 'a better battery'))).toEqual([
      200,
      { detail: 'Password reset successful' },
    ]);
    expect((await page.getUser(renewed.access_token)).status).toBe(401);
    expect((await page.signIn('ada@example.com', 'a better battery')).status).toBe(200);

    await test.mailsSettled();
    expect(test.inbox.of(ada.email).map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^Confirm/),
      expect.stringMatching(/^Reset/),
      expect.stringMatching(/changed/),
    ]);
    expect(await test.auditTrail()).toEqual([
      'user_registered',
      'sign_in_failed',
      'email_verified',
      'sign_in_succeeded',
      'password_reset',
      'sign_in_succeeded',
    ]);
  });

  it('signs in with a provider, and finds the tokens in the address', async () => {
    Object.assign(test.google.person, { subject: 'grace', email: 'grace@example.com' });
    const start = `${test.api.origin}/auth/oauth/google`;
    const { location } = await new UserAgent().follow(start, { until: frontend });
    const query = location!.searchParams;
    expect([location!.pathname, [...query.keys()]]).toEqual([
      '/auth',
      ['access_token', 'refresh_token'],
    ]);
    const [status, user] = await told(page.getUser(query.get('access_token')!));
    expect([status, user.email, user.is_oauth]).toEqual([200, 'grace@example.com', true]);
    expect(await told(page.refresh(query.get('refresh_token')!))).toEqual([200, TOKENS]);
  });
});

describe('the dialect', () => {
  let test: TestApp;
  let page: Page;
  beforeAll(async () => {
    test = await startTestApp();
    page = new Page(test.api.origin);
  });
  afterAll(() => test.close());

  describe('POST /auth/create-user', () => {
    let count = 0;
    const somebody = (more: object = {}) => {
      const username = `new${count++}`;
      return { username, email: `${username}@example.com`, password: PASSWORD, ...more };
    };

    it('does what register does', async () => {
      const user = somebody();
      const { answer, mails, audits } = await effectsOf(test, () =>
        test.api.post('/auth/create-user', user),
      );
      expect([answer.status, answer.body]).toEqual([201, CREATED]);
      expect([mails, audits]).toEqual([
        [`email_verification to ${user.email}`],
        ['user_registered'],
      ]);
    });

    it('tells a taken name and a taken address in any spelling, the name first', async () => {
      const { username, email } = await signUp(test);
      const name = refusal(400, 'username_taken', 'Username already taken.');
      const address = refusal(400, 'email_taken', 'Email already taken.');
      const cases: [object, unknown[]][] = [
        [{ username: username.toUpperCase() }, name],
        [{ email: email.toUpperCase() }, address],
        [{ username, email }, name],
      ];
      for (const [taken, expected] of cases) {
        const { answer, mails, audits } = await effectsOf(test, () =>
          test.api.post('/auth/create-user', somebody(taken)),
        );
        expect([answer.status, answer.body]).toEqual(expected);
        expect([mails, audits]).toEqual([[], []]);
        expectProblem(answer, 400, answer.body.code);
      }
    });

    it('is documented with the statuses that it has', async () => {
      const { body } = await test.api.get('/openapi.json');
      const { responses, tags } = body.paths['/auth/create-user'].post;
      const { examples } = responses['400'].content['application/problem+json'];
      expect(Object.keys(examples)).toEqual(
        expect.arrayContaining(['username_taken', 'email_taken']),
      );
      expect([examples.email_taken.value.status, responses['409'], tags]).toEqual([
        400,
        undefined,
        ['fastlaunch'],
      ]);
    });

    it.each([
      ['a short password', { password: 'short' }, ['password']],
      ['an address that is none', { email: 'nobody' }, ['email']],
      ['a name like an address', { username: 'ada@example.com' }, ['username']],
      [
        'nothing',
        { username: undefined, email: undefined, password: undefined },
        ['username', 'email', 'password'],
      ],
      ['a role', { role: 'admin' }, ['role']],
    ])('refuses %s', async (_, wrong, fields) => {
      expect(await told(page.createUser(somebody(wrong)))).toEqual(invalid(...fields));
    });

    it('makes one account of sixteen at once', async () => {
      const user = somebody();
      const answers = await Promise.all(
        Array.from({ length: 16 }, () => told(page.createUser(user))),
      );
      const made = answers.filter(([status]) => status === 201);
      expect(made).toEqual([[201, CREATED]]);
      for (const answer of answers.filter(([status]) => status !== 201))
        expect(answer).toEqual(refusal(400, 'username_taken', 'Username already taken.'));
    });
  });

  describe('POST /auth/token', () => {
    const WRONG = signInRefusal(401, 'invalid_credentials', 'Invalid username or password.');

    it('takes a username or an address, and what OAuth2 libraries send along', async () => {
      const { username, email } = await signUpVerified(test);
      for (const name of [username, email])
        expect(await told(page.signIn(name, PASSWORD))).toEqual([200, TOKENS]);
      const form = { grant_type: 'password', username, password: PASSWORD, scope: '' };
      const answer = await test.api.call('POST', '/auth/token', { form });
      expect([answer.status, answer.body]).toEqual([200, TOKENS]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.getSetCookie()).toEqual([]);
    });

    it('has one refusal for an unknown user, a wrong password and an account without', async () => {
      const [person, other] = [await signUpVerified(test), await signUpVerified(test)];
      await alter(test, other, 'password_hash = NULL');
      expect(await told(page.signIn('nobody', PASSWORD))).toEqual(WRONG);
      expect(await told(page.signIn(person.username, 'wrong'))).toEqual(WRONG);
      expect(await told(page.signIn(other.username, PASSWORD))).toEqual(WRONG);
    });

    it('tells the rest to somebody who knows the password', async () => {
      const [unverified, disabled] = [await signUp(test), await signUpVerified(test)];
      await alter(test, disabled, 'is_active = false');
      expect(await told(page.signIn(unverified.username, 'wrong'))).toEqual(WRONG);
      expect(await told(page.signIn(disabled.username, 'wrong'))).toEqual(WRONG);
      expect(await told(page.signIn(unverified.username, PASSWORD))).toEqual(
        signInRefusal(401, 'email_not_verified', 'Verify your email first.'),
      );
      expect(await told(page.signIn(disabled.username, PASSWORD))).toEqual(
        signInRefusal(403, 'account_disabled', 'This account is disabled. Ask support.'),
      );
    });

    it('refuses what is no form, and a form without the fields', async () => {
      const json = { username: 'ada', password: PASSWORD };
      const asJson = await test.api.post('/auth/token', json);
      expectProblem(asJson, 415, 'unsupported_media_type');
      const empty = await test.api.call('POST', '/auth/token', { form: { username: 'ada' } });
      expectProblem(empty, 422, 'validation_failed');
      expect(empty.body.errors).toMatchObject([{ pointer: '/password' }]);
    });
  });

  describe('POST /auth/refresh', () => {
    it('refuses a forged token, an access token, and one of a session that ended', async () => {
      const { tokens } = await signedIn(test);
      const INVALID = refusal(
        401,
        'invalid_refresh_token',
        'The refresh token is not valid, or no longer. Sign in again.',
      );
      expect(await told(page.refresh('forged'))).toEqual(INVALID);
      expect(await told(page.refresh(tokens.access_token))).toEqual(INVALID);
      await test.api.post(
        'auth/logout',
        {},
        {
          token: tokens.access_token,
        },
      );
      expect(await told(page.refresh(tokens.refresh_token))).toEqual(INVALID);
    });

    it('takes a token that comes back after the grace for stolen', async () => {
      const { person, tokens } = await signedIn(test);
      await page.refresh(tokens.refresh_token);
      test.clock.advance({ seconds: 11 });
      const { answer, mails, audits } = await effectsOf(test, () =>
        test.api.post('/auth/refresh', { refresh_token: tokens.refresh_token }),
      );
      expectProblem(answer, 401, 'refresh_token_reused');
      expect(typeof answer.body.detail).toBe('string');
      expect([mails, audits]).toEqual([
        [`refresh_token_reused to ${person.email}`],
        ['refresh_token_reused'],
      ]);
    });

    it('wants the token in the body, wherever else it is', async () => {
      const { tokens } = await signedIn(test);
      const query = `?refresh_token=${tokens.refresh_token}`;
      const cookie = `gatehouse_refresh=${tokens.refresh_token}`;
      for (const answer of [
        await test.api.post('/auth/refresh', {}),
        await test.api.post(`/auth/refresh${query}`),
        await test.api.post('/auth/refresh', {}, { headers: { cookie } }),
      ])
        expect([answer.status, answer.body]).toEqual(invalid('refresh_token'));
    });
  });

  describe('GET /auth/get-user', () => {
    it('refuses whoever is not signed in with a Bearer token', async () => {
      const { tokens } = await signedIn(test);
      const cookie = `gatehouse_access=${tokens.access_token}`;
      for (const headers of [undefined, { cookie }]) {
        const answer = await test.api.get('/auth/get-user', { headers });
        expectProblem(answer, 401, 'unauthenticated');
      }
      for (const token of ['forged', tokens.refresh_token])
        expectProblem(await test.api.get('/auth/get-user', { token }), 401, 'invalid_access_token');
    });

    it('has the columns of a subscription, which nobody changes for themselves', async () => {
      const [{ person, tokens }, admin] = [await signedIn(test), await signedInAs(test, 'admin')];
      const plan = {
        customer_id: 'cus_1',
        plan_id: 'pro',
        subscription_id: 'sub_1',
        subscription_status: 'active',
        subscription_last_renew: '2030-01-01T00:00:00.000Z',
        subscription_next_renew: '2030-02-01T00:00:00.000Z',
      };
      const json = { ...plan, premium_until: '2030-02-01T00:00:00.000Z' };
      const token = admin.tokens.access_token;
      await test.api.call('PUT', `users/${person.id}/subscription`, { json, token });
      const paying = userOf(person, { ...json, is_premium: true, bio: null });
      const now = expect.any(String);
      const times = { created_at: now, updated_at: now, last_login_at: now };
      const [, user] = await told(page.getUser(tokens.access_token));
      expect(user).toEqual({ ...paying, ...times });
      const [, changed] = await told(page.updateUser(tokens.access_token, { bio: 'Pays.' }));
      expect(changed).toEqual({ ...paying, ...times, bio: 'Pays.' });
    });

    it('refuses the token of a disabled account', async () => {
      const { person, tokens } = await signedIn(test);
      await alter(test, person, 'is_active = false');
      const answer = await test.api.get('/auth/get-user', { token: tokens.access_token });
      expectProblem(answer, 401, 'invalid_access_token');
    });
  });

  describe('PATCH /auth/update-user', () => {
    it.each(['email', 'username', 'role', 'password', 'customer_id', 'subscription_status'])(
      'does not change %s, nor anything with it',
      async (field) => {
        const { person, tokens } = await signedIn(test);
        const change = { bio: 'changed', [field]: 'changed' };
        expect(await told(page.updateUser(tokens.access_token, change))).toEqual(
          refusal(400, 'protected_field', `Cannot update '${field}'.`),
        );
        expect(await userRow(test, person)).toMatchObject({ bio: null, email: person.email });
      },
    );

    it('refuses a field that is none, a value that is no good, and nobody', async () => {
      const { tokens } = await signedIn(test);
      const update = (change: object) => told(page.updateUser(tokens.access_token, change));
      expect(await update({ nonsense: 'x' })).toEqual(invalid('nonsense'));
      expect(await update({ avatar_url: 'javascript:alert(1)' })).toEqual(invalid('avatar_url'));
      const answer = await test.api.patch('/auth/update-user', { bio: 'x' });
      expectProblem(answer, 401, 'unauthenticated');
    });

    it('is 404 for a user who is deleted at that moment', async () => {
      const { person, tokens } = await signedIn(test);
      const held = await standstill(test, `DELETE FROM users WHERE id = '${person.id}'`);
      const update = await held.queue(() =>
        told(page.updateUser(tokens.access_token, { bio: 'late' })),
      );
      await held.release();
      expect(await update.answer).toEqual(
        refusal(404, 'user_not_found', expect.stringMatching(/\S/)),
      );
    });
  });

  describe('the password reset', () => {
    it('answers alike whether or not the address exists', async () => {
      const person = await signUpVerified(test);
      const ask = (email: string) =>
        effectsOf(test, () => test.api.post('/auth/request-password-reset', { email }));
      const [known, unknown] = [await ask(person.email), await ask('nobody@example.com')];
      expect([known.answer.status, known.answer.body]).toEqual([
        200,
        { detail: 'If the email exists, a reset link has been sent.' },
      ]);
      expect([unknown.answer.status, unknown.answer.text]).toEqual([200, known.answer.text]);
      expect([known.mails, unknown.mails]).toEqual([[`password_reset to ${person.email}`], []]);
    });

    it('refuses an address that is none', async () => {
      expect(await told(page.requestPasswordReset('nobody'))).toEqual(invalid('email'));
    });

    it('takes a token once, and forged ones never', async () => {
      const token = await resetToken(test, await signUpVerified(test));
      const INVALID = refusal(
        400,
        'invalid_token',
        'This link is not valid, or no longer. Request a new one.',
      );
      expect(await told(page.resetPassword('forged', PASSWORD))).toEqual(INVALID);
      expect((await page.resetPassword(token, PASSWORD)).status).toBe(200);
      expect(await told(page.resetPassword(token, PASSWORD))).toEqual(INVALID);
    });

    it('keeps the link of whoever chose too short a password', async () => {
      const token = await resetToken(test, await signUpVerified(test));
      expect(await told(page.resetPassword(token, 'short'))).toEqual(invalid('new_password'));
      expect((await page.resetPassword(token, PASSWORD)).status).toBe(200);
    });
  });
});

describe('the dialect where registration hides accounts', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startTestApp({ env: { REGISTRATION_HIDES_ACCOUNTS: 'true' } });
  });
  afterAll(() => test.close());

  it('account enumeration: one answer for a free and a taken address', async () => {
    const create = (username: string) =>
      effectsOf(test, () => {
        const user = { username, email: 'ada@example.com', password: PASSWORD };
        return test.api.post('/auth/create-user', user);
      });
    const [free, taken] = [await create('ada'), await create('eve')];
    for (const { answer } of [free, taken])
      expect([answer.status, answer.body]).toEqual([201, CREATED]);
    expect([...taken.answer.headers.keys()]).toEqual([...free.answer.headers.keys()]);
    expect([free.mails, taken.mails]).toEqual([
      ['email_verification to ada@example.com'],
      ['already_registered to ada@example.com'],
    ]);
    expect(await test.query('SELECT username FROM users')).toEqual([{ username: 'ada' }]);
  });
});

describe('the dialect and the limits', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startTestApp({ env: { RATE_LIMIT_ENABLED: 'true' } });
  });
  afterAll(() => test.close());

  it('is no way around the limit of sign-ins', async () => {
    const person = await signUpVerified(test);
    const form = { username: person.username, password: 'wrong' };
    for (let n = 0; n < 3; n++) await test.api.call('POST', '/auth/token', { form });
    for (let n = 0; n < 2; n++) await test.api.post('auth/login', form);
    const answer = await test.api.call('POST', '/auth/token', { form });
    expectProblem(answer, 429, 'rate_limited');
    expect(typeof answer.body.detail).toBe('string');
    const { status } = await test.api.post('auth/login', { ...form, password: PASSWORD });
    expect(status).toBe(429);
  });

  it('is no way around the limit of mails', async () => {
    const email = 'flooded@example.com';
    const ask = () => test.api.post('/auth/request-password-reset', { email });
    const statuses = [await ask(), await ask(), await ask(), await ask()].map((a) => a.status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});
