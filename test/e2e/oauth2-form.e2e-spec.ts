import type { Answer } from '../support/api';
import { alter, effectsOf } from '../support/effects';
import { PASSWORD, type Person, signIn, signUp, signUpVerified } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

/** RFC 6749 appendix A.7 and A.8. */
const PLAIN = /^[ !#-[\]-~]+$/;

function expectOAuthError(answer: Answer, status: number, code: string, error: string): void {
  expectProblem(answer, status, code);
  expect(answer.body.error).toBe(error);
  expect(answer.body.error_description).toMatch(PLAIN);
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

describe.each(['auth/token', 'auth/login/form', '/api/auth/token'])('POST %s', (path) => {
  let person: Person;
  beforeEach(async () => {
    person = await signUpVerified(test);
  });

  const submit = (form: Record<string, string> | string, headers = {}) =>
    test.api.call('POST', path, { form, headers });
  const credentials = () => ({ username: person.username, password: PASSWORD });

  const expectTokens = (answer: Answer) => {
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        access_token: expect.any(String),
        refresh_token: expect.any(String),
        token_type: 'bearer',
        expires_in: 1800,
      },
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  };

  it('signs in with grant_type=password, without one, and with an empty one', async () => {
    for (const grant of ['', 'grant_type=password&', 'grant_type=&']) {
      const { answer, mails, audits } = await effectsOf(test, () =>
        submit(grant + new URLSearchParams(credentials()).toString()),
      );
      expectTokens(answer);
      expect([mails, audits]).toEqual([[], ['sign_in_succeeded']]);
      const me = await test.api.get('auth/me', { token: answer.body.access_token });
      expect(me.body.id).toBe(person.id);
    }
  });

  it('takes an address for a username, and every character of a password', async () => {
    expectTokens(await submit({ ...credentials(), username: person.email.toUpperCase() }));
    const [username, password] = [`odd-${person.username}`, '&=+%20 #ü😀"\\'];
    await test.api.post('auth/register', { username, email: `${username}@example.com`, password });
    await test.query('UPDATE users SET email_verified_at = now() WHERE username = $1', [username]);
    expectTokens(await submit({ username, password }));
    const encoded = encodeURIComponent(password);
    expectTokens(await submit(`username=${username}&password=${encoded}`));
  });

  it('takes what Swagger UI and OAuth2 libraries send along', async () => {
    const extras = { scope: 'read write', client_id: 'swagger', client_secret: 's3cret' };
    const authorization = `Basic ${Buffer.from('swagger:s3cret').toString('base64')}`;
    expectTokens(await submit({ grant_type: 'password', ...credentials(), ...extras }));
    expectTokens(await submit({ ...credentials(), scope: '' }, { authorization }));
    const empty = { grant_type: '', scope: '', client_id: '', client_secret: '' };
    expectTokens(await submit({ ...empty, ...credentials() }));
  });

  it('refreshes with grant_type=refresh_token', async () => {
    const { refresh_token } = await signIn(test, person);
    const answer = await submit({ grant_type: 'refresh_token', refresh_token });
    expectTokens(answer);
    expect(answer.body.refresh_token).not.toBe(refresh_token);
    const next = { grant_type: 'refresh_token', refresh_token: answer.body.refresh_token };
    expectTokens(await submit(next));
  });

  it('refuses a refresh token that is none, or was used long ago', async () => {
    const { refresh_token } = await signIn(test, person);
    const refresh = (token: string) =>
      submit({ grant_type: 'refresh_token', refresh_token: token });
    expectOAuthError(await refresh('x'), 401, 'invalid_refresh_token', 'invalid_grant');
    expectTokens(await refresh(refresh_token));
    test.clock.advance({ seconds: 10 });
    expectOAuthError(await refresh(refresh_token), 401, 'refresh_token_reused', 'invalid_grant');
  });

  it('refuses as JSON sign-in does, with the members of RFC 6749', async () => {
    const wrong = await submit({ ...credentials(), password: 'wrong password' });
    expectOAuthError(wrong, 401, 'invalid_credentials', 'invalid_grant');
    const unknown = await submit({ ...credentials(), username: 'nobody' });
    expectOAuthError(unknown, 401, 'invalid_credentials', 'invalid_grant');
    const { username } = await signUp(test);
    const early = await submit({ username, password: PASSWORD });
    expectOAuthError(early, 401, 'email_not_verified', 'invalid_grant');
    await alter(test, person, 'is_active = false');
    const disabled = await submit(credentials());
    expectOAuthError(disabled, 403, 'account_disabled', 'invalid_grant');
  });

  it('names what is missing', async () => {
    for (const [form, pointers] of [
      ['', ['/username', '/password']],
      ['grant_type=password', ['/username', '/password']],
      ['username=ada', ['/password']],
      ['password=x', ['/username']],
      ['grant_type=refresh_token', ['/refresh_token']],
      ['grant_type=refresh_token&refresh_token=', ['/refresh_token']],
    ] as const) {
      const answer = await submit(form);
      expectInvalid(answer, pointers);
      expectOAuthError(answer, 422, 'validation_failed', 'invalid_request');
    }
  });

  it.each(['authorization_code', 'client_credentials', 'PASSWORD', 'x', '__proto__'])(
    'refuses grant_type=%s as unsupported',
    async (grant_type) => {
      const answer = await submit({ grant_type, ...credentials() });
      expectInvalid(answer, ['/grant_type']);
      expectOAuthError(answer, 422, 'validation_failed', 'unsupported_grant_type');
    },
  );

  it('parameter pollution: a parameter given twice is refused', async () => {
    const { username } = person;
    for (const twice of [
      `username=${username}&username=admin&password=${PASSWORD}`,
      `username=${username}&password=${PASSWORD}&password=${PASSWORD}`,
      `grant_type=password&grant_type=password&username=${username}&password=${PASSWORD}`,
      `scope=a&scope=b&username=${username}&password=${PASSWORD}`,
    ]) {
      const answer = await submit(twice);
      expectOAuthError(answer, 400, 'malformed_request', 'invalid_request');
      expect(answer.text).not.toContain(PASSWORD);
    }
  });

  it('a parameter that nobody knows is refused by name', async () => {
    const answer = await submit({ ...credentials(), nobody: 'x' });
    expectInvalid(answer, ['/nobody']);
    expectOAuthError(answer, 422, 'validation_failed', 'invalid_request');
  });

  it('credentials in the URL are not looked at', async () => {
    const query = new URLSearchParams(credentials()).toString();
    const answer = await test.api.call('POST', `${path}?${query}`, { form: '' });
    expectInvalid(answer, ['/username', '/password']);
  });

  it('what is no form is refused with the members of RFC 6749 too', async () => {
    const json = await test.api.post(path, credentials());
    expectOAuthError(json, 415, 'unsupported_media_type', 'invalid_request');
    const large = await submit({ ...credentials(), scope: 'x'.repeat(200_000) });
    expectOAuthError(large, 413, 'body_too_large', 'invalid_request');
  });

  it('bytes that are not UTF-8 sign nobody in and break nothing', async () => {
    const answer = await submit(`username=${person.username}&password=%ff%fe%ED%A0%80`);
    expectOAuthError(answer, 401, 'invalid_credentials', 'invalid_grant');
    for (const broken of ['username=%zz&password=%', '&&&=&=', 'username[]=ada&password[$ne]=x'])
      expect((await submit(broken)).status).toBeGreaterThanOrEqual(400);
  });
});

it('the JSON routes do not speak OAuth', async () => {
  const answer = await test.api.post('auth/login', { username: 'nobody', password: 'nothing' });
  expectProblem(answer, 401, 'invalid_credentials');
  expect(answer.body).not.toHaveProperty('error');
  expect(answer.body).not.toHaveProperty('error_description');
});
