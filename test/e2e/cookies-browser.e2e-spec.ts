import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeInBrowser, openBrowser } from '../support/browser';
import { alter, countOf } from '../support/effects';
import { PASSWORD, type Person, signUpVerified } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';
import { WebPage } from '../support/web-page';

/** Of `RequestInit`, what both sides of the browser understand. */
interface Ask {
  readonly method?: string;
  readonly mode?: 'no-cors';
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Asked {
  readonly status: number;
  readonly text: string;
}

describeInBrowser('cookie mode in a real browser', () => {
  let frontend: WebPage;
  let elsewhere: WebPage;
  let test: TestApp;
  let browser: Browser;
  let context: BrowserContext;
  let person: Person;
  let api: string;

  beforeAll(async () => {
    [frontend, elsewhere, browser] = await Promise.all([
      WebPage.open(),
      WebPage.open(),
      openBrowser(),
    ]);
    test = await startTestApp({ env: { FRONTEND_URL: frontend.at('localhost') } });
    // By the same name as the frontend: one site, though two origins.
    api = `http://localhost:${new URL(test.api.origin).port}/api/v1`;
  });
  beforeEach(async () => {
    context = await browser.newContext();
    person = await signUpVerified(test);
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    await Promise.all([test.close(), frontend.close(), elsewhere.close()]);
  });

  async function pageAt(origin: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(origin);
    return page;
  }

  /** What script on the page gets to read; null where the browser keeps it from it. */
  const ask = (page: Page, path: string, init: Ask = {}): Promise<Asked | null> =>
    page.evaluate(
      async ([url, options]) => {
        try {
          const answer = await fetch(url, { credentials: 'include', ...options });
          return { status: answer.status, text: await answer.text() };
        } catch {
          return null;
        }
      },
      [`${api}/${path}`, init] as const,
    );

  const change = (method: string, json: unknown, csrfToken?: string): Ask => ({
    method,
    headers: {
      'content-type': 'application/json',
      ...(csrfToken !== undefined && { 'x-csrf-token': csrfToken }),
    },
    body: JSON.stringify(json),
  });

  const bioOf = async (page: Page): Promise<unknown> =>
    JSON.parse((await ask(page, 'auth/me'))!.text).bio;

  /** A page of the frontend, signed in, with its CSRF token. */
  async function signedInPage(): Promise<{ page: Page; csrfToken: string }> {
    const page = await pageAt(frontend.at('localhost'));
    const credentials = { username: person.username, password: PASSWORD };
    const login = await ask(page, 'auth/login?cookies=true', change('POST', credentials));
    expect(login!.status).toBe(200);
    return { page, csrfToken: JSON.parse(login!.text).csrf_token };
  }

  const cookieNames = async (): Promise<string[]> =>
    (await context.cookies()).map(({ name, path }) => `${name} ${path}`).toSorted();

  it('an allowed page signs in, reads, changes, reloads, refreshes and signs out', async () => {
    const { page, csrfToken } = await signedInPage();
    expect(await page.evaluate('document.cookie')).toBe(`gatehouse_csrf=${csrfToken}`);
    expect(JSON.parse((await ask(page, 'auth/me'))!.text).id).toBe(person.id);

    const refused = await ask(page, 'users/me', change('PATCH', { bio: 'no token' }));
    expect([refused!.status, refused!.text]).toEqual([
      403,
      expect.stringContaining('csrf_token_invalid'),
    ]);
    const changed = await ask(page, 'users/me', change('PATCH', { bio: 'by page' }, csrfToken));
    expect(changed!.status).toBe(200);
    expect(await bioOf(page)).toBe('by page');

    await page.reload();
    const csrf = await ask(page, 'auth/csrf');
    expect(JSON.parse(csrf!.text)).toEqual({ csrf_token: csrfToken });
    const before = await context.cookies();
    expect((await ask(page, 'auth/refresh', change('POST', {}, csrfToken)))!.status).toBe(200);
    expect(await context.cookies()).not.toEqual(before);
    expect(await cookieNames()).toEqual([
      'gatehouse_access /',
      'gatehouse_csrf /',
      'gatehouse_refresh /api/auth',
      'gatehouse_refresh /api/v1/auth',
    ]);

    expect((await ask(page, 'auth/logout', change('POST', {}, csrfToken)))!.status).toBe(200);
    expect(await cookieNames()).toEqual([]);
    expect((await ask(page, 'auth/me'))!.status).toBe(401);
  });

  describe.each([
    ['of another site', '127.0.0.1'],
    ['of a sibling origin, with which cookies travel', 'localhost'],
  ] as const)('a page %s', (_, host) => {
    it('reads and changes nothing by fetch', async () => {
      const { page: mine, csrfToken } = await signedInPage();
      const evil = await pageAt(elsewhere.at(host));
      const kept = await context.cookies();

      expect(await ask(evil, 'auth/me')).toBeNull();
      expect(await ask(evil, 'auth/csrf')).toBeNull();
      for (const token of [undefined, csrfToken])
        expect(await ask(evil, 'users/me', change('PATCH', { bio: 'evil' }, token))).toBeNull();
      // Without a body and a header of its own a browser asks nobody before it sends.
      for (const path of ['auth/logout', 'auth/logout-all', 'auth/refresh?cookies=true'])
        await ask(evil, path, { method: 'POST', mode: 'no-cors' });

      expect(await bioOf(mine)).toBeNull();
      expect(await context.cookies()).toEqual(kept);
    });

    it('signs nobody in to an account of its own by a form', async () => {
      const { page: mine } = await signedInPage();
      const mallory = await signUpVerified(test);
      const before = [await context.cookies(), await countOf(test, 'sessions')];
      const evil = await pageAt(elsewhere.at(host));
      const answered = evil.waitForResponse((response) => response.url().includes('login/form'));
      await evil
        .locator('form')
        .evaluate(
          (form, url) => form.setAttribute('action', url),
          `${api}/auth/login/form?cookies=true`,
        );
      await evil.getByLabel('Name').fill(mallory.username);
      await evil.getByLabel('Password').fill(PASSWORD);
      await evil.getByRole('button').click();

      expect((await answered).status()).toBe(403);
      expect([await context.cookies(), await countOf(test, 'sessions')]).toEqual(before);
      expect(JSON.parse((await ask(mine, 'auth/me'))!.text).id).toBe(person.id);
    });
  });

  it('a page needs no more script than docs/flows/cookies.md shows', async () => {
    const [, shown = ''] = /```js\n(.*?)```/s.exec(readFileSync('docs/flows/cookies.md', 'utf8'))!;
    const script = shown.replace('https://auth.example.com/api/v1', api);
    const page = await pageAt(frontend.at('localhost'));
    const load = async (): Promise<unknown> => {
      await page.goto(frontend.at('localhost'));
      await page.addScriptTag({ content: script });
      return page.evaluate('onLoad().then(({ status }) => status)');
    };
    const statusOf = (expression: string): Promise<unknown> =>
      page.evaluate(`${expression}.then(({ status }) => status)`);
    const credentials = JSON.stringify({ username: person.username, password: PASSWORD });

    expect(await load()).toBe(401);
    expect(await statusOf(`signIn(${credentials})`)).toBe(200);
    expect(await statusOf(`call('PATCH', '/users/me', { bio: 'first' })`)).toBe(200);
    expect(await load()).toBe(200);
    test.clock.advance({ minutes: 30 });
    expect(await statusOf(`call('PATCH', '/users/me', { bio: 'second' })`)).toBe(200);
    expect(await bioOf(page)).toBe('second');
    expect(await statusOf('signOut()')).toBe(200);
    expect(await statusOf(`call('GET', '/users/me')`)).toBe(401);
    expect(await load()).toBe(401);
  });

  it('a refused refresh leaves the browser without cookies', async () => {
    const { page, csrfToken } = await signedInPage();
    await alter(test, person, 'is_active = false');
    expect((await ask(page, 'auth/refresh', change('POST', {}, csrfToken)))!.status).toBe(401);
    expect(await cookieNames()).toEqual([]);
  });
});
