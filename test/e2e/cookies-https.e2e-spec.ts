import type { Answer } from '../support/api';
import { describeInBrowser, openBrowser } from '../support/browser';
import { cookiesSetBy, shapesOf } from '../support/cookies';
import { PASSWORD, type Person, signUpVerified } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { WebPage } from '../support/web-page';

const DAY = 86_400;

let test: TestApp;
let frontend: WebPage;
let person: Person;
let login: Answer;
beforeAll(async () => {
  frontend = await WebPage.open();
  test = await startTestApp({
    env: {
      BACKEND_URL: 'https://auth.example.com/sso',
      FRONTEND_URL: frontend.at('localhost'),
    },
  });
  person = await signUpVerified(test);
  const { username } = person;
  login = await test.api.post('auth/login?cookies=true', { username, password: PASSWORD });
});
afterAll(() => Promise.all([test.close(), frontend.close()]));

const expected = (accessSeconds: number, refreshSeconds: number): string[] => [
  `__Host-gatehouse_access: Path=/; Max-Age=${accessSeconds}; HttpOnly; Secure; SameSite=Lax`,
  `__Secure-gatehouse_refresh: Path=/sso/api/v1/auth; Max-Age=${refreshSeconds}; HttpOnly; Secure; SameSite=Lax`,
  `__Secure-gatehouse_refresh: Path=/sso/api/auth; Max-Age=${refreshSeconds}; HttpOnly; Secure; SameSite=Lax`,
  `__Host-gatehouse_csrf: Path=/; Max-Age=${refreshSeconds}; Secure; SameSite=Lax`,
];

/** The Cookie header of a browser that has just signed in. */
const cookie = (): string => {
  const [access, refresh, , csrf] = cookiesSetBy(login).map(
    ({ name, value }) => `${name}=${value}`,
  );
  return [access, refresh, csrf].join('; ');
};

it('sets secure cookies, by names that a sibling domain cannot set, where the proxy has them', () => {
  expect(shapesOf(login)).toEqual(expected(1800, 7 * DAY));
});

it('takes them by these names only', async () => {
  const headers = { cookie: cookie() };
  expect((await test.api.get('auth/me', { headers })).status).toBe(200);
  const bare = { cookie: cookie().replaceAll(/__\w+-/g, '') };
  expectProblem(await test.api.get('auth/me', { headers: bare }), 401, 'unauthenticated');
});

it('takes the origin of BACKEND_URL for its own, and not what is served over http', async () => {
  const refreshFrom = (origin: string) =>
    test.api.post('auth/refresh', undefined, {
      headers: { cookie: cookie(), 'x-csrf-token': login.body.csrf_token, origin },
    });
  for (const origin of ['http://auth.example.com', 'https://example.com'])
    expectProblem(await refreshFrom(origin), 403, 'origin_not_allowed');
  expect(shapesOf(await refreshFrom('https://auth.example.com'))).toEqual(expected(1800, 7 * DAY));
});

it('clears them with the same attributes', async () => {
  const headers = { cookie: cookie(), 'x-csrf-token': login.body.csrf_token };
  const logout = await test.api.post('auth/logout', undefined, { headers });
  expect([logout.status, shapesOf(logout)]).toEqual([200, expected(0, 0)]);
});

describeInBrowser('in a real browser', () => {
  // Browsers take http://localhost for as secure as https.
  it('they are kept and sent', async () => {
    const browser = await openBrowser();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(frontend.at('localhost'));
    const { port } = new URL(test.api.origin);
    const me = await page.evaluate(
      async ([api, username, password]) => {
        await fetch(`${api}/auth/login?cookies=true`, {
          method: 'POST',
          credentials: 'include',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ username, password }),
        });
        return (await fetch(`${api}/auth/me`, { credentials: 'include' })).json();
      },
      [`http://localhost:${port}/api/v1`, person.username, PASSWORD] as const,
    );
    expect(me).toMatchObject({ id: person.id });
    const kept = await context.cookies();
    expect(kept.map(({ name, secure }) => `${name} ${secure}`).toSorted()).toEqual([
      '__Host-gatehouse_access true',
      '__Host-gatehouse_csrf true',
      '__Secure-gatehouse_refresh true',
      '__Secure-gatehouse_refresh true',
    ]);
    await browser.close();
  });
});
