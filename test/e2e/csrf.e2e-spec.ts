import type { Answer, Call } from '../support/api';
import { CookieBrowser } from '../support/cookies';
import { alter, countOf } from '../support/effects';
import { PASSWORD, type Person, signIn, signUpVerified } from '../support/people';
import { expectCleanLogs, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const FRONTEND = 'http://app.localhost:3000';
const EVIL = 'http://evil.localhost:3000';

let test: TestApp;
let person: Person;
let browser: CookieBrowser;
beforeAll(async () => {
  test = await startTestApp({ env: { ALLOWED_ORIGINS: `${FRONTEND},https://other.example` } });
  person = await signUpVerified(test);
});
beforeEach(async () => {
  browser = await CookieBrowser.signedIn(test, person);
});
afterAll(async () => {
  expectCleanLogs(test.logs);
  await test.close();
});

/** What a page elsewhere would like to do in the name of whoever visits it. */
const CHANGES = [
  ['PATCH', 'users/me', { json: { bio: 'changed' } }],
  [
    'POST',
    'auth/password/change',
    { json: { current_password: PASSWORD, new_password: PASSWORD } },
  ],
  ['POST', 'auth/email/change', { json: { new_email: 'a@example.com', password: PASSWORD } }],
  ['DELETE', 'users/me/sessions/00000000-0000-4000-8000-000000000000', {}],
  ['POST', 'auth/email/verification/request', { json: {} }],
  ['POST', 'auth/logout-all', {}],
  ['POST', 'auth/logout', {}],
  ['POST', 'auth/refresh', {}],
  ['POST', '/api/auth/refresh', {}],
] as const satisfies readonly (readonly [string, string, Call])[];

/** Refused, with nothing cleared and nothing ended. */
async function expectForged(answer: Answer, code: string): Promise<void> {
  expectProblem(answer, 403, code);
  expect(answer.headers.get('set-cookie')).toBeNull();
  expect((await browser.get('auth/me')).status).toBe(200);
}

describe.each(CHANGES)('%s %s by cookie', (method, path, call) => {
  const forge = (headers: Record<string, string>) =>
    browser.call(method, path, { ...call, headers });

  it('is refused without the CSRF token of this session in the header', async () => {
    const mine = browser.csrfToken!;
    const { csrfToken: another } = await CookieBrowser.signedIn(test, person);
    const wrong = ['', 'x', mine.slice(1), `${mine}x`, `${mine}, ${mine}`, mine.toUpperCase()];
    for (const token of [...wrong, another!, 'ü', browser.valueOf('access')])
      await expectForged(await forge({ 'x-csrf-token': token }), 'csrf_token_invalid');
    browser.csrfToken = null;
    await expectForged(await forge({}), 'csrf_token_invalid');
  });

  it('is refused without the same in the cookie', async () => {
    const other = await CookieBrowser.signedIn(test, person);
    const kept = browser.cookiesFor('/api/v1/auth/x').replaceAll(/(; )?gatehouse_csrf=[\w-]+/g, '');
    const base = { 'x-csrf-token': browser.csrfToken! };
    for (const csrf of ['', '; gatehouse_csrf=', `; gatehouse_csrf=${other.csrfToken}`])
      await expectForged(await forge({ ...base, cookie: kept + csrf }), 'csrf_token_invalid');
  });

  it('is refused from a page that is not allowed, though it had the token', async () => {
    for (const headers of [
      { origin: EVIL },
      { origin: 'null' },
      { origin: '' },
      { origin: `${FRONTEND}.evil.example` },
      { origin: `${FRONTEND}/` },
      { origin: `${FRONTEND}, ${FRONTEND}` },
      { origin: 'http://127.0.0.1:8000' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: EVIL, 'sec-fetch-site': 'same-origin' },
    ])
      await expectForged(await forge(headers as Record<string, string>), 'origin_not_allowed');
  });
});

describe('from an allowed page', () => {
  it.each([
    { origin: FRONTEND, 'sec-fetch-site': 'same-site' },
    { origin: 'https://other.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:8000' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ])('it passes: %j', async (headers) => {
    const json = { bio: 'meant' };
    const answer = await browser.call('PATCH', 'users/me', { json, headers: headers as never });
    expect([answer.status, answer.body.bio]).toEqual([200, 'meant']);
  });

  it('a preflight lets the header through, with credentials', async () => {
    const ask = (origin: string) =>
      test.api.call('OPTIONS', 'users/me', {
        headers: {
          origin,
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'content-type,x-csrf-token',
        },
      });
    const { headers } = await ask(FRONTEND);
    expect(headers.get('access-control-allow-origin')).toBe(FRONTEND);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-headers')).toContain('x-csrf-token');
    expect((await ask(EVIL)).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('what needs no proof', () => {
  it('reading by cookie, wherever the reader comes from: CORS keeps the answer from it', async () => {
    browser.csrfToken = null;
    for (const headers of [{}, { origin: EVIL, 'sec-fetch-site': 'cross-site' }]) {
      const answer = await browser.get('users/me', { headers: headers as Record<string, string> });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('whatever a Bearer token does, from any page and with any cookies', async () => {
    const { access_token: token } = await signIn(test, person);
    browser.csrfToken = null;
    const headers = { origin: EVIL };
    const json = { bio: 'by Bearer' };
    expect((await browser.call('PATCH', 'users/me', { json, token, headers })).status).toBe(200);
    expect((await browser.post('auth/logout', {}, { token, headers })).status).toBe(200);
  });

  it('a refresh token in the body, with any cookies', async () => {
    const { refresh_token } = await signIn(test, person);
    browser.csrfToken = null;
    const headers = { origin: EVIL };
    expect((await browser.post('auth/refresh', { refresh_token }, { headers })).status).toBe(200);
  });
});

describe('login CSRF', () => {
  const form = () => ({ username: person.username, password: PASSWORD });
  const WAYS = [
    ['auth/login', () => ({ json: form() })],
    ['auth/login/form', () => ({ form: form() })],
    ['/api/auth/token', () => ({ form: form() })],
    [
      'auth/refresh',
      async () => ({ json: { refresh_token: (await signIn(test, person)).refresh_token } }),
    ],
  ] as const;

  it.each(WAYS)('at %s: a foreign page sets no cookie and opens no session', async (path, call) => {
    const body = await call();
    const before = [await countOf(test, 'sessions'), await test.auditTrail()];
    for (const headers of [
      { origin: EVIL },
      { origin: 'null', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await test.api.call('POST', `${path}?cookies=true`, {
        ...body,
        headers: headers as Record<string, string>,
      });
      expectProblem(answer, 403, 'origin_not_allowed');
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    expect([await countOf(test, 'sessions'), await test.auditTrail()]).toEqual(before);
    const headers = { origin: FRONTEND };
    const allowed = await test.api.call('POST', `${path}?cookies=true`, { ...body, headers });
    expect([allowed.status, allowed.headers.getSetCookie().length]).toEqual([200, 4]);
  });

  it('tokens in the body are for any page that CORS lets read them', async () => {
    const headers = { origin: EVIL };
    const answer = await test.api.call('POST', 'auth/login/form', { form: form(), headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });

  it('a refresh cookie that a sibling domain planted takes no browser over', async () => {
    const mallory = await CookieBrowser.signedIn(test, await signUpVerified(test));
    const refresh = `gatehouse_refresh=${mallory.valueOf('refresh')}`;
    const mine = ['access', 'csrf'].map((name) => `gatehouse_${name}=${browser.valueOf(name)}`);
    for (const cookie of [refresh, [refresh, ...mine].join('; ')])
      for (const token of [browser.csrfToken!, mallory.csrfToken!]) {
        const headers = { cookie, 'x-csrf-token': token };
        const answer = await test.api.post('auth/refresh', {}, { headers });
        expectProblem(answer, 403, 'csrf_token_invalid');
      }
    const asked = await test.api.get('auth/csrf', { headers: { cookie: refresh } });
    expectProblem(asked, 401, 'unauthenticated');
  });
});

describe('GET auth/csrf', () => {
  it('tells a reloaded page the token of its session, which no cache keeps', async () => {
    for (const path of ['/api/v1/auth/csrf', '/api/auth/csrf']) {
      const answer = await browser.get(path);
      expect([answer.status, answer.body]).toEqual([200, { csrf_token: browser.valueOf('csrf') }]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('does so after the access cookie has expired, so that the page can refresh', async () => {
    browser.forget('gatehouse_access');
    const { csrfToken } = browser;
    browser.csrfToken = null;
    test.clock.advance({ hours: 1 });
    expect((await browser.get('auth/csrf')).body).toEqual({ csrf_token: csrfToken });
    expect((await browser.post('auth/refresh')).status).toBe(200);
  });

  it('is the same for the whole of a session, and another for each', async () => {
    const { csrfToken } = browser;
    await browser.post('auth/refresh');
    expect(browser.csrfToken).toBe(csrfToken);
    expect((await CookieBrowser.signedIn(test, person)).csrfToken).not.toBe(csrfToken);
  });

  it('tells nothing without cookies, to a Bearer token, and of a session that has ended', async () => {
    expectProblem(await test.api.get('auth/csrf'), 401, 'unauthenticated');
    const { access_token: token } = await signIn(test, person);
    expectProblem(await browser.get('auth/csrf', { token }), 401, 'unauthenticated');
    const partial = browser.copy();
    partial.forget('gatehouse_csrf');
    expectProblem(await partial.get('auth/csrf'), 401, 'unauthenticated');
    const disabled = await signUpVerified(test);
    const theirs = await CookieBrowser.signedIn(test, disabled);
    await alter(test, disabled, 'is_active = false');
    expectProblem(await theirs.get('auth/csrf'), 401, 'invalid_access_token');
  });
});
