import type { Answer } from '../../support/api';
import { cookiesSetBy, shapesOf } from '../../support/cookies';
import { alter, countOf, effectsOf } from '../../support/effects';
import { claimsOf } from '../../support/forge';
import {
  FRONTEND,
  linkWith,
  type OAuthTestApp,
  startOAuthApp,
  tokensAfter,
  travel,
} from '../../support/oauth-app';
import { appear, enter, meOf } from '../../support/oauth-people';
import { signedIn } from '../../support/people';
import { expectProblem } from '../../support/problems';
import { type Journey, UserAgent } from '../../support/providers/user-agent';

const OTHER = 'https://other.example.com';
const DAY = 86_400;
const FORGOTTEN = /^gatehouse_oauth_[\w-]{16}: Path=\/; Max-Age=0; HttpOnly; SameSite=Lax$/;

let test: OAuthTestApp;

/** Of these no two may be alive at once in one process. */
const inMode = (OAUTH_RESULT: string) => {
  beforeAll(async () => {
    test = await startOAuthApp({
      OAUTH_RESULT,
      ALLOWED_REDIRECT_URLS: `${OTHER}/app,${OTHER}:8443`,
    });
  });
  afterAll(() => test.close());
};

/** As far as the frontend, or wherever `redirect_to` leads. */
const journeyTo = (redirectTo: string): Promise<Journey> => {
  const query = `?redirect_to=${encodeURIComponent(redirectTo)}`;
  const start = `${test.api.origin}/api/v1/auth/oauth/google${query}`;
  return new UserAgent().follow(start, { until: new URL(redirectTo).origin });
};

/** A callback at which something goes wrong, and the code that says what. */
const FAILURES: readonly (readonly [code: string, status: number, fail: () => Promise<Answer>])[] =
  [
    ['access_denied', 403, () => failing(() => (test.google.authorizationError = 'access_denied'))],
    ['provider_error', 503, () => failing(() => (test.google.authorizationError = 'server_error'))],
    ['provider_error', 503, () => failing(() => (test.google.tokenFault = 'status500'))],
    ['provider_error', 503, () => failing(() => (test.google.userinfoFault = 'notJson'))],
    [
      'provider_email_unverified',
      403,
      () => failing(() => appear(test, 'google', { emailVerified: false })),
    ],
    ['account_disabled', 403, () => failing(disable)],
    ['provider_already_linked', 409, () => failing(otherOfTheSameAddress)],
    ['state_mismatch', 400, () => test.api.get('/auth/oauth/callback/google?code=x&state=y')],
    ['state_mismatch', 400, () => test.api.get('/auth/oauth/callback/google')],
    ['unauthenticated', 401, linkAfterSignOut],
    ['identity_taken', 409, linkWhatIsTaken],
  ];

async function failing(prepare: () => unknown): Promise<Answer> {
  appear(test, 'google');
  await prepare();
  return (await travel(test, 'google')).answer;
}

async function disable(): Promise<void> {
  await travel(test, 'google');
  const [newest] = await test.query('SELECT id FROM users ORDER BY id DESC LIMIT 1');
  await alter(test, newest, 'is_active = false');
}

async function otherOfTheSameAddress(): Promise<void> {
  const { email } = appear(test, 'google');
  await travel(test, 'google');
  appear(test, 'google', { email });
}

async function linkAfterSignOut(): Promise<Answer> {
  const { tokens } = await signedIn(test);
  const { access_token: token } = tokens;
  const agent = new UserAgent();
  const link = `${test.api.origin}/api/v1/auth/link/google`;
  const start = await agent.post(link, {}, { authorization: `Bearer ${token}` });
  await test.api.post('auth/logout', {}, { token });
  return (await agent.follow(start.body.authorization_url, { until: FRONTEND })).answer;
}

async function linkWhatIsTaken(): Promise<Answer> {
  appear(test, 'google');
  await travel(test, 'google');
  const { tokens } = await signedIn(test);
  return (await linkWith(test, 'google', tokens)).answer;
}

const failures = FAILURES.map(
  ([code, status, fail], n) => [`${code} (${n})`, code, status, fail] as const,
);

/** A fault of the provider is in the log, by the request that met it, and no other refusal is an error. */
function expectLogged({ headers }: Answer, code: string): void {
  const requestId = headers.get('x-request-id');
  const lines = test.logs.map((line) => JSON.parse(line));
  const refusals = lines.filter((line) => line.requestId === requestId && line.code === code);
  if (code === 'provider_error') expect(refusals.length).toBeGreaterThan(0);
  else expect(refusals.filter(({ level }) => level === 'error')).toEqual([]);
}

afterEach(() => {
  Object.assign(test.google, { authorizationError: null, tokenFault: null, userinfoFault: null });
});

describe.each(['code', 'query', 'cookie'])('OAUTH_RESULT=%s', (mode) => {
  inMode(mode);

  it.each(failures)('tells the frontend of %s', async (_, code, _status, fail) => {
    const answer = await fail();
    expectLogged(answer, code);
    expect([answer.status, answer.text]).toEqual([302, '']);
    expect(answer.headers.get('location')).toBe(`${FRONTEND}/login?error=${code}`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer).filter((shape) => !FORGOTTEN.test(shape))).toEqual([]);
  });

  it('tells the frontend of a failure, not the place that redirect_to names', async () => {
    test.google.authorizationError = 'access_denied';
    const redirect = encodeURIComponent(`${FRONTEND}/welcome?x=1`);
    const { location } = await travel(test, 'google', { query: `?redirect_to=${redirect}` });
    expect(location?.href).toBe(`${FRONTEND}/login?error=access_denied`);
  });

  it.each([
    ['', `${FRONTEND}/auth?linked=discord`],
    [
      `${FRONTEND}/settings?tab=security#linked`,
      `${FRONTEND}/settings?tab=security&linked=discord#linked`,
    ],
  ])('says that an account is linked, with redirect_to=%s', async (redirectTo, location) => {
    const { tokens } = await signedIn(test);
    appear(test, 'discord');
    const agent = new UserAgent();
    const query = redirectTo && `?redirect_to=${encodeURIComponent(redirectTo)}`;
    const start = await agent.post(
      `${test.api.origin}/api/v1/auth/link/discord${query}`,
      {},
      { authorization: `Bearer ${tokens.access_token}` },
    );
    const { answer } = await agent.follow(start.body.authorization_url, { until: FRONTEND });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, location]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer)).toEqual([expect.stringMatching(FORGOTTEN)]);
  });
});

describe('OAUTH_RESULT=code', () => {
  inMode('code');
  beforeEach(() => void appear(test, 'google'));

  it('ends at the frontend with a code that is no token', async () => {
    const { answer, location } = await travel(test, 'google');
    expect([answer.status, answer.text]).toEqual([302, '']);
    expect(answer.headers.get('location')).toMatch(
      /^http:\/\/localhost:3000\/auth\?code=[\w-]{43}$/,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer)).toEqual([expect.stringMatching(FORGOTTEN)]);
    expect(location!.href).not.toContain('eyJ');
  });

  it.each([
    [FRONTEND, `${FRONTEND}/?code=CODE`],
    [`${FRONTEND}/welcome`, `${FRONTEND}/welcome?code=CODE`],
    [`${FRONTEND}/welcome?tab=1&tab=2`, `${FRONTEND}/welcome?tab=1&tab=2&code=CODE`],
    [`${FRONTEND}/welcome#top`, `${FRONTEND}/welcome?code=CODE#top`],
    [
      `${FRONTEND}/?q=a%20b&next=%2Fx%3Fy%3D1&flag#/r?z=1`,
      `${FRONTEND}/?q=a%20b&next=%2Fx%3Fy%3D1&flag&code=CODE#/r?z=1`,
    ],
    [`${FRONTEND}/welcome?code=planted&x=1`, `${FRONTEND}/welcome?x=1&code=CODE`],
    [`${FRONTEND}/welcome?c%6Fde=planted&code=again`, `${FRONTEND}/welcome?code=CODE`],
    [`${OTHER}/app`, `${OTHER}/app?code=CODE`],
    [`${OTHER}/app/deep?x=1`, `${OTHER}/app/deep?x=1&code=CODE`],
    [`${OTHER}:8443/anything`, `${OTHER}:8443/anything?code=CODE`],
  ])('ends at %s with its own query and fragment', async (redirectTo, expected) => {
    const { answer } = await journeyTo(redirectTo);
    const location = answer.headers.get('location')!;
    const code = new URL(location).searchParams.get('code')!;
    expect(location.replace(code, 'CODE')).toBe(expected);
    const exchanged = await test.api.post('auth/oauth/exchange', { code });
    expect(exchanged.status).toBe(200);
  });

  it.each([
    'https://evil.example/',
    'http://localhost:3001/',
    `${FRONTEND}@evil.example/`,
    `${OTHER}/`,
    `${OTHER}/apple`,
    `${OTHER}/app/../`,
    '//localhost:3000/',
    '/welcome',
    'javascript:alert(1)',
    '',
    `${FRONTEND}/&redirect_to=${FRONTEND}/`,
  ])('does not begin with redirect_to=%s', async (redirectTo) => {
    const encoded = redirectTo.split('&').map((part) => part.replace(/.*/, encodeURIComponent));
    const query = redirectTo.includes('&') ? redirectTo : encoded.join('');
    for (const path of ['auth/oauth/google', '/auth/oauth/google', '/api/auth/google']) {
      const answer = await test.api.get(`${path}?redirect_to=${query}`);
      expectProblem(answer, 400, 'redirect_not_allowed');
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    const { tokens } = await signedIn(test);
    const { access_token: token } = tokens;
    for (const method of ['GET', 'POST']) {
      const answer = await test.api.call(method, `auth/link/google?redirect_to=${query}`, {
        token,
      });
      expectProblem(answer, 400, 'redirect_not_allowed');
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });
});

describe('OAUTH_RESULT=query', () => {
  inMode('query');
  beforeEach(() => void appear(test, 'google'));

  it('ends at the frontend with both tokens', async () => {
    const { answer, location } = await travel(test, 'google');
    const { searchParams } = location!;
    const [access_token, refresh_token] = ['access_token', 'refresh_token'].map((name) =>
      searchParams.get(name)!,
    );
    expect(answer.status).toBe(302);
    expect(location!.href).toBe(
      `${FRONTEND}/auth?access_token=${access_token}&refresh_token=${refresh_token}`,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer)).toEqual([expect.stringMatching(FORGOTTEN)]);
    const tokens = { access_token: access_token!, refresh_token: refresh_token! };
    expect((await meOf(test, tokens)).is_oauth).toBe(true);
    const refreshed = await test.api.post('auth/refresh', { refresh_token });
    expect(refreshed.status).toBe(200);
  });

  it('ends where redirect_to says', async () => {
    const { answer } = await journeyTo(`${OTHER}/app?x=1#here`);
    expect(answer.headers.get('location')).toMatch(
      /^https:\/\/other\.example\.com\/app\?x=1&access_token=[\w.-]+&refresh_token=[\w.-]+#here$/,
    );
  });

  it('has no code to exchange', async () => {
    await travel(test, 'google');
    expect(
      await test.query('SELECT id FROM sessions WHERE exchange_code_hash IS NOT NULL'),
    ).toEqual([]);
  });
});

describe('OAUTH_RESULT=cookie', () => {
  inMode('cookie');
  beforeEach(() => void appear(test, 'google'));

  it('ends at the frontend with the session in cookies', async () => {
    const agent = new UserAgent();
    const { answer } = await travel(test, 'google', { agent });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${FRONTEND}/auth`]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer)).toEqual([
      expect.stringMatching(FORGOTTEN),
      'gatehouse_access: Path=/; Max-Age=1800; HttpOnly; SameSite=Lax',
      `gatehouse_refresh: Path=/api/v1/auth; Max-Age=${7 * DAY}; HttpOnly; SameSite=Lax`,
      `gatehouse_refresh: Path=/api/auth; Max-Age=${7 * DAY}; HttpOnly; SameSite=Lax`,
      `gatehouse_csrf: Path=/; Max-Age=${7 * DAY}; SameSite=Lax`,
    ]);
    const [, access, refresh] = cookiesSetBy(answer).map(({ value }) => value);
    expect([claimsOf(access!).type, claimsOf(refresh!).type]).toEqual(['access', 'refresh']);

    const me = await agent.get(`${test.api.origin}/api/v1/auth/me`);
    expect([me.status, me.body.is_oauth]).toEqual([200, true]);
    const csrf = await agent.get(`${test.api.origin}/api/v1/auth/csrf`);
    const refreshed = await agent.post(
      `${test.api.origin}/api/v1/auth/refresh`,
      {},
      { 'x-csrf-token': csrf.body.csrf_token },
    );
    expect([refreshed.status, Object.keys(refreshed.body)]).toEqual([
      200,
      ['message', 'success', 'expires_in', 'csrf_token'],
    ]);
  });

  it('ends where redirect_to says, exactly', async () => {
    const target = `${OTHER}/app?q=a%20b&flag#here`;
    const { answer } = await journeyTo(target);
    expect(answer.headers.get('location')).toBe(target);
  });
});

describe('OAUTH_RESULT=json', () => {
  inMode('json');
  beforeEach(() => void appear(test, 'google'));

  it('answers the callback with the pair of tokens', async () => {
    const { answer } = await travel(test, 'google');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(answer)).toEqual([expect.stringMatching(FORGOTTEN)]);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      refresh_token: expect.stringMatching(/^eyJ/),
      token_type: 'bearer',
      expires_in: 1800,
    });
    expect((await meOf(test, answer.body)).is_oauth).toBe(true);
  });

  it('answers a link with a message', async () => {
    const { tokens } = await signedIn(test);
    const sessions = await countOf(test, 'sessions');
    const effects = await effectsOf(
      test,
      async () => (await linkWith(test, 'google', tokens)).answer,
    );
    expect([effects.answer.status, effects.answer.body]).toEqual([
      200,
      { message: expect.stringMatching(/\S/), success: true },
    ]);
    expect(effects.answer.headers.get('cache-control')).toBe('no-store');
    expect(shapesOf(effects.answer)).toEqual([expect.stringMatching(FORGOTTEN)]);
    expect([effects.mails.length, effects.audits]).toEqual([1, ['identity_linked']]);
    expect(await countOf(test, 'sessions')).toBe(sessions);
  });

  it.each(failures)('answers with the problem %s', async (_, code, status, fail) => {
    const answer = await fail();
    expectLogged(answer, code);
    expectProblem(answer, status, code);
    expect(answer.headers.get('location')).toBeNull();
    expect(shapesOf(answer).filter((shape) => !FORGOTTEN.test(shape))).toEqual([]);
  });
});

it('takes a frontend that lies beneath a path', async () => {
  test = await startOAuthApp({ FRONTEND_URL: `${FRONTEND}/shop/` });
  appear(test, 'google');
  const { location } = await travel(test, 'google');
  expect(location!.href).toMatch(/^http:\/\/localhost:3000\/shop\/auth\?code=[\w-]{43}$/);
  const journey = { location } as Journey;
  expect(await meOf(test, await tokensAfter(test, journey))).toMatchObject({ is_oauth: true });
  test.google.authorizationError = 'access_denied';
  const refused = await travel(test, 'google');
  expect(refused.location!.href).toBe(`${FRONTEND}/shop/login?error=access_denied`);
  for (const target of [`${FRONTEND}/`, `${FRONTEND}/shopping`])
    expectProblem(
      await test.api.get(`auth/oauth/google?redirect_to=${target}`),
      400,
      'redirect_not_allowed',
    );
  test.google.authorizationError = null;
  expect((await enter(test, 'google')).access_token).toMatch(/^eyJ/);
  await test.close();
});
