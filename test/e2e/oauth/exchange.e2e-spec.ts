import { cookiesSetBy, shapesOf } from '../../support/cookies';
import { alter, effectsOf } from '../../support/effects';
import { claimsOf } from '../../support/forge';
import { FRONTEND, type OAuthTestApp, startOAuthApp, travel } from '../../support/oauth-app';
import { appear, enter, meOf } from '../../support/oauth-people';
import { sixteen, tally, type Tokens } from '../../support/people';
import { expectCleanLogs, expectInvalid, expectProblem } from '../../support/problems';
import { UserAgent } from '../../support/providers/user-agent';

const DAY = 86_400;

let test: OAuthTestApp;
let code: string;
let visitor: ReturnType<typeof appear>;
beforeAll(async () => {
  test = await startOAuthApp();
});
beforeEach(async () => {
  visitor = appear(test, 'google');
  code = await newCode();
});
afterEach(() => expectCleanLogs(test.logs, [code]));
afterAll(() => test.close());

const newCode = async (): Promise<string> =>
  (await travel(test, 'google')).location!.searchParams.get('code')!;

const exchange = (body: unknown = { code }, path = 'auth/oauth/exchange', headers = {}) =>
  test.api.post(path, body, { headers });

/** The id of whoever the code is for. */
const userId = async (): Promise<string> => {
  const [row] = await test.query('SELECT user_id FROM identities WHERE subject = $1', [
    visitor.subject,
  ]);
  return row.user_id;
};

describe('exchanging a code', () => {
  it('answers with the pair of tokens', async () => {
    const { answer, mails, audits } = await effectsOf(test, () => exchange());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 1800,
    });
    expect([mails, audits]).toEqual([[], []]);
    const now = test.clock.nowSeconds();
    const [access, refresh] = [answer.body.access_token, answer.body.refresh_token].map(claimsOf);
    expect(access).toMatchObject({ type: 'access', role: 'user', iat: now, exp: now + 1800 });
    expect(refresh).toMatchObject({ type: 'refresh', iat: now, exp: now + 7 * DAY });
    expect(access!.sid).toBe(refresh!.sid);
    expect((await meOf(test, answer.body)).email).toBe(visitor.email);
  });

  it('opens a session that refreshes and signs out as any other', async () => {
    const { body: tokens } = await exchange();
    const refreshed = await test.api.post('auth/refresh', { refresh_token: tokens.refresh_token });
    expect(refreshed.status).toBe(200);
    const { access_token: token } = refreshed.body as Tokens;
    expect((await test.api.post('auth/logout', {}, { token })).status).toBe(200);
    expectProblem(await test.api.get('auth/me', { token }), 401, 'invalid_access_token');
  });

  it('gives the refresh token its whole life, from then on', async () => {
    test.clock.advance({ seconds: 59 });
    const { body: tokens } = await exchange();
    test.clock.advance({ days: 6, hours: 23 });
    const { refresh_token } = tokens;
    expect((await test.api.post('auth/refresh', { refresh_token })).status).toBe(200);
  });

  it('answers the same without a version in the path', async () => {
    const answer = await exchange({ code }, '/api/auth/oauth/exchange');
    expect([answer.status, answer.body.token_type]).toEqual([200, 'bearer']);
  });

  it('works once', async () => {
    const { body: tokens } = await exchange();
    expectProblem(await exchange(), 400, 'invalid_code', [code]);
    // The first to come keeps what it has.
    expect((await meOf(test, tokens)).email).toBe(visitor.email);
  });

  it('works for one of sixteen at once', async () => {
    const answers = await sixteen(() => exchange());
    expect(tally(answers)).toEqual({ 200: 1, 400: 15 });
    const sessions = await test.query('SELECT id FROM sessions WHERE user_id = $1', [
      await userId(),
    ]);
    expect(sessions).toHaveLength(1);
  });

  it.each([
    [59, 200],
    [60, 400],
    [61, 400],
    [86_400, 400],
  ])('after %d seconds answers %d', async (seconds, status) => {
    test.clock.advance({ seconds });
    const answer = await exchange();
    if (status === 200) expect(answer.status).toBe(200);
    else expectProblem(answer, 400, 'invalid_code', [code]);
  });

  it.each([
    ['with a letter changed', () => code.replace(/./, (letter) => (letter === 'A' ? 'B' : 'A'))],
    ['with a letter more', () => `${code}A`],
    ['with a letter less', () => code.slice(1)],
    ['in upper case', () => code.toUpperCase()],
    ['with a space', () => ` ${code}`],
    ['that is none', () => 'x'],
    ['as long as may be', () => 'x'.repeat(128)],
    ['that is a token', () => 'eyJhbGciOiJIUzI1NiJ9.e30.x'],
  ])('refuses one %s, which leaves the code as it is', async (_, other) => {
    expectProblem(await exchange({ code: other() }), 400, 'invalid_code');
    expect((await exchange()).status).toBe(200);
  });

  it.each([
    [{}, '/code'],
    [{ code: '' }, '/code'],
    [{ code: null }, '/code'],
    [{ code: 1 }, '/code'],
    [{ code: ['x'] }, '/code'],
    [{ code: 'a\0b' }, '/code'],
    [{ code: 'x'.repeat(129) }, '/code'],
    [{ code: 'x', state: 'y' }, '/state'],
  ])('refuses %j', async (body, pointer) => {
    expectInvalid(await exchange(body), [pointer]);
  });

  it('refuses another code of the same person only when it was used', async () => {
    const second = await newCode();
    expect((await exchange({ code: second })).status).toBe(200);
    expect((await exchange()).status).toBe(200);
  });
});

describe('a session whose code nobody has exchanged', () => {
  it('is not listed until somebody has', async () => {
    await exchange();
    const tokens = await enter(test, 'google');
    await newCode();
    const list = await test.api.get('users/me/sessions', { token: tokens.access_token });
    expect(list.body.count).toBe(2);
  });

  it('does not open after it was ended from elsewhere', async () => {
    const other = await enter(test, 'google');
    await test.api.post('auth/logout-all', {}, { token: other.access_token });
    expectProblem(await exchange(), 400, 'invalid_code', [code]);
  });

  it('does not open after the account was disabled', async () => {
    await alter(test, { id: await userId() }, 'is_active = false');
    expectProblem(await exchange(), 400, 'invalid_code', [code]);
  });

  it('does not open after whatever ends the sessions of its user', async () => {
    await alter(test, { id: await userId() }, 'security_stamp = gen_random_uuid()');
    expectProblem(await exchange(), 400, 'invalid_code', [code]);
  });

  it('does not open after the provider was unlinked', async () => {
    const tokens = await enter(test, 'google');
    await alter(test, { id: await userId() }, `password_hash = 'x'`);
    const { access_token: token } = tokens;
    expect((await test.api.delete('users/me/link/google', { token })).status).toBe(200);
    expectProblem(await exchange(), 400, 'invalid_code', [code]);
  });
});

describe('exchanging a code for cookies', () => {
  const PATH = 'auth/oauth/exchange?cookies=true';

  it('sets the session as cookies and keeps it out of the body', async () => {
    const answer = await exchange({ code }, PATH, { origin: FRONTEND });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      message: expect.any(String),
      success: true,
      expires_in: 1800,
      csrf_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(answer.text).not.toContain('eyJ');
    expect(shapesOf(answer)).toEqual([
      'gatehouse_access: Path=/; Max-Age=1800; HttpOnly; SameSite=Lax',
      `gatehouse_refresh: Path=/api/v1/auth; Max-Age=${7 * DAY}; HttpOnly; SameSite=Lax`,
      `gatehouse_refresh: Path=/api/auth; Max-Age=${7 * DAY}; HttpOnly; SameSite=Lax`,
      `gatehouse_csrf: Path=/; Max-Age=${7 * DAY}; SameSite=Lax`,
    ]);
    const [access, refresh] = cookiesSetBy(answer).map(({ value }) => value);
    expect([claimsOf(access!).type, claimsOf(refresh!).type]).toEqual(['access', 'refresh']);
    expectProblem(await exchange(), 400, 'invalid_code', [code]);
  });

  it('opens a session that the browser is then signed in by', async () => {
    const agent = new UserAgent();
    const answer = await agent.post(`${test.api.origin}/api/v1/${PATH}`, { code });
    expect(answer.status).toBe(200);
    const me = await agent.get(`${test.api.origin}/api/v1/auth/me`);
    expect([me.status, me.body.email]).toEqual([200, visitor.email]);
  });

  it('is not for a foreign page, and the code stays good', async () => {
    const answer = await exchange({ code }, PATH, { origin: 'https://evil.example' });
    expectProblem(answer, 403, 'origin_not_allowed');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect((await exchange()).status).toBe(200);
  });

  it('is asked for with true or false, and the code stays good', async () => {
    expectInvalid(await exchange({ code }, 'auth/oauth/exchange?cookies=yes'), ['/cookies']);
    const plain = await exchange({ code }, 'auth/oauth/exchange?cookies=false');
    expect(Object.keys(plain.body)).toContain('refresh_token');
    expect(plain.headers.get('set-cookie')).toBeNull();
  });

  it('sets nothing for a code that is no good', async () => {
    const answer = await exchange({ code: 'x' }, PATH, { origin: FRONTEND });
    expectProblem(answer, 400, 'invalid_code');
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});
