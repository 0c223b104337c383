import { CookieBrowser, cookiesSetBy, shapesOf } from '../support/cookies';
import { claimsOf } from '../support/forge';
import { type Person, signIn, signUpVerified, sixteen, tally } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const GRACE = 10;
const ALL = [
  'gatehouse_access /',
  'gatehouse_csrf /',
  'gatehouse_refresh /api/auth',
  'gatehouse_refresh /api/v1/auth',
];

let test: TestApp;
let person: Person;
beforeAll(async () => {
  test = await startTestApp();
});
beforeEach(async () => {
  person = await signUpVerified(test);
});
afterAll(() => test.close());

const signInByCookie = () => CookieBrowser.signedIn(test, person);

const statusOf = async (browser: CookieBrowser): Promise<number> =>
  (await browser.get('auth/me')).status;

describe('refreshing by cookie', () => {
  it.each(['', '?cookies=true', '?cookies=false'])(
    'answers in cookies whatever the query says: %j',
    async (query) => {
      const browser = await signInByCookie();
      const before = browser.valueOf('refresh');
      const answer = await browser.post(`auth/refresh${query}`);
      expect([answer.status, Object.keys(answer.body)]).toEqual([
        200,
        ['message', 'success', 'expires_in', 'csrf_token'],
      ]);
      expect(browser.kept).toEqual(ALL);
      expect(claimsOf(browser.valueOf('refresh')).sid).toBe(claimsOf(before).sid);
      expect(browser.valueOf('refresh')).not.toBe(before);
      expect(await statusOf(browser)).toBe(200);
    },
  );

  it('works at both spellings in turn, and after the access cookie has gone', async () => {
    const browser = await signInByCookie();
    for (const path of ['/api/auth/refresh', '/api/v1/auth/refresh', '/api/auth/refresh']) {
      browser.forget('gatehouse_access');
      test.clock.advance({ days: 6 });
      expect((await browser.post(path)).status).toBe(200);
    }
  });

  it('carries the refresh token to no other route', async () => {
    const browser = await signInByCookie();
    for (const path of ['/', '/api/v1/users/me', '/api/v1/authors', '/docs', '/auth/callback'])
      expect(browser.cookiesFor(path)).not.toContain('refresh');
  });

  it('a token in the body goes first, and comes back as it went', async () => {
    const browser = await signInByCookie();
    const { refresh_token } = await signIn(test, person);
    const inBody = await browser.post('auth/refresh', { refresh_token });
    expect(Object.keys(inBody.body)).toContain('refresh_token');
    expect(inBody.headers.get('set-cookie')).toBeNull();
    const { refresh_token: next } = inBody.body;
    const moved = await test.api.post('auth/refresh?cookies=true', { refresh_token: next });
    expect(moved.text).not.toContain('eyJ');
    expect(cookiesSetBy(moved)).toHaveLength(4);
  });

  it('without a cookie is 401 in cookie mode, and else misses the field', async () => {
    const browser = new CookieBrowser(test);
    expectProblem(await browser.post('auth/refresh?cookies=true'), 401, 'unauthenticated');
    expectInvalid(await browser.post('auth/refresh'), ['/refresh_token']);
  });

  it('sixteen at once rotate once, and all get the same', async () => {
    const browser = await signInByCookie();
    const tabs = await sixteen(async () => browser.copy());
    const answers = await Promise.all(tabs.map((tab) => tab.post('auth/refresh')));
    expect(tally(answers)).toEqual({ 200: 16 });
    for (const name of ['refresh', 'csrf'])
      expect(new Set(tabs.map((tab) => tab.valueOf(name))).size).toBe(1);
    expect(new Set([...tabs.map((tab) => tab.csrfToken), browser.csrfToken]).size).toBe(1);
    expect(await Promise.all(tabs.map(statusOf))).toEqual(Array(16).fill(200));
  });

  it('with a stolen cookie after the grace ends the session and clears every cookie', async () => {
    const browser = await signInByCookie();
    const thief = browser.copy();
    await browser.post('auth/refresh');
    test.clock.advance({ seconds: GRACE });

    expectProblem(await thief.post('auth/refresh'), 401, 'refresh_token_reused');
    expect(thief.kept).toEqual([]);
    expectProblem(await browser.post('auth/refresh'), 401, 'invalid_refresh_token');
    expect(browser.kept).toEqual([]);
    expect((await test.auditTrail()).at(-1)).toBe('refresh_token_reused');
  });
});

describe('signing out by cookie', () => {
  it.each([
    ['all of them', ''],
    ['the refresh cookie, the other having expired', 'gatehouse_access'],
    ['the access cookie alone', 'gatehouse_refresh'],
  ])('with %s: ends the session and clears them with the same attributes', async (_, lost) => {
    const browser = await signInByCookie();
    const thief = browser.copy();
    if (lost) browser.forget(lost);
    const answer = await browser.post('auth/logout');
    expect([answer.status, shapesOf(answer)]).toEqual([
      200,
      [
        'gatehouse_access: Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
        'gatehouse_refresh: Path=/api/v1/auth; Max-Age=0; HttpOnly; SameSite=Lax',
        'gatehouse_refresh: Path=/api/auth; Max-Age=0; HttpOnly; SameSite=Lax',
        'gatehouse_csrf: Path=/; Max-Age=0; SameSite=Lax',
      ],
    ]);
    expect(await statusOf(thief)).toBe(401);
  });

  it('clears cookies that are no good, and any that came with a token', async () => {
    const late = await signInByCookie();
    test.clock.advance({ days: 7 });
    expectProblem(await late.post('auth/logout'), 401, 'invalid_access_token');
    expect(late.kept).toEqual([]);

    const browser = await signInByCookie();
    const { access_token: token } = await signIn(test, person);
    expect((await browser.post('auth/logout', {}, { token })).status).toBe(200);
    expect(browser.kept).toEqual([]);
    const bare = await test.api.post('auth/logout', {}, { token });
    expect(bare.headers.get('set-cookie')).toBeNull();
  });
});
