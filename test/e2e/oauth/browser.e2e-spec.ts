import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeInBrowser, openBrowser } from '../../support/browser';
import { GuideFrontend } from '../../support/guide';
import { type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';

/** In a browser the providers are another site, as they are in life: `Lax` cookies count. */
const elsewhere = (url: string): string => url.replace('127.0.0.1', 'localhost');

describeInBrowser('signing in with a provider in a real browser, by the pages of the guide', () => {
  let frontend: GuideFrontend;
  let test: OAuthTestApp;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  let problems: string[];
  let count = 0;

  beforeAll(async () => {
    frontend = await GuideFrontend.open();
    [test, browser] = await Promise.all([
      startOAuthApp(({ google, discord }) => ({
        FRONTEND_URL: frontend.origin,
        ALLOWED_ORIGINS: `${frontend.origin},${frontend.foreignOrigin}`,
        ALLOWED_REDIRECT_URLS: frontend.foreignOrigin,
        GOOGLE_AUTHORIZATION_URL: elsewhere(google.urls.authorization),
        DISCORD_AUTHORIZATION_URL: elsewhere(discord.urls.authorization),
      })),
      openBrowser(),
    ]);
    frontend.service = test.api.origin;
    test.google.approvesAtOnce = false;
    test.discord.approvesAtOnce = false;
  });
  afterAll(async () => {
    expect([...test.google.violations, ...test.discord.violations]).toEqual([]);
    await browser.close();
    await test.close();
    await frontend.close();
  });
  beforeEach(() => {
    problems = [];
    const name = `ada${count++}`;
    const person = { email: `${name}@example.com`, emailVerified: true, name: 'Ada' };
    Object.assign(test.google.person, { ...person, subject: `google ${name}` });
    Object.assign(test.discord.person, { ...person, subject: `discord ${name}`, name: 'Countess' });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });

  /** A page in a browser of its own; what goes wrong in it, but at a provider, is kept. */
  async function newPage(): Promise<Page> {
    const ours = [test.api.origin, frontend.origin, frontend.foreignOrigin];
    const context = await browser.newContext();
    contexts.push(context);
    const page = await context.newPage();
    page.on('console', (line) => {
      const isOurs = ours.includes(new URL(line.location().url).origin);
      if (line.type() === 'error' && isOurs) problems.push(line.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    return page;
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const heading = (page: Page) => page.getByRole('heading').textContent();

  /** From the plain link to the settings page. */
  async function signIn(page: Page, provider = 'Google', person = 'Ada'): Promise<void> {
    await page.goto(`${frontend.origin}/login`);
    await page.getByRole('link', { name: `Sign in with ${provider}` }).click();
    await press(page, `Continue as ${person}`);
    await page.getByRole('heading', { name: /Signed in as / }).waitFor();
    expect(page.url()).toBe(`${frontend.origin}/settings`);
  }

  const identities = async (): Promise<string[]> => {
    const rows = await test.query('SELECT provider FROM identities WHERE subject LIKE $1', [
      `% ada${count - 1}`,
    ]);
    return rows.map(({ provider }: { provider: string }) => provider).toSorted();
  };

  it('signs in by a plain link, links a second provider, unlinks the first, and comes back by the second', async () => {
    const page = await newPage();
    await signIn(page);
    const who = await heading(page);

    await press(page, 'Link Discord');
    await press(page, 'Continue as Countess');
    await page.getByRole('button', { name: 'Unlink Discord' }).waitFor();
    expect(page.url()).toBe(`${frontend.origin}/settings?linked=discord`);
    expect(await identities()).toEqual(['discord', 'google']);

    await press(page, 'Unlink Google');
    await page.getByRole('button', { name: 'Link Google', exact: true }).waitFor();
    expect(await identities()).toEqual(['discord']);

    await press(page, 'Sign out');
    await page.waitForURL(`${frontend.origin}/login`);
    await signIn(page, 'Discord', 'Countess');
    expect(await heading(page)).toBe(who);
    expect(problems).toEqual([]);
  });

  it('says why the last way to sign in stays', async () => {
    const page = await newPage();
    await signIn(page);
    await press(page, 'Unlink Google');
    await page.getByRole('alert').filter({ hasText: 'Nothing else would be left' }).waitFor();
    expect(await identities()).toEqual(['google']);
  });

  it('comes back from Cancel with access_denied', async () => {
    const page = await newPage();
    await page.goto(`${frontend.origin}/login`);
    await page.getByRole('link', { name: 'Sign in with Google' }).click();
    await press(page, 'Cancel');
    await page.getByRole('alert').filter({ hasText: 'You cancelled.' }).waitFor();
    expect(page.url()).toBe(`${frontend.origin}/login?error=access_denied`);
    expect(problems).toEqual([]);
  });

  it('leads to the provider from the description in Swagger UI', async () => {
    const page = await newPage();
    await page.goto(`${test.api.origin}/docs`);
    const route = page.locator('#operations-oauth-get_auth_oauth_provider');
    await route.locator('.opblock-summary-control').click();
    const [tab] = await Promise.all([
      page.waitForEvent('popup'),
      route.getByRole('link', { name: 'with Google' }).click(),
    ]);
    await press(tab, 'Continue as Ada');
    await tab.getByRole('heading', { name: /Signed in as / }).waitFor();
    expect(problems).toEqual([]);
  });

  it('refuses a callback that was copied to another browser, and goes on in its own', async () => {
    const page = await newPage();
    await page.goto(`${frontend.origin}/login`);
    await page.getByRole('link', { name: 'Sign in with Google' }).click();
    await page.getByRole('button', { name: 'Continue as Ada' }).waitFor();
    // What the consent page sends; its answer is the callback, which nobody follows yet.
    const answer = await fetch(page.url(), {
      method: 'POST',
      body: new URLSearchParams({ decision: 'continue' }),
      redirect: 'manual',
    });
    const callback = answer.headers.get('location')!;

    const stranger = await newPage();
    await stranger.goto(callback);
    await stranger.getByRole('alert').filter({ hasText: 'began elsewhere' }).waitFor();
    expect(stranger.url()).toBe(`${frontend.origin}/login?error=state_mismatch`);

    await page.goto(callback);
    await page.getByRole('heading', { name: /Signed in as / }).waitFor();
    expect(problems).toEqual([]);
  });

  it('signs in from another site, but does not link there: the browser keeps no cookie', async () => {
    const page = await newPage();
    const end = encodeURIComponent(`${frontend.foreignOrigin}/auth`);
    await page.goto(`${test.api.origin}/api/v1/auth/oauth/google?redirect_to=${end}`);
    await press(page, 'Continue as Ada');
    await page.getByRole('heading', { name: /Signed in as / }).waitFor();
    expect(page.url()).toBe(`${frontend.foreignOrigin}/settings`);

    await press(page, 'Link Discord');
    await press(page, 'Continue as Countess');
    await page.waitForURL(`${frontend.origin}/login?error=state_mismatch`);
    expect(await identities()).toEqual(['google']);
  });
});
