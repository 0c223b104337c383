import type { Answer } from '../support/api';
import { doorFor, holderOfAll, type Holder } from '../support/doors';
import { alter, effectsOf, userRow } from '../support/effects';
import { signUp } from '../support/people';
import { expectProblem, expectTraceable } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({
    env: { FRONTEND_URL: 'https://app.example.com', COMPANY_NAME: '<b>Ada & "Sons"</b>' },
  });
});
afterAll(() => test.close());

const PAGES = [
  { page: 'verify-email', type: 'email_verification', audit: 'email_verified' },
  { page: 'reset-password', type: 'password_reset', audit: 'password_reset' },
  { page: 'confirm-email-change', type: 'email_change', audit: 'email_changed' },
] as const;

const open = (page: string, token: string, method = 'GET') =>
  test.api.call(method, `/pages/${page}?token=${encodeURIComponent(token)}`);

const press = (page: string, form: Record<string, string>) =>
  test.api.call('POST', `/pages/${page}`, { form });

const NEW_PASSWORD = { new_password: 'a better battery' };

/** A page as every hosted page must be, whatever it says. */
function expectPage(answer: Answer, status = 200): void {
  expect(answer.status).toBe(status);
  expectTraceable(answer);
  const { headers, text } = answer;
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  const csp = Object.fromEntries(
    headers
      .get('content-security-policy')!
      .split('; ')
      .map((directive) => directive.split(/ (.*)/, 2) as [string, string]),
  );
  expect(csp).toEqual({
    'default-src': "'none'",
    'style-src': expect.stringMatching(/^'sha256-[\w+/]+=*'$/),
    'form-action': "'self'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
  });
  expect(text).not.toMatch(/(?:href|src|action)="\s*javascript:/i);
  // What is inside of quotes has not broken out of them.
  expect(text.replaceAll(/"[^"]*"/g, '')).not.toMatch(/<script|\son\w+=|<img|<link|<iframe/i);
  expect(text).not.toContain('<b>Ada');
  expect(text).toContain('&lt;b&gt;Ada &amp; &quot;Sons&quot;&lt;/b&gt;');
}

describe.each(PAGES)('/pages/$page', ({ page, type, audit }) => {
  let holder: Holder;
  let token: string;
  beforeEach(async () => {
    holder = await holderOfAll(test);
    token = holder[type];
    if (type === 'email_verification')
      await test.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [
        holder.person.id,
      ]);
  });

  it('mail scanners: GET and HEAD as often as they like use nothing up', async () => {
    const before = await userRow(test, holder.person);
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD', 'GET']) {
      const { answer, mails, audits } = await effectsOf(test, () => open(page, token, method));
      expect([answer.status, mails, audits]).toEqual([200, [], []]);
    }
    expect(await userRow(test, holder.person)).toEqual(before);
    expect((await doorFor(type).present(test, token)).status).toBe(200);
  });

  it('shows one form that posts the token back here', async () => {
    const answer = await open(page, token);
    expectPage(answer);
    expect(answer.text.match(/<form[^>]*>/g)).toEqual([
      `<form method="post" action="/pages/${page}">`,
    ]);
    expect(answer.text).toContain(`<input type="hidden" name="token" value="${token}" />`);
    expect(answer.text).toMatch(/<button type="submit">/);
  });

  it('acts when its button is pressed, then sends the person on to the frontend', async () => {
    const { answer, audits } = await effectsOf(test, () =>
      press(page, { token, ...(type === 'password_reset' && NEW_PASSWORD) }),
    );
    expectPage(answer);
    expect(audits).toEqual([audit]);
    expect(answer.text).toMatch(
      /<meta http-equiv="refresh" content="\d+;url=https:\/\/app\.example\.com\/login\?detail=\w+" \/>/,
    );
    expect(answer.text).toMatch(/<a class="button" href="https:\/\/app\.example\.com\/login\?/);
    expect(answer.text).not.toContain(token);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it.each(
    titled([
      '',
      'x',
      '"><script>alert(1)</script>',
      "' onfocus='alert(1)",
      '</title><script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      'javascript:alert(1)',
      '\ufffe\u202e',
      'x'.repeat(5000),
    ]),
  )('injection: a bad token is shown or refused, never run: %s', async (_, bad) => {
    const shown = await open(page, bad);
    expect([200, 400]).toContain(shown.status);
    expectPage(shown, shown.status);
    if (bad.includes('<')) expect(shown.text).not.toContain(bad);
    const { answer, audits } = await effectsOf(test, () =>
      press(page, { token: bad, ...NEW_PASSWORD }),
    );
    expectPage(answer, 400);
    expect(audits).toEqual([]);
  });

  it('a form without a token, or with two, does nothing', async () => {
    expectPage(await press(page, NEW_PASSWORD), 400);
    expectPage(await test.api.call('POST', `/pages/${page}`, { form: '' }), 400);
    const twice = await test.api.call('POST', `/pages/${page}`, {
      form: `token=${token}&token=${token}`,
    });
    expectProblem(twice, 400, 'malformed_request', [token]);
    expect((await doorFor(type).present(test, token)).status).toBe(200);
  });

  it('takes forms alone', async () => {
    const answer = await test.api.post(`/pages/${page}`, { token, ...NEW_PASSWORD });
    expectProblem(answer, 415, 'unsupported_media_type', [token]);
  });

  it('a token in the URL of the POST does not act', async () => {
    const path = `/pages/${page}?token=${token}&new_password=a+better+battery`;
    const { answer, audits } = await effectsOf(test, () =>
      test.api.call('POST', path, { form: {} }),
    );
    expectPage(answer, 400);
    expect(audits).toEqual([]);
  });
});

it('the verification page says so when the address was verified already', async () => {
  const { email_verification: token } = await holderOfAll(test);
  const answer = await press('verify-email', { token });
  expectPage(answer);
  expect(answer.text).toContain('/login?detail=already_verified');
});

describe.each(['reset-password', 'confirm-email-change'] as const)('/pages/%s', (page) => {
  it('says at once that a link is dead', async () => {
    const holder = await holderOfAll(test);
    const token = page === 'reset-password' ? holder.password_reset : holder.email_change;
    await press(page, { token, ...NEW_PASSWORD });
    const answer = await open(page, token);
    expectPage(answer, 400);
    expect(answer.text).not.toContain('<form');
    expectPage(await press(page, { token, ...NEW_PASSWORD }), 400);
  });

  it('says at once that the link is dead where the account is disabled', async () => {
    const holder = await holderOfAll(test);
    const token = page === 'reset-password' ? holder.password_reset : holder.email_change;
    await alter(test, holder.person, 'is_active = false');
    expectPage(await open(page, token), 400);
  });
});

it('the reset page says what is wrong with a weak password and asks again', async () => {
  const { password_reset: token, person } = await holderOfAll(test);
  const before = await userRow(test, person);
  for (const [weak, advice] of [
    ['Sh0rt!<', 'at least 8'],
    ['x'.repeat(129), 'at most 128'],
    [person.email, 'other than your e-mail address'],
    ['', 'at least 8'],
  ] as const) {
    const answer = await press('reset-password', { token, new_password: weak });
    expectPage(answer, 422);
    expect(answer.text).toContain(advice);
    expect(answer.text).toContain(`value="${token}"`);
    if (weak) expect(answer.text).not.toContain(weak);
  }
  expect(await userRow(test, person)).toEqual(before);
  expectPage(await press('reset-password', { token, ...NEW_PASSWORD }));
});

it('the change page says that the address was taken meanwhile', async () => {
  const { email_change: token, person } = await holderOfAll(test);
  await signUp(test, `new-${person.username}`);
  const answer = await press('confirm-email-change', { token });
  expectPage(answer, 409);
  expect(answer.text).not.toContain(person.email);
});

describe('a refusal', () => {
  const inBrowser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startTestApp({
      env: {
        COMPANY_NAME: test.config.mail.companyName,
        RATE_LIMIT_ENABLED: 'true',
        RATE_LIMIT_REQUESTS: '1/60s',
      },
    });
    await limited.api.get('/nowhere');
  });
  afterAll(() => limited.close());

  it.each(PAGES)(
    'of too many requests to /pages/$page is a page in a browser',
    async ({ page }) => {
      const path = `/pages/${page}?token=x`;
      for (const method of ['GET', 'POST']) {
        const answer = await limited.api.call(method, path, inBrowser);
        expectPage(answer, 429);
        expect(answer.text).toContain('Try again in a minute.');
        expect(answer.text).not.toContain('<form');
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(answer.headers.get('ratelimit')).toContain('r=0');
        expectProblem(await limited.api.call(method, path), 429, 'rate_limited');
      }
      expectProblem(await limited.api.get('users/me', inBrowser), 429, 'rate_limited');
    },
  );

  it('of what is no form is a page in a browser', async () => {
    const form = 'token=a&token=b';
    const answer = await test.api.call('POST', '/pages/verify-email', { form, ...inBrowser });
    expectPage(answer, 400);
    expect(answer.text).toContain('more than once');
    const json = await test.api.post('/pages/verify-email', { token: 'x' }, inBrowser);
    expectPage(json, 415);
  });
});
