import { ARGON2_ENGINE, type Argon2Engine } from '../../src/auth/passwords/argon2-engine';
import type { Answer } from '../support/api';
import { alter, countOf, effectsOf, userRow } from '../support/effects';
import { claimsOf } from '../support/forge';
import { type Person, PASSWORD, signIn, signUp, signUpVerified } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const login = (username: string, password = PASSWORD): Promise<Answer> => {
  // One id for all requests, so that nothing but the clock tells two answers apart.
  const headers = { 'user-agent': 'jest/1', 'x-request-id': 'login' };
  return test.api.post('auth/login', { username, password }, { headers });
};

describe('a right password', () => {
  it('opens one session and answers with its two tokens', async () => {
    const ada = await signUpVerified(test, 'ada');
    test.clock.advance({ minutes: 5 });
    const now = test.clock.now();
    const { answer, mails, audits } = await effectsOf(test, () => login('ada'));

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
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect([mails, audits]).toEqual([[], ['sign_in_succeeded']]);

    const [session, ...others] = await test.query('SELECT * FROM sessions WHERE user_id = $1', [
      ada.id,
    ]);
    expect(others).toEqual([]);
    expect(session).toMatchObject({
      created_at: now,
      last_used_at: now,
      expires_at: new Date(now.getTime() + 7 * 86_400_000),
      revoked_at: null,
      ip: '127.0.0.1',
      user_agent: 'jest/1',
      method: 'password',
    });
    const seconds = now.getTime() / 1000;
    const common = {
      iss: test.config.addresses.backendUrl,
      aud: 'gatehouse',
      sub: ada.id,
      sid: session.id,
      jti: expect.stringMatching(UUID),
      iat: seconds,
    };
    expect(claimsOf(answer.body.access_token)).toEqual({
      ...common,
      type: 'access',
      role: 'user',
      exp: seconds + 1800,
    });
    expect(claimsOf(answer.body.refresh_token)).toEqual({
      ...common,
      type: 'refresh',
      exp: seconds + 7 * 86_400,
    });
    expect((await userRow(test, ada)).last_login_at).toEqual(now);
  });

  it('leaves an audit row that says who, from where, and in which request', async () => {
    const person = await signUpVerified(test);
    const answer = await login(person.username);
    const [row] = await test.query('SELECT * FROM audit_events ORDER BY id DESC LIMIT 1');
    expect(row).toMatchObject({
      action: 'sign_in_succeeded',
      actor_id: person.id,
      subject_id: person.id,
      ip: '127.0.0.1',
      user_agent: 'jest/1',
      request_id: answer.headers.get('x-request-id'),
      details: { method: 'password' },
    });
  });

  it('is taken from a client of any name, of which the session keeps a part', async () => {
    const { id, username } = await signUpVerified(test);
    const body = { username, password: PASSWORD };
    for (const agent of ['x'.repeat(8000), 'jürgen/1', '<script>', '', '%00\\u0000'])
      await test.api.post('auth/login', body, { headers: { 'user-agent': agent } });
    const rows = await test.query(
      'SELECT user_agent FROM sessions WHERE user_id = $1 ORDER BY id',
      [id],
    );
    const kept = ['x'.repeat(512), 'jürgen/1', '<script>', null, '%00\\u0000'];
    expect(rows.map(({ user_agent }) => user_agent)).toEqual(kept);
    const { access_token: token } = await signIn(test, { username, password: PASSWORD } as Person);
    expect((await test.api.get('users/me/sessions', { token })).body.count).toBe(6);
  });

  it('is taken with the username or the address, in any case and with spaces around', async () => {
    const grace = { username: 'Grace.Hopper', email: 'Grace@Example.com', password: PASSWORD };
    await test.api.post('auth/register', grace);
    await test.query(`UPDATE users SET email_verified_at = now() WHERE username = 'Grace.Hopper'`);
    for (const name of [
      'Grace.Hopper',
      'grace.hopper',
      'GRACE.HOPPER',
      ' grace.hopper\n',
      'grace@example.com',
      'GRACE@example.COM',
      '  Grace@Example.com ',
    ])
      expect([name, (await login(name)).status]).toEqual([name, 200]);
  });

  it('is taken with a username pasted from a mail, which keeps its dots from being links', async () => {
    const person = await signUpVerified(test, 'ada.lovelace');
    const { text } = await test.inbox.waitFor(person.email, /confirm/i);
    const pasted = 'ada.\u200clovelace';
    expect(text).toContain(pasted);
    expect((await login(pasted)).status).toBe(200);
  });

  it('is taken with an address of any script, in any case and normalisation', async () => {
    const body = { username: 'juergen', email: 'jürgen@example.com', password: PASSWORD };
    expect((await test.api.post('auth/register', body)).status).toBe(201);
    await test.query(`UPDATE users SET email_verified_at = now() WHERE username = 'juergen'`);
    for (const name of ['jürgen@example.com', 'JÜRGEN@EXAMPLE.COM', 'ju\u0308rgen@example.com'])
      expect([name, (await login(name)).status]).toEqual([name, 200]);
  });

  it('is taken exactly as it was set: not trimmed, not normalised, not folded', async () => {
    const password = ' caf\u00e9 Noir ';
    const body = { username: 'exact', email: 'exact@example.com', password };
    await test.api.post('auth/register', body);
    await test.query(`UPDATE users SET email_verified_at = now() WHERE username = 'exact'`);
    expect((await login('exact', password)).status).toBe(200);
    for (const other of [
      password.trim(),
      password.toLowerCase(),
      ' cafe\u0301 Noir ',
      `${password} `,
    ])
      expectProblem(await login('exact', other), 401, 'invalid_credentials');
  });
});

describe('account enumeration by sign-in', () => {
  const REFUSED: Readonly<Record<string, (person: Person) => Promise<Answer>>> = {
    'an unknown username': () => login('nobody'),
    'an unknown address': () => login('nobody@example.com'),
    'a wrong password': ({ username }) => login(username, 'wrong password'),
    'a wrong password by address': ({ email }) => login(email, 'wrong password'),
    'an account without a password': async (person) => {
      await alter(test, person, 'password_hash = NULL');
      return login(person.username);
    },
    'a disabled account': async (person) => {
      await alter(test, person, 'is_active = false');
      return login(person.username, 'wrong password');
    },
    'an unverified account': async (person) => {
      await alter(test, person, 'email_verified_at = NULL');
      return login(person.username, 'wrong password');
    },
    'a hash that nothing can read': async (person) => {
      await alter(test, person, `password_hash = '$argon2id$broken'`);
      return login(person.username);
    },
    'a password longer than any': ({ username }) => login(username, 'x'.repeat(1024)),
  };

  it('is told nothing: one answer and one hash for whatever is wrong', async () => {
    const verify = jest.spyOn(
      test.app.get<Argon2Engine>(ARGON2_ENGINE, { strict: false }),
      'verify',
    );
    const seen: Record<string, unknown> = {};
    for (const [name, ask] of Object.entries(REFUSED)) {
      const person = await signUpVerified(test);
      const sessions = await countOf(test, 'sessions');
      verify.mockClear();
      const { answer, mails, audits } = await effectsOf(test, () => ask(person));
      expectProblem(answer, 401, 'invalid_credentials', [person.email, 'wrong password']);
      expect(await countOf(test, 'sessions')).toBe(sessions);
      const {
        date,
        'x-request-id': _,
        'x-process-time': __,
        ...headers
      } = Object.fromEntries(answer.headers);
      seen[name] = {
        text: answer.text,
        headers,
        hashes: verify.mock.calls.length,
        mails,
        audits,
        date: typeof date,
      };
    }
    verify.mockRestore();
    const first = Object.values(seen)[0];
    expect(seen).toEqual(Object.fromEntries(Object.keys(REFUSED).map((name) => [name, first])));
    expect(first).toMatchObject({ hashes: 1, mails: [], audits: ['sign_in_failed'] });
  });

  it('email_not_verified is only for whoever knows the password', async () => {
    const { username } = await signUp(test);
    expectProblem(await login(username, 'wrong password'), 401, 'invalid_credentials');
    const { answer, mails, audits } = await effectsOf(test, () => login(username));
    expectProblem(answer, 401, 'email_not_verified');
    expect([mails, audits]).toEqual([[], ['sign_in_failed']]);
    const [event] = await test.query('SELECT details FROM audit_events ORDER BY id DESC LIMIT 1');
    expect(event.details).toEqual({ reason: 'email_not_verified' });
  });

  it('account_disabled is only for whoever knows the password', async () => {
    const [verified, unverified] = [await signUpVerified(test), await signUp(test)];
    for (const person of [verified, unverified]) {
      await alter(test, person, 'is_active = false');
      expectProblem(await login(person.username, 'wrong password'), 401, 'invalid_credentials');
      const { answer, audits } = await effectsOf(test, () => login(person.username));
      expectProblem(answer, 403, 'account_disabled');
      expect(audits).toEqual(['sign_in_failed']);
    }
    const open = await test.query('SELECT 1 FROM sessions WHERE user_id = ANY($1)', [
      [verified.id, unverified.id],
    ]);
    expect(open).toEqual([]);
  });
});
