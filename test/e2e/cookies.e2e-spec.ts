import { Controller, Get, Module } from '@nestjs/common';
import { BearerOnly } from '../../src/common/access/bearer-only.decorator';
import { CookieBrowser, cookiesSetBy, shapesOf } from '../support/cookies';
import { countOf, effectsOf } from '../support/effects';
import { claimsOf } from '../support/forge';
import { PASSWORD, type Person, signIn, signUpVerified, sixteen, tally } from '../support/people';
import { expectCleanLogs, expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const DAY = 86_400;
const ALL = [
  'gatehouse_access /',
  'gatehouse_csrf /',
  'gatehouse_refresh /api/auth',
  'gatehouse_refresh /api/v1/auth',
];

@Controller('doors')
class DoorsController {
  @Get()
  @BearerOnly()
  open() {
    return {};
  }
}

@Module({ controllers: [DoorsController] })
class DoorsModule {}

let test: TestApp;
let person: Person;
beforeAll(async () => {
  test = await startTestApp({ imports: [DoorsModule] });
});
beforeEach(async () => {
  person = await signUpVerified(test);
});
afterAll(() => test.close());

const signInByCookie = () => CookieBrowser.signedIn(test, person);
const credentials = () => ({ username: person.username, password: PASSWORD });
const json = () => ({ json: credentials() });

const statusOf = async (browser: CookieBrowser): Promise<number> =>
  (await browser.get('auth/me')).status;

describe('what is set', () => {
  const WAYS = [
    ['auth/login', () => ({ json: credentials() })],
    ['auth/login/form', () => ({ form: credentials() })],
    ['auth/token', () => ({ form: credentials() })],
  ] as const;

  it.each(WAYS)('by %s: all of the pair, and none of it in the body', async (path, call) => {
    const answer = await test.api.call('POST', `${path}?cookies=true`, call());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      message: expect.any(String),
      success: true,
      expires_in: 1800,
      csrf_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(answer.text).not.toContain('eyJ');

    const cookies = cookiesSetBy(answer);
    expect(shapesOf(answer)).toEqual([
      'gatehouse_access: Path=/; Max-Age=1800; HttpOnly; SameSite=Lax',
      `gatehouse_refresh: Path=/api/v1/auth; Max-Age=${7 * DAY}; HttpOnly; SameSite=Lax`,
      `gatehouse_refresh: Path=/api/auth; Max-Age=${7 * DAY}; HttpOnly; SameSite=Lax`,
      `gatehouse_csrf: Path=/; Max-Age=${7 * DAY}; SameSite=Lax`,
    ]);
    const [access, refresh, again, csrf] = cookies.map(({ value }) => value);
    expect([claimsOf(access!).type, claimsOf(refresh!).type]).toEqual(['access', 'refresh']);
    expect([again, csrf]).toEqual([refresh, answer.body.csrf_token]);
  });

  it.each(WAYS)('by %s with cookies=false, as without: nothing', async (path, call) => {
    const answer = await test.api.call('POST', `${path}?cookies=false`, call());
    expect(Object.keys(answer.body)).toContain('refresh_token');
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it.each(['', 'TRUE', '1', 'yes', 'true&cookies=true', 'true&cookies=false'])(
    'is asked for with true or false, and not with %j',
    async (value) => {
      for (const path of ['auth/login', 'auth/refresh'])
        expectInvalid(await test.api.post(`${path}?cookies=${value}`, {}), ['/cookies']);
      const form = await test.api.call('POST', `auth/token?cookies=${value}`, { form: 'a=b' });
      expectInvalid(form, ['/cookies']);
    },
  );

  it.each(WAYS)('by %s ends the session that was there before', async (path, call) => {
    const browser = await signInByCookie();
    const before = browser.copy();
    const elsewhere = await signInByCookie();
    const { answer, audits } = await effectsOf(test, () =>
      browser.call('POST', `${path}?cookies=true`, call()),
    );
    expect([answer.status, audits]).toEqual([200, ['sign_in_succeeded', 'signed_out']]);
    const [row] = await test.query('SELECT * FROM audit_events ORDER BY id DESC LIMIT 1');
    const { sid } = claimsOf(before.valueOf('gatehouse_refresh'));
    expect([row.actor_id, row.subject_id, row.details]).toEqual([
      person.id,
      person.id,
      { sessionId: sid },
    ]);
    expect([await statusOf(before), await statusOf(browser), await statusOf(elsewhere)]).toEqual([
      401, 200, 200,
    ]);
  });

  it('ends it once for sixteen at once, and none of those that they open', async () => {
    const browser = await signInByCookie();
    const { audits } = await effectsOf(test, async () => {
      const cookie = browser.cookiesFor('/api/v1/auth/login');
      const call = { ...json(), headers: { cookie } };
      const answers = await sixteen(() => test.api.call('POST', 'auth/login?cookies=true', call));
      expect(tally(answers)).toEqual({ 200: 16 });
      return answers[0]!;
    });
    expect(audits.filter((action) => action === 'signed_out')).toHaveLength(1);
    const live = `SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL`;
    expect(await test.query(live, [person.id])).toHaveLength(16);
  });

  it('ends nothing where the sign-in is refused, wants no cookies, or came without the cookie', async () => {
    const browser = await signInByCookie();
    const cookie = browser.cookiesFor('/api/v1/auth/login');
    const wrong = { json: { ...credentials(), password: 'wrong password' }, headers: { cookie } };
    expect((await test.api.call('POST', 'auth/login?cookies=true', wrong)).status).toBe(401);
    for (const [query, headers] of [
      ['', { cookie }],
      ['?cookies=true', {}],
      ['?cookies=true', { cookie: cookie.replace(/gatehouse_refresh/g, 'x') }],
      ['?cookies=true', { cookie: cookie.replace(/(gatehouse_refresh=[^;]+)/, '$1x') }],
      ['?cookies=true', { cookie, authorization: 'Bearer x' }],
    ] as const) {
      const call = { ...json(), headers: headers as Record<string, string> };
      expect((await test.api.call('POST', `auth/login${query}`, call)).status).toBe(200);
    }
    expect(await statusOf(browser)).toBe(200);
    const refreshed = await browser.post('auth/refresh');
    expect([refreshed.status, await statusOf(browser)]).toEqual([200, 200]);
  });

  it('by a session fixed beforehand is replaced at sign-in, and that one is left alone', async () => {
    const mallory = await signUpVerified(test);
    const browser = await CookieBrowser.signedIn(test, mallory);
    const planted = browser.copy();
    const { audits } = await effectsOf(test, () =>
      browser.call('POST', 'auth/login?cookies=true', json()),
    );
    // Or Mallory would read in her activity from where somebody signed in.
    expect(audits).toEqual(['sign_in_succeeded']);

    expect((await browser.get('auth/me')).body.id).toBe(person.id);
    expect((await planted.get('auth/me')).body.id).toBe(mallory.id);
    expect(browser.kept).toEqual(ALL);
    expect(browser.csrfToken).not.toBe(planted.csrfToken);
  });
});

describe('the access cookie', () => {
  it('signs in at both spellings of a route, and keeps the answer out of caches', async () => {
    const browser = await signInByCookie();
    for (const path of ['/api/v1/users/me', '/api/users/me']) {
      const me = await browser.get(path);
      expect([me.status, me.body.id]).toEqual([200, person.id]);
      expect(me.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('changes what the CSRF token allows it to, and stays good after a password change', async () => {
    const [browser, other] = [await signInByCookie(), await signInByCookie()];
    const changed = await browser.call('PATCH', 'users/me', { json: { bio: 'By cookie.' } });
    expect([changed.status, changed.body.bio]).toEqual([200, 'By cookie.']);
    const password = await browser.post('auth/password/change', {
      current_password: PASSWORD,
      new_password: 'changed by cookie',
    });
    expect(password.status).toBe(200);
    expect([await statusOf(browser), await statusOf(other)]).toEqual([200, 401]);
    expect((await browser.post('auth/refresh')).status).toBe(200);
    expect((await browser.post('auth/logout-all')).body).toEqual({ revoked: 1 });
    expect(browser.kept).toEqual([]);
  });

  it('is not looked at beside an Authorization header, good or bad', async () => {
    const browser = await signInByCookie();
    const other = await signUpVerified(test);
    const { access_token: token } = await signIn(test, other);
    expect((await browser.get('auth/me', { token })).body.id).toBe(other.id);
    expectProblem(await browser.get('auth/me', { token: 'x' }), 401, 'invalid_access_token');
    for (const authorization of ['Basic eDp4', 'Bearer'])
      expectProblem(
        await browser.get('auth/me', { headers: { authorization } }),
        401,
        'unauthenticated',
      );
    const refresh = await browser.post('auth/refresh?cookies=true', {}, { token });
    expectProblem(refresh, 401, 'unauthenticated');
  });

  it('is dead with its session, and after its time', async () => {
    const [ended, late] = [await signInByCookie(), await signInByCookie()];
    const thief = ended.copy();
    await ended.post('auth/logout');
    expectProblem(await thief.get('auth/me'), 401, 'invalid_access_token');
    test.clock.advance({ minutes: 30 });
    expectProblem(await late.get('auth/me'), 401, 'invalid_access_token');
  });

  it('does not sign in where only a Bearer token does', async () => {
    const browser = await signInByCookie();
    expectProblem(await browser.get('doors'), 401, 'unauthenticated');
    const { access_token: token } = await signIn(test, person);
    expect((await browser.get('doors', { token })).status).toBe(200);
    expectProblem(await browser.get('doors', { token: 'x' }), 401, 'invalid_access_token');
  });

  it('names the user where anyone may call; a dead one makes nobody of them', async () => {
    const browser = await signInByCookie();
    const ask = () => browser.post('auth/email/verification/request', {});
    expect((await ask()).status).toBe(200);
    test.clock.advance({ minutes: 30 });
    expectInvalid(await ask(), ['/email']);
  });
});

describe('a Cookie header', () => {
  const GARBAGE = [
    ';;;',
    '=',
    'gatehouse_access',
    'gatehouse_access=',
    'gatehouse_access=%',
    'gatehouse_access=%00%ff',
    'gatehouse_access="',
    'gatehouse_access=eyJ.eyJ.x; gatehouse_refresh=eyJ.eyJ.x; gatehouse_csrf=%%%',
    '__proto__=x; constructor=y; gatehouse_access=__proto__',
    `gatehouse_access=${'A'.repeat(12_000)}`,
    'a=b; '.repeat(2000),
    'gatehouse_access=\u00ff\u00fe',
  ];

  it('of garbage signs nobody in, and is never an error of ours', async () => {
    for (const cookie of GARBAGE) {
      const headers = { cookie };
      const { status } = await test.api.get('auth/me', { headers });
      expect([cookie, status]).toEqual([cookie, 401]);
      for (const path of ['auth/refresh?cookies=true', 'auth/logout', 'auth/logout-all'])
        expect((await test.api.post(path, {}, { headers })).status).toBe(401);
      expect((await test.api.get('auth/csrf', { headers })).status).toBe(401);
      const login = await test.api.post('auth/login?cookies=true', credentials(), { headers });
      expect(login.status).toBe(200);
    }
  });

  it.each([
    ['access', 401, 200],
    ['refresh', 200, 422],
    ['csrf', 200, 403],
  ])('with a second %s cookie, perhaps of a sibling domain, has none', async (name, ...wanted) => {
    const [browser, mallory] = [await signInByCookie(), await signInByCookie()];
    const planted = `gatehouse_${name}=${mallory.valueOf(name)}`;
    const kept = browser.cookiesFor('/api/v1/auth/refresh');
    for (const cookie of [`${planted}; ${kept}`, `${kept}; ${planted}`]) {
      const headers = { cookie, 'x-csrf-token': browser.csrfToken! };
      const me = await test.api.get('auth/me', { headers });
      const refresh = await test.api.post('auth/refresh', {}, { headers });
      expect([me.status, refresh.status]).toEqual(wanted);
    }
  });
});

it('is in OpenAPI: where cookies do, and what asks for the CSRF token with them', async () => {
  const { paths } = (await test.api.get('/openapi.json')).body;
  const bearer = [{ bearer: [] }, { password: [] }];
  const byScheme = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b));
  const { get, patch } = paths['/api/v1/users/me'];
  expect(get.security.toSorted(byScheme)).toEqual([bearer[0], { cookie: [] }, bearer[1]]);
  expect(Object.keys(get.responses)).not.toContain('403');
  expect(patch.security.toSorted(byScheme)).toEqual([
    bearer[0],
    { cookie: [], csrf: [] },
    bearer[1],
  ]);
  expect(patch.responses['403'].description).toBe('`csrf_token_invalid`, `origin_not_allowed`');
  expect(paths['/api/v1/doors'].get.security.toSorted(byScheme)).toEqual(bearer);

  const login = paths['/api/v1/auth/login'].post;
  expect(login.parameters).toMatchObject([{ name: 'cookies', in: 'query', required: false }]);
  expect(login.responses['200'].content['application/json'].schema.oneOf).toEqual([
    { $ref: '#/components/schemas/TokenPairDto' },
    { $ref: '#/components/schemas/CookieSessionDto' },
  ]);
});

it('writes no cookie and no CSRF token into the log', async () => {
  const before = await countOf(test, 'sessions');
  const browser = await signInByCookie();
  await browser.post('auth/refresh');
  await browser.get('auth/csrf');
  expect(await countOf(test, 'sessions')).toBe(before + 1);
  const secrets = ['access', 'refresh', 'csrf'].map((name) => browser.valueOf(name));
  expectCleanLogs(test.logs, secrets);
});
