import type { Answer } from '../../support/api';
import { CookieBrowser } from '../../support/cookies';
import { alter } from '../../support/effects';
import { claimsOf } from '../../support/forge';
import { emailChangeToken, resetToken } from '../../support/links';
import { FRONTEND, linkWith, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  agree,
  begin,
  beginLink,
  type BegunFlow,
  behaveAgain,
  changed,
  codeIn,
  comeBack,
  expectGoodClient,
  expectRefusal,
  expectSecretsKept,
  signInAt,
  type Traces,
  tracesOf,
} from '../../support/oauth-attacks';
import { appear, enter, identitiesOf, meOf, PROVIDERS } from '../../support/oauth-people';
import {
  type Person,
  signedIn,
  signIn,
  signUpVerified,
  sixteen,
  tally,
  type Tokens,
} from '../../support/people';
import { expectCleanLogs, expectInvalid, expectProblem } from '../../support/problems';
import { standstill } from '../../support/standstill';

const NEW_PASSWORD = 'a better battery';

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterEach(() => {
  behaveAgain(test);
  expectGoodClient(test);
});
afterAll(async () => {
  try {
    expectCleanLogs(test.logs);
    await expectSecretsKept(test);
  } finally {
    await test.close();
  }
});

const LINKED = `${FRONTEND}/auth?linked=google`;
const NO_ROWS = { users: 0, identities: 0, sessions: 0 };

const providersOf = async (user: { readonly id: string }): Promise<string[]> =>
  (await identitiesOf(test, user)).map(({ provider }) => provider);

/** A link that was asked for, and what the provider answers. */
async function linkOnTheWay(tokens: Tokens, facts: { readonly email?: string } = {}) {
  const identity = appear(test, 'google', facts);
  const flow = await beginLink(test, 'google', tokens);
  return { identity, flow, callback: await agree(flow) };
}

const finish = (flow: BegunFlow, callback: URL): Promise<Traces> =>
  tracesOf(test, () => comeBack(test, callback, flow.cookie));

const linkedBy = (person: Person) => ({
  ...NO_ROWS,
  identities: 1,
  spent: 1,
  audits: ['identity_linked'],
  mails: [`sign_in_method_linked to ${person.email}`],
});

const ASKED = ['google token', 'google userinfo'];

describe('a page elsewhere', () => {
  let person: Person;
  let browser: CookieBrowser;
  beforeEach(async () => {
    person = await signUpVerified(test);
    browser = await CookieBrowser.signedIn(test, person);
    appear(test, 'google');
  });

  const LINKS = [
    'auth/link/google',
    '/api/auth/link/google',
    'auth/link/google?redirect_to=http://localhost:3000/',
  ];

  it.each(LINKS)('cannot begin to link by a link to %s', async (path) => {
    for (const method of ['GET', 'HEAD'])
      for (const authorization of [undefined, 'Bearer', 'Bearer x', 'Basic eDp5', '']) {
        const headers = {
          'x-csrf-token': browser.csrfToken!,
          ...(authorization !== undefined && { authorization }),
        };
        const traces = await tracesOf(test, () => browser.call(method, path, { headers }));
        expect([traces.answer.status, traces.answer.headers.getSetCookie()]).toEqual([401, []]);
        expect(traces.answer.headers.get('location')).toBeNull();
        expect(traces).toMatchObject({ ...NO_ROWS, spent: 0, asked: [], audits: [] });
      }
    expect((await browser.get('auth/me')).status).toBe(200);
  });

  it.each<[string, Record<string, string>, string]>([
    ['nothing', { 'x-csrf-token': '' }, 'csrf_token_invalid'],
    ['a guess', { 'x-csrf-token': 'A'.repeat(43) }, 'csrf_token_invalid'],
    ['another origin', { origin: 'https://evil.example' }, 'origin_not_allowed'],
    ['a hidden origin', { origin: 'null' }, 'origin_not_allowed'],
    ['a sibling’s origin', { origin: 'http://localhost:3001' }, 'origin_not_allowed'],
    ['a foreign site', { 'sec-fetch-site': 'cross-site' }, 'origin_not_allowed'],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }, 'origin_not_allowed'],
  ])('cannot begin to link by a form with %s', async (_, headers, code) => {
    for (const json of [undefined, {}]) {
      const answer = await browser.call('POST', 'auth/link/google', { json, headers });
      expectProblem(answer, 403, code);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });

  it('cannot begin to link with the CSRF token of a session of its own', async () => {
    const other = await CookieBrowser.signedIn(test, await signUpVerified(test));
    const headers = { 'x-csrf-token': other.csrfToken! };
    const answer = await browser.call('POST', 'auth/link/google', { headers });
    expectProblem(answer, 403, 'csrf_token_invalid');
    const planted = browser
      .cookiesFor('/api/v1/auth/link/google')
      .replace(browser.valueOf('gatehouse_csrf'), other.valueOf('gatehouse_csrf'));
    const cookie = { ...headers, cookie: planted };
    const shadowed = await test.api.call('POST', 'auth/link/google', { headers: cookie });
    expectProblem(shadowed, 403, 'csrf_token_invalid');
  });

  it('cannot unlink', async () => {
    await linkWith(test, 'google', await signIn(test, person));
    const foreign: Record<string, string>[] = [
      { 'x-csrf-token': '' },
      { origin: 'https://evil.example' },
    ];
    for (const headers of foreign) {
      const traces = await tracesOf(test, () =>
        browser.call('DELETE', 'users/me/link/google', { headers }),
      );
      expect(traces.answer.status).toBe(403);
      expect(traces).toMatchObject({ ...NO_ROWS, mails: [], audits: [] });
    }
    for (const method of ['GET', 'HEAD', 'POST', 'PUT'])
      expect((await browser.call(method, 'users/me/link/google', {})).status).toBe(404);
    expect(await providersOf(person)).toEqual(['google']);
  });
});

describe('somebody else’s way to link', () => {
  it('ends in a browser that did not ask for it', async () => {
    const { tokens, person } = await signedIn(test);
    const { flow, callback } = await linkOnTheWay(tokens);
    expectRefusal(await tracesOf(test, () => comeBack(test, callback)), 'state_mismatch');
    const victim = await beginLink(test, 'google', (await signedIn(test)).tokens);
    const planted = await tracesOf(test, () => comeBack(test, callback, victim.cookie));
    expectRefusal(planted, 'state_mismatch');
    expect(await providersOf(person)).toEqual([]);
    expect((await finish(flow, callback)).answer.headers.get('location')).toBe(LINKED);
  });

  it('does not take the sign-in of a visitor into the account of whoever sent them', async () => {
    const attacker = await signedIn(test);
    const link = await beginLink(test, 'google', attacker.tokens);
    const victim = appear(test, 'google');
    const callback = await agree(link);
    expectRefusal(await tracesOf(test, () => comeBack(test, callback)), 'state_mismatch');
    const own = await begin(test, 'google');
    const traces = await finish(own, await agree(own));
    expect(traces).toMatchObject({ users: 1, identities: 1, sessions: 1 });
    expect(await providersOf(attacker.person)).toEqual([]);
    const rows = await test.query('SELECT user_id FROM identities WHERE subject = $1', [
      victim.subject,
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0].user_id).not.toBe(attacker.person.id);
  });

  it('brings no foreign identity into a victim’s account by its code', async () => {
    appear(test, 'google');
    const attacker = await agree(await begin(test, 'google'));
    const { tokens, person } = await signedIn(test);
    const { flow, callback } = await linkOnTheWay(tokens);
    const injected = changed(callback, { code: attacker.searchParams.get('code') });
    const traces = await tracesOf(test, () => comeBack(test, injected, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1, asked: ['google token'] });
    expect(await providersOf(person)).toEqual([]);
  });

  it('brings no foreign identity into a victim’s account by the callback of its sign-in', async () => {
    appear(test, 'google');
    const attacker = await agree(await begin(test, 'google'));
    const { tokens, person } = await signedIn(test);
    const { flow } = await linkOnTheWay(tokens);
    const traces = await tracesOf(test, () => comeBack(test, attacker, flow.cookie));
    expectRefusal(traces, 'state_mismatch');
    expect(await providersOf(person)).toEqual([]);
  });
});

describe('a way to link', () => {
  it.each([
    '/auth/oauth/callback/google',
    '/api/v1/auth/google/callback',
    '/api/v1/auth/link/google/callback',
  ])('that ends at %s links, and signs nobody in', async (pathname) => {
    const { tokens, person } = await signedIn(test);
    const { flow, callback } = await linkOnTheWay(tokens);
    const there = { pathname, search: callback.search };
    const traces = await tracesOf(test, () => comeBack(test, there, flow.cookie));
    expect(traces.answer.headers.get('location')).toBe(LINKED);
    expect(traces).toMatchObject(linkedBy(person));
    expect(traces.answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^gatehouse_oauth_[\w-]{16}=; Path=\/; Max-Age=0;/),
    ]);
  });

  it('to sign in that ends where links end signs in, and links to nobody', async () => {
    const { person, tokens } = await signedIn(test);
    appear(test, 'google');
    const flow = await begin(test, 'google');
    const { search } = await agree(flow);
    const there = { pathname: '/api/v1/auth/link/google/callback', search };
    const cookie = `${flow.cookie}; gatehouse_access=${tokens.access_token}`;
    const traces = await tracesOf(test, () => comeBack(test, there, cookie));
    codeIn(traces.answer);
    expect(traces).toMatchObject({ users: 1, identities: 1, sessions: 1 });
    expect(await providersOf(person)).toEqual([]);
  });

  it('is gone once, however often it is come back to at once', async () => {
    const { tokens, person } = await signedIn(test);
    const { flow, callback } = await linkOnTheWay(tokens);
    let answers: Answer[] = [];
    const traces = await tracesOf(test, async () => {
      answers = await sixteen(() => comeBack(test, callback, flow.cookie));
      return answers[0]!;
    });
    const ends = answers.map(({ headers }) => headers.get('location'));
    expect(ends.filter((end) => end === LINKED)).toHaveLength(1);
    expect(ends.filter((end) => end?.endsWith('=state_mismatch'))).toHaveLength(15);
    expect(traces).toMatchObject({ ...linkedBy(person), asked: ASKED });
  });

  it('to sixteen accounts of one provider at once leads to one', async () => {
    const { tokens, person } = await signedIn(test);
    const ways: Awaited<ReturnType<typeof linkOnTheWay>>[] = [];
    for (let n = 0; n < 16; n++) ways.push(await linkOnTheWay(tokens));
    const answers = await sixteen((n) => comeBack(test, ways[n]!.callback, ways[n]!.flow.cookie));
    const ends = answers.map(({ headers }) => headers.get('location'));
    expect(ends.filter((end) => end === LINKED)).toHaveLength(1);
    expect(ends.filter((end) => end?.endsWith('=provider_already_linked'))).toHaveLength(15);
    expect(await providersOf(person)).toEqual(['google']);
  });

  it('to what another user has is refused, and that user keeps it', async () => {
    const identity = appear(test, 'google');
    const owner = await meOf(test, await enter(test, 'google'));
    const { tokens, person } = await signedIn(test);
    appear(test, 'google', { subject: identity.subject, email: person.email });
    const flow = await beginLink(test, 'google', tokens);
    const left = { spent: 1, asked: ASKED, audits: ['sign_in_failed'] };
    expectRefusal(await finish(flow, await agree(flow)), 'identity_taken', left);
    expect(await providersOf(person)).toEqual([]);
    expect(await identitiesOf(test, owner)).toMatchObject([{ email: identity.email }]);
  });

  it('joins and reclaims nobody by the address that the provider tells', async () => {
    const other = await signUpVerified(test);
    const unverified = await test.api.post('auth/register', {
      username: 'waiting',
      email: 'waiting@example.com',
      password: NEW_PASSWORD,
    });
    for (const email of [other.email, 'waiting@example.com']) {
      const { tokens, person } = await signedIn(test);
      const { flow, callback } = await linkOnTheWay(tokens, { email });
      const traces = await finish(flow, callback);
      expect(traces).toMatchObject(linkedBy(person));
      const me = await meOf(test, tokens);
      expect([me.id, me.email]).toEqual([person.id, person.email]);
    }
    expect(await providersOf(other)).toEqual([]);
    expect(await providersOf(unverified.body)).toEqual([]);
    expect((await signIn(test, other)).access_token).toBeDefined();
  });
});

describe('a link whose asker is gone when the browser comes back', () => {
  const bearer = ({ access_token: token }: Tokens) => ({ token });
  const sessionOf = ({ access_token }: Tokens): string => String(claimsOf(access_token).sid);

  const ENDINGS: readonly (readonly [
    string,
    (person: Person, tokens: Tokens) => Promise<unknown>,
  ])[] = [
    ['signed out', (_, tokens) => test.api.post('auth/logout', {}, bearer(tokens))],
    ['signed out everywhere', (_, tokens) => test.api.post('auth/logout-all', {}, bearer(tokens))],
    [
      'ended from the list of sessions',
      async (person, tokens) => {
        const other = await signIn(test, person);
        return test.api.delete(`users/me/sessions/${sessionOf(tokens)}`, bearer(other));
      },
    ],
    ['disabled', (person) => alter(test, person, 'is_active = false')],
    ['deleted', ({ id }) => test.query('DELETE FROM users WHERE id = $1', [id])],
    [
      'out of a password that was changed elsewhere',
      async (person) => {
        const other = await signIn(test, person);
        const body = { current_password: person.password, new_password: NEW_PASSWORD };
        return test.api.post('auth/password/change', body, bearer(other));
      },
    ],
    [
      'out of a password that was reset',
      async (person) => {
        const body = { token: await resetToken(test, person), new_password: NEW_PASSWORD };
        return test.api.post('auth/password/reset/confirm', body);
      },
    ],
    [
      'out of an address that was changed elsewhere',
      async (person) => {
        const other = await signIn(test, person);
        const token = await emailChangeToken(test, person, other, `new-${person.email}`);
        return test.api.post('auth/email/change/confirm', { token });
      },
    ],
    [
      'out of a refresh token that came again',
      async (_, { refresh_token }) => {
        await test.api.post('auth/refresh', { refresh_token });
        test.clock.advance({ seconds: 11 });
        return test.api.post('auth/refresh', { refresh_token });
      },
    ],
  ];

  it.each(ENDINGS)('%s, is refused', async (_, end) => {
    const { tokens, person } = await signedIn(test);
    const { flow, callback } = await linkOnTheWay(tokens);
    await end(person, tokens);
    const left = { spent: 1, asked: ASKED };
    expectRefusal(await finish(flow, callback), 'unauthenticated', left);
    expect(await providersOf(person)).toEqual([]);
  });

  it('is no other session of the same person', async () => {
    const { tokens, person } = await signedIn(test);
    const { flow, callback } = await linkOnTheWay(tokens);
    await test.api.post('auth/logout', {}, bearer(tokens));
    const other = await signIn(test, person);
    const cookie = `${flow.cookie}; gatehouse_access=${other.access_token}`;
    const traces = await tracesOf(test, () => comeBack(test, callback, cookie));
    expectRefusal(traces, 'unauthenticated', { spent: 1, asked: ASKED });
    expect(await providersOf(person)).toEqual([]);
  });

  it('stays while the same session changes the password', async () => {
    const { tokens, person } = await signedIn(test);
    const { flow, callback } = await linkOnTheWay(tokens);
    const body = { current_password: person.password, new_password: NEW_PASSWORD };
    await test.api.post('auth/password/change', body, bearer(tokens));
    expect((await finish(flow, callback)).answer.headers.get('location')).toBe(LINKED);
  });

  it('is disabled, or has another password, at that very moment', async () => {
    for (const change of ['is_active = false', 'security_stamp = gen_random_uuid()']) {
      const { tokens, person } = await signedIn(test);
      const { flow, callback } = await linkOnTheWay(tokens);
      const held = await standstill(test, `UPDATE users SET ${change} WHERE id = '${person.id}'`);
      const second = await held.queue(() => comeBack(test, callback, flow.cookie));
      await held.release();
      const { headers } = await second.answer;
      expect(headers.get('location')).toBe(`${FRONTEND}/login?error=unauthenticated`);
      expect(await providersOf(person)).toEqual([]);
    }
  });
});

describe('unlinking', () => {
  const unlink = (provider: string, { access_token: token }: Tokens) =>
    test.api.delete(`users/me/link/${provider}`, { token });

  /** Sixteen at once, eight for each of two providers. */
  async function unlinkBoth(tokens: Tokens) {
    const providers = ['google', 'discord'] as const;
    let answers: Answer[] = [];
    const traces = await tracesOf(test, async () => {
      answers = await sixteen((n) => unlink(providers[n % 2]!, tokens));
      return answers[0]!;
    });
    return { answers, traces };
  }

  it.each([1, 2, 3])('both ways in at once leaves one without a password (%d)', async () => {
    appear(test, 'google');
    const tokens = await enter(test, 'google');
    const me = await meOf(test, tokens);
    appear(test, 'discord');
    await linkWith(test, 'discord', tokens);
    const { answers, traces } = await unlinkBoth(tokens);

    expect(tally(answers)).toEqual({ 200: 1, 404: 7, 409: 8 });
    const codes = new Set(answers.map(({ body }) => body.code));
    expect(codes).toEqual(new Set([undefined, 'identity_not_found', 'last_sign_in_method']));
    expect(traces).toMatchObject({
      users: 0,
      identities: -1,
      sessions: 0,
      audits: ['identity_unlinked'],
      mails: [`sign_in_method_unlinked to ${me.email}`],
    });
    expect(await providersOf(me)).toHaveLength(1);
    expect((await meOf(test, tokens)).id).toBe(me.id);
  });

  it('both ways in at once leaves none with a password', async () => {
    const { tokens, person } = await signedIn(test);
    for (const provider of ['google', 'discord'] as const) {
      appear(test, provider);
      await linkWith(test, provider, tokens);
    }
    const { answers, traces } = await unlinkBoth(tokens);
    expect(tally(answers)).toEqual({ 200: 2, 404: 14 });
    expect(traces).toMatchObject({
      identities: -2,
      audits: ['identity_unlinked', 'identity_unlinked'],
      mails: [1, 2].map(() => `sign_in_method_unlinked to ${person.email}`),
    });
    await signIn(test, person);
  });

  it.each(PROVIDERS)('the only way in, %s, is refused', async (provider) => {
    appear(test, provider);
    const tokens = await enter(test, provider);
    const traces = await tracesOf(test, () => unlink(provider, tokens));
    expectProblem(traces.answer, 409, 'last_sign_in_method');
    expect(traces).toMatchObject({ ...NO_ROWS, mails: [], audits: [] });
  });

  it.each(['discord', 'GOOGLE', '*', '%25', 'google%00', 'google,discord', '__proto__', '..'])(
    'of %s takes nothing away',
    async (provider) => {
      const { tokens, person } = await signedIn(test);
      appear(test, 'google');
      await linkWith(test, 'google', tokens);
      const traces = await tracesOf(test, () => unlink(provider, tokens));
      expectProblem(traces.answer, 404, provider === '..' ? 'not_found' : 'identity_not_found');
      expect(traces).toMatchObject({ ...NO_ROWS, mails: [], audits: [] });
      expect(await providersOf(person)).toEqual(['google']);
    },
  );

  it('takes away no one else’s', async () => {
    appear(test, 'google');
    const owner = await meOf(test, await enter(test, 'google'));
    const { tokens } = await signedIn(test);
    expectProblem(await unlink('google', tokens), 404, 'identity_not_found');
    expect(await providersOf(owner)).toEqual(['google']);
  });

  it('ends what the provider opened, fetched or not, and lets it in no more', async () => {
    const { tokens, person } = await signedIn(test);
    const { subject } = appear(test, 'google');
    await linkWith(test, 'google', tokens);
    const thief = await enter(test, 'google');
    const code = codeIn(await signInAt(test, 'google'));
    expect((await unlink('google', tokens)).status).toBe(200);

    const me = await test.api.get('auth/me', { token: thief.access_token });
    expectProblem(me, 401, 'invalid_access_token');
    const { refresh_token } = thief;
    const refreshed = await test.api.post('auth/refresh', { refresh_token });
    expectProblem(refreshed, 401, 'invalid_refresh_token');
    const exchanged = await test.api.post('auth/oauth/exchange', { code });
    expectProblem(exchanged, 400, 'invalid_code');
    expect((await meOf(test, tokens)).id).toBe(person.id);
    appear(test, 'google', { subject });
    expect((await meOf(test, await enter(test, 'google'))).id).not.toBe(person.id);
  });
});

describe('a code for the tokens of a sign-in', () => {
  const newCode = async (): Promise<string> => {
    appear(test, 'google');
    return codeIn(await signInAt(test, 'google'));
  };
  const exchange = (code: unknown, path = 'auth/oauth/exchange', headers = {}) =>
    test.api.post(path, { code }, { headers });

  it('presented sixteen times at once gives one pair', async () => {
    const code = await newCode();
    const answers = await sixteen(() => exchange(code));
    expect(tally(answers)).toEqual({ 200: 1, 400: 15 });
    for (const answer of answers.filter(({ status }) => status === 400))
      expectProblem(answer, 400, 'invalid_code', [code]);
    const [winner] = answers.filter(({ status }) => status === 200);
    expect((await meOf(test, winner!.body)).is_oauth).toBe(true);
  });

  it.each([
    [59, 200],
    [60, 400],
    [61, 400],
  ])('after %d seconds is answered %d', async (seconds, status) => {
    const code = await newCode();
    test.clock.advance({ seconds });
    expect((await exchange(code)).status).toBe(status);
  });

  const ENDINGS: readonly (readonly [
    string,
    (user: { id: string; email: string }, tokens: Tokens) => Promise<unknown>,
  ])[] = [
    [
      'signing out everywhere',
      (_, { access_token: token }) => test.api.post('auth/logout-all', {}, { token }),
    ],
    ['disabling', (user) => alter(test, user, 'is_active = false')],
    ['a new stamp', (user) => alter(test, user, 'security_stamp = gen_random_uuid()')],
    [
      'a password reset',
      async (user) => {
        const body = { token: await resetToken(test, user), new_password: NEW_PASSWORD };
        return test.api.post('auth/password/reset/confirm', body);
      },
    ],
  ];

  it.each(ENDINGS)('is void after %s', async (_, end) => {
    const identity = appear(test, 'google');
    const tokens = await enter(test, 'google');
    const user = await meOf(test, tokens);
    appear(test, 'google', { ...identity });
    const code = codeIn(await signInAt(test, 'google'));
    await end(user, tokens);
    expectProblem(await exchange(code), 400, 'invalid_code', [code]);
  });

  it('meets signing out everywhere at once, and no session is left', async () => {
    for (let round = 0; round < 4; round++) {
      const identity = appear(test, 'google');
      const tokens = await enter(test, 'google');
      const me = await meOf(test, tokens);
      appear(test, 'google', { ...identity });
      const codes = [];
      for (let n = 0; n < 8; n++) codes.push(codeIn(await signInAt(test, 'google')));
      const { access_token: token } = tokens;
      const [out, ...answers] = await Promise.all([
        test.api.post('auth/logout-all', {}, { token }),
        ...codes.map((code) => exchange(code)),
      ]);
      expect([out.status, out.body.revoked]).toEqual([200, 9]);
      for (const { status, body } of answers)
        if (status === 200)
          expect((await test.api.get('auth/me', { token: body.access_token })).status).toBe(401);
      const live = await test.query(
        'SELECT 1 FROM sessions WHERE user_id = $1 AND revoked_at IS NULL',
        [me.id],
      );
      expect(live).toEqual([]);
    }
  });

  it('shows no session before it is exchanged, and opens none itself', async () => {
    const identity = appear(test, 'google');
    const tokens = await enter(test, 'google');
    appear(test, 'google', { ...identity });
    const code = codeIn(await signInAt(test, 'google'));
    const { access_token: token } = tokens;
    const list = await test.api.get('users/me/sessions', { token });
    expect([list.body.count, list.body.sessions.length]).toEqual([1, 1]);

    expectProblem(await test.api.get('auth/me', { token: code }), 401, 'invalid_access_token');
    const refreshed = await test.api.post('auth/refresh', { refresh_token: code });
    expectProblem(refreshed, 401, 'invalid_refresh_token');
    const cookie = `gatehouse_access=${code}`;
    const me = await test.api.get('auth/me', { headers: { cookie } });
    expectProblem(me, 401, 'invalid_access_token');

    expect((await exchange(code)).status).toBe(200);
    expect((await test.api.get('users/me/sessions', { token })).body.count).toBe(2);
  });

  it('is not what the database has in its place', async () => {
    await newCode();
    const rows = await test.query(
      'SELECT exchange_code_hash AS hash, id, refresh_jti FROM sessions WHERE exchange_code_hash IS NOT NULL',
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { hash, id, refresh_jti } of rows)
      for (const guess of [hash, id, refresh_jti])
        expectProblem(await exchange(guess), 400, 'invalid_code', [guess]);
  });

  it('is handed to no foreign page as cookies, and is good afterwards', async () => {
    const code = await newCode();
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await exchange(code, 'auth/oauth/exchange?cookies=true', headers);
      expectProblem(answer, 403, 'origin_not_allowed', [code]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect((await exchange(code)).status).toBe(200);
  });

  it('is not taken from a URL, a form or by GET', async () => {
    const code = await newCode();
    const form = { code };
    expectInvalid(await test.api.post(`auth/oauth/exchange?code=${code}`), ['/code'], [code]);
    const posted = await test.api.call('POST', 'auth/oauth/exchange', { form });
    expectProblem(posted, 415, 'unsupported_media_type', [code]);
    const got = await test.api.get(`auth/oauth/exchange?code=${code}`);
    expectProblem(got, 404, 'unknown_provider', [code]);
    expect((await exchange(code)).status).toBe(200);
  });

  it.each<[string, (code: string) => unknown]>([
    ['missing', () => undefined],
    ['null', () => null],
    ['empty', () => ''],
    ['a number', () => 42],
    ['true', () => true],
    ['a list', (code) => [code]],
    ['an object', (code) => ({ code })],
    ['with a NUL', (code) => `${code}\0`],
    ['with a lone surrogate', (code) => `${code}\ud800`],
    ['of 10 kB', (code) => code + 'a'.repeat(10_000)],
  ])('%s is no code', async (_, spoil) => {
    const code = await newCode();
    expectInvalid(await exchange(spoil(code)), ['/code'], [code]);
    expect((await exchange(code)).status).toBe(200);
  });

  it.each<[string, (code: string) => string]>([
    ['guessed', () => 'A'.repeat(43)],
    ['cut', (code) => code.slice(0, -1)],
    ['lengthened', (code) => `${code}A`],
    ['padded', (code) => `${code}=`],
    ['with a space behind', (code) => `${code} `],
    ['in lower case', (code) => `${code.toLowerCase()}a`],
    ['a pattern', () => '%'],
    ['SQL', () => "' OR '1'='1"],
    ['a UUID', () => '00000000-0000-4000-8000-000000000000'],
    ['__proto__', () => '__proto__'],
  ])('%s is not the code', async (_, spoil) => {
    const code = await newCode();
    expectProblem(await exchange(spoil(code)), 400, 'invalid_code', [code]);
    expect((await exchange(code)).status).toBe(200);
  });
});
