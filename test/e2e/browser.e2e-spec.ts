import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeInBrowser, openBrowser } from '../support/browser';
import { linkIn, type ReceivedMail } from '../support/inbox';
import { PASSWORD, signUp, signUpVerified, signedIn } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';

describeInBrowser('in a real browser', () => {
  let test: TestApp;
  let browser: Browser;
  let context: BrowserContext | undefined;
  let problems: string[];

  beforeAll(async () => {
    [test, browser] = await Promise.all([startTestApp(), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await test.close();
  });
  afterEach(() => context?.close());

  /** A page whose console errors, CSP refusals included, are kept. */
  async function newPage({ javaScriptEnabled = true } = {}): Promise<Page> {
    context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    problems = [];
    page.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    return page;
  }

  const here = (mail: ReceivedMail): string => {
    const { pathname, search } = linkIn(mail);
    return `${test.api.origin}${pathname}${search}`;
  };

  it('verifies an address without script, by its button only', async () => {
    const person = await signUp(test);
    const page = await newPage({ javaScriptEnabled: false });
    const mail = await test.inbox.waitFor(person.email, /confirm/i);

    await page.goto(here(mail));
    const [before] = await test.query('SELECT email_verified_at FROM users WHERE id = $1', [
      person.id,
    ]);
    expect(before.email_verified_at).toBeNull();

    await page.getByRole('button', { name: 'Verify my address' }).click();
    await page.getByRole('heading', { name: 'Your address is verified' }).waitFor();
    expect(await page.getByRole('link', { name: 'Continue' }).getAttribute('href')).toBe(
      'http://localhost:3000/login?detail=email_verified',
    );
    expect(problems).toEqual([]);
  });

  it('sets a new password without script, and says what is wrong with a short one', async () => {
    const person = await signUpVerified(test);
    await test.api.post('auth/password/reset/request', { email: person.email });
    const page = await newPage({ javaScriptEnabled: false });

    await page.goto(here(await test.inbox.waitFor(person.email, /reset/i)));
    const password = page.getByLabel('New password');
    await password.evaluate((input) => input.removeAttribute('minlength'));
    await password.fill('short');
    await page.getByRole('button', { name: 'Set new password' }).click();
    await page.getByRole('alert').waitFor();

    await page.getByLabel('New password').fill('a password from the page');
    await page.getByRole('button', { name: 'Set new password' }).click();
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor();

    const answer = await test.api.post('auth/login', {
      username: person.username,
      password: 'a password from the page',
    });
    expect(answer.status).toBe(200);
  });

  it('moves an account to a new address without script', async () => {
    const { person, tokens } = await signedIn(test);
    const newEmail = `new-${person.email}`;
    await test.api.post(
      'auth/email/change',
      { new_email: newEmail, password: PASSWORD },
      { token: tokens.access_token },
    );
    const page = await newPage({ javaScriptEnabled: false });

    await page.goto(here(await test.inbox.waitFor(newEmail, /confirm/i)));
    await page.getByRole('button', { name: 'Use this address' }).click();
    await page.getByRole('heading', { name: 'Your address is changed' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('authorizes Swagger UI with username and password, and tries a route out', async () => {
    const person = await signUpVerified(test);
    const page = await newPage();

    await page.goto(`${test.api.origin}/docs`);
    await page.getByRole('button', { name: 'Authorize' }).click();
    const form = page.locator('.auth-container').filter({ hasText: 'OAuth2' });
    await form.getByLabel('username').fill(person.username);
    await form.getByLabel('password').fill(person.password);
    await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
    await form.getByRole('button', { name: 'Remove authorization' }).waitFor();
    await form.getByRole('button', { name: 'Close' }).click();

    const route = page.locator('#operations-users-get_users_me');
    await route.locator('.opblock-summary-control').click();
    await route.getByRole('button', { name: 'Execute' }).click();
    await route.locator('.live-responses-table').getByText(person.email).first().waitFor();
    expect(problems).toEqual([]);
  });

  it('renders the reference at /redoc under its own policy', async () => {
    const page = await newPage();
    await page.goto(`${test.api.origin}/redoc`);
    await page
      .getByRole('heading', { name: /Gatehouse/ })
      .first()
      .waitFor();
    await page.getByRole('heading', { name: 'Create an account' }).first().waitFor();
    // ReDoc's own logo is the one thing it would fetch from elsewhere, and may not.
    expect(problems.filter((problem) => !problem.includes('cdn.redoc.ly'))).toEqual([]);
  });

  it('shows every mail in the development mailbox, with a link that can be clicked', async () => {
    const person = await signUp(test);
    await test.inbox.waitFor(person.email, /confirm/i);
    const page = await newPage();
    await page.goto(`${test.api.origin}/dev/mailbox`);
    await page.getByText(person.email).first().click();
    const link = page.locator('a[href*="/pages/verify-email?token="]').first();
    await link.waitFor();
    expect(problems).toEqual([]);
  });
});
