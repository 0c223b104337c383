import { claimsOf } from '../support/forge';
import {
  PASSWORD,
  type Person,
  signedIn,
  signIn,
  signUpVerified,
  type Tokens,
} from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SOMEBODY = '01990000-0000-7000-8000-000000000000';

let test: TestApp;

const listOf = ({ access_token: token }: Tokens) => test.api.get('users/me/sessions', { token });

const idOf = ({ access_token }: Tokens): string => String(claimsOf(access_token).sid);

const end = (id: string, { access_token: token }: Tokens) =>
  test.api.delete(`users/me/sessions/${id}`, { token });

const statusOf = async ({ access_token: token }: Tokens): Promise<number> =>
  (await test.api.get('auth/me', { token })).status;

const actionsOn = async ({ id }: Person): Promise<string[]> => {
  const rows = await test.query(
    'SELECT action FROM audit_events WHERE subject_id = $1 ORDER BY id',
    [id],
  );
  return rows.map(({ action }) => action);
};

const signInWith = async ({ username }: Person, headers: Record<string, string>) => {
  const body = { username, password: PASSWORD };
  const answer = await test.api.post('auth/login', body, { headers });
  expect(answer.status).toBe(200);
  return answer.body as Tokens;
};

describe('sessions', () => {
  beforeAll(async () => {
    test = await startTestApp();
  });
  afterAll(() => test.close());

  describe('the list', () => {
    it('says of each session where it is, how it began, and which one asks', async () => {
      const person = await signUpVerified(test);
      const openedAt = test.clock.now().toISOString();
      const tokens = await signInWith(person, { 'user-agent': FIREFOX });
      const { status, body } = await listOf(tokens);

      expect(status).toBe(200);
      expect(body).toEqual({
        count: 1,
        sessions: [
          {
            id: idOf(tokens),
            current: true,
            created_at: openedAt,
            last_used_at: openedAt,
            ip: '127.0.0.1',
            user_agent: FIREFOX,
            device: 'Firefox on Linux',
            method: 'password',
          },
        ],
      });
    });

    it('is in the order of last use, and a refresh is a use', async () => {
      const person = await signUpVerified(test);
      const first = await signIn(test, person);
      test.clock.advance({ minutes: 1 });
      const second = await signIn(test, person);
      test.clock.advance({ minutes: 1 });
      await test.api.post('auth/refresh', { refresh_token: first.refresh_token });
      const { sessions } = (await listOf(second)).body;

      expect(sessions.map(({ id }: { id: string }) => id)).toEqual([idOf(first), idOf(second)]);
      expect(sessions.map(({ current }: { current: boolean }) => current)).toEqual([false, true]);
      expect(sessions[0].last_used_at).toBe(test.clock.now().toISOString());
      expect(sessions[0].created_at < sessions[0].last_used_at).toBe(true);
    });

    it('has no session that has ended or expired, and nobody else’s', async () => {
      const person = await signUpVerified(test);
      await signIn(test, person);
      test.clock.advance({ days: 7 });
      const signedOut = await signIn(test, person);
      await test.api.post('auth/logout', {}, { token: signedOut.access_token });
      const mine = await signIn(test, person);
      await signedIn(test);

      expect((await listOf(mine)).body).toMatchObject({ count: 1, sessions: [{ id: idOf(mine) }] });
    });

    it('shows no token and no stamp', async () => {
      const { tokens } = await signedIn(test);
      expect((await listOf(tokens)).text).not.toMatch(/eyJ|jti|stamp|token/);
    });
  });

  describe('ending one', () => {
    it('signs that one out and no other', async () => {
      const person = await signUpVerified(test);
      const [lost, kept] = [await signIn(test, person), await signIn(test, person)];
      const answer = await end(idOf(lost), kept);

      expect([answer.status, answer.body.success]).toEqual([200, true]);
      expect([await statusOf(lost), await statusOf(kept)]).toEqual([401, 200]);
      const refreshed = await test.api.post('auth/refresh', { refresh_token: lost.refresh_token });
      expectProblem(refreshed, 401, 'invalid_refresh_token');
      expect((await actionsOn(person)).at(-1)).toBe('session_revoked');
    });

    it('may be the one that asks', async () => {
      const { tokens } = await signedIn(test);
      expect((await end(idOf(tokens), tokens)).status).toBe(200);
      expect(await statusOf(tokens)).toBe(401);
    });

    it('is refused for a session that is somebody else’s, and leaves it alone', async () => {
      const [{ tokens }, other] = [await signedIn(test), await signedIn(test)];
      expectProblem(await end(idOf(other.tokens), tokens), 404, 'session_not_found');
      expect(await statusOf(other.tokens)).toBe(200);
    });

    it('is refused for one that has ended already', async () => {
      const person = await signUpVerified(test);
      const [lost, kept] = [await signIn(test, person), await signIn(test, person)];
      await end(idOf(lost), kept);
      expectProblem(await end(idOf(lost), kept), 404, 'session_not_found');
    });

    it.each([SOMEBODY, SOMEBODY.slice(1), 'me', '1', '%F0%9F%92%A9', "'--"])(
      'is refused for the id %s, which is nobody’s',
      async (id) => {
        const { tokens } = await signedIn(test);
        expectProblem(await end(id, tokens), 404, 'session_not_found');
        expect(await statusOf(tokens)).toBe(200);
      },
    );

    it('takes the id in upper case too', async () => {
      const { tokens } = await signedIn(test);
      expect((await end(idOf(tokens).toUpperCase(), tokens)).status).toBe(200);
    });
  });

  it('answers the same without a version in the path', async () => {
    const { tokens } = await signedIn(test);
    const { access_token: token, refresh_token } = tokens;
    const list = await test.api.get('/api/users/me/sessions', { token });
    expect(list.body).toEqual((await listOf(tokens)).body);
    const gone = await test.api.delete(`/api/users/me/sessions/${SOMEBODY}`, { token });
    expectProblem(gone, 404, 'session_not_found');
    expect((await test.api.post('/api/auth/refresh', { refresh_token })).status).toBe(200);
    const everywhere = await test.api.post('/api/auth/logout-all', {}, { token });
    expect(everywhere.body).toEqual({ revoked: 1 });
    const again = await test.api.post('/api/auth/logout', {}, { token });
    expect([again.status, again.body.success]).toEqual([200, true]);
  });
});

describe.each([
  ['nobody', undefined, '203.0.113.7', '127.0.0.1'],
  ['one proxy', '1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  ['two proxies', '2', '198.51.100.1, 203.0.113.7, 10.0.0.1', '203.0.113.7'],
  ['these proxies', '127.0.0.0/8,10.0.0.0/8', '198.51.100.1, 203.0.113.7, 10.0.0.1', '203.0.113.7'],
  ['other proxies', '192.0.2.0/24', '203.0.113.7', '127.0.0.1'],
])('X-Forwarded-For, where TRUST_PROXY trusts %s', (_, trusted, forwardedFor, seen) => {
  beforeAll(async () => {
    test = await startTestApp({ env: trusted === undefined ? {} : { TRUST_PROXY: trusted } });
  });
  afterAll(() => test.close());

  it(`makes ${seen} of "${forwardedFor}" in session, audit trail and mail`, async () => {
    const headers = { 'x-forwarded-for': forwardedFor };
    const person = await signUpVerified(test);
    const tokens = await signInWith(person, headers);
    const { access_token: token } = tokens;
    const passwords = { current_password: PASSWORD, new_password: 'a better battery' };
    await test.api.post('auth/password/change', passwords, { token, headers });

    expect((await listOf(tokens)).body.sessions[0].ip).toBe(seen);
    const recorded = await test.query(
      `SELECT DISTINCT ip FROM audit_events WHERE action IN ('sign_in_succeeded', 'password_changed')`,
    );
    expect(recorded).toEqual([{ ip: seen }]);
    const mail = await test.inbox.waitFor(person.email, /was changed/);
    expect(mail.text).toContain(seen);
  });
});
