import { signedIn, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let tokens: Tokens;
beforeAll(async () => {
  test = await startTestApp();
  ({ tokens } = await signedIn(test));
});
afterAll(() => test.close());

const ROUTES = [
  ['GET', 'auth/me'],
  ['GET', 'users/me'],
  ['PATCH', 'users/me'],
  ['POST', 'auth/logout-all'],
  ['POST', 'auth/password/change'],
  ['POST', 'auth/email/change'],
  ['GET', 'users/me/sessions'],
  ['DELETE', 'users/me/sessions/00000000-0000-4000-8000-000000000000'],
] as const;

const call = (method: string, path: string, authorization?: string) =>
  test.api.call(method, path, {
    headers: authorization === undefined ? {} : { authorization },
  });

/** RFC 6750 §3.1: no error code where there is no token to speak of. */
const NO_TOKEN: Readonly<Record<string, () => string | undefined>> = {
  'no header': () => undefined,
  'an empty header': () => '',
  'Bearer alone': () => 'Bearer',
  'Bearer and a space': () => 'Bearer ',
  'Basic credentials': () => 'Basic YWRhOmNvcnJlY3QgaG9yc2U=',
  'a good token as Basic': () => `Basic ${tokens.access_token}`,
  'a good token under another scheme': () => `JWT ${tokens.access_token}`,
  'a good token without a scheme': () => tokens.access_token,
};

const BAD_TOKEN: Readonly<Record<string, () => string>> = {
  'a word': () => 'Bearer x',
  'a lower-case scheme': () => 'bearer x',
  'two tokens': () => `Bearer ${tokens.access_token} ${tokens.access_token}`,
  'a good token and a word': () => `Bearer ${tokens.access_token} x`,
  'two tokens, comma-joined': () => `Bearer ${tokens.access_token}, Bearer ${tokens.access_token}`,
  'two tokens, comma-joined without a space': () =>
    `Bearer ${tokens.access_token},${tokens.access_token}`,
  'the scheme twice': () => `Bearer Bearer ${tokens.access_token}`,
  'a quoted token': () => `Bearer "${tokens.access_token}"`,
  'latin-1 letters': () => `Bearer ${tokens.access_token}\u00fc`,
  'the bytes of UTF-8 letters': () => `Bearer ${Buffer.from('ключ').toString('latin1')}`,
  'a refresh token': () => `Bearer ${tokens.refresh_token}`,
  'eight kilobytes': () => `Bearer ${'A'.repeat(8192)}`,
};

describe('without a token', () => {
  it.each(Object.entries(NO_TOKEN))('%s: 401 on every closed route', async (_, header) => {
    for (const [method, path] of ROUTES) {
      const answer = await call(method, path, header());
      expectProblem(answer, 401, 'unauthenticated', [tokens.access_token]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

describe('with a bad token', () => {
  it.each(Object.entries(BAD_TOKEN))('%s: 401 on every closed route', async (_, header) => {
    for (const [method, path] of ROUTES) {
      const answer = await call(method, path, header());
      expectProblem(answer, 401, 'invalid_access_token', [tokens.access_token]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
  });

  it('logging out says that the token was bad', async () => {
    const forged = await test.api.post('auth/logout', {}, { token: 'x' });
    expectProblem(forged, 401, 'invalid_access_token');
    expect(forged.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const stale = await test.api.post('auth/logout', { refresh_token: 'x' });
    expectProblem(stale, 401, 'invalid_refresh_token');
    const neither = await test.api.post('auth/logout', {});
    expectProblem(neither, 401, 'unauthenticated');
    expect(neither.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('asking for a verification mail is refused, for the sender meant to be known', async () => {
    const body = { email: 'somebody@example.com' };
    const answer = await test.api.post('auth/email/verification/request', body, { token: 'x' });
    expectProblem(answer, 401, 'invalid_access_token');
  });
});

describe('with a good token', () => {
  it.each([
    ['as it should be', () => `Bearer ${tokens.access_token}`],
    ['a lower-case scheme', () => `bearer ${tokens.access_token}`],
    ['an upper-case scheme', () => `BEARER ${tokens.access_token}`],
    ['spaces around', () => `  Bearer   ${tokens.access_token}  `],
  ])('%s: it is taken', async (_, header) => {
    expect((await call('GET', 'auth/me', header())).status).toBe(200);
  });

  it('anywhere but in the header it is not looked at', async () => {
    const { access_token: token } = tokens;
    for (const query of [`access_token=${token}`, `token=${token}`, `auth_token=${token}`])
      expectProblem(await test.api.get(`auth/me?${query}`), 401, 'unauthenticated');
    const cookie = `access_token=${token}`;
    const answer = await test.api.get('auth/me', { headers: { cookie } });
    expectProblem(answer, 401, 'unauthenticated');
  });
});

it('public routes do not mind a header that is not for them', async () => {
  for (const authorization of ['Basic Y2xpZW50OnNlY3JldA==', 'Bearer x', 'Bearer', 'x']) {
    const answer = await test.api.call('POST', 'auth/token', {
      form: { username: 'nobody', password: 'nothing' },
      headers: { authorization },
    });
    expectProblem(answer, 401, 'invalid_credentials');
  }
});
