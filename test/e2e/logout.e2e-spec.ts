import type { Answer } from '../support/api';
import { type Person, signedIn, signIn, signUpVerified, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const logout = (accessToken?: string, refreshToken?: string): Promise<Answer> =>
  test.api.post('auth/logout', { refresh_token: refreshToken }, { token: accessToken });

const statusOf = async ({ access_token: token }: Tokens): Promise<number> =>
  (await test.api.get('auth/me', { token })).status;

const refresh = ({ refresh_token }: Tokens): Promise<Answer> =>
  test.api.post('auth/refresh', { refresh_token });

const signOuts = async ({ id }: Person): Promise<number> => {
  const rows = await test.query(
    `SELECT FROM audit_events WHERE subject_id = $1 AND action = 'signed_out'`,
    [id],
  );
  return rows.length;
};

describe('signing out', () => {
  it.each([
    ['access token', ({ access_token }: Tokens) => logout(access_token)],
    ['refresh token', ({ refresh_token }: Tokens) => logout(undefined, refresh_token)],
    ['both', ({ access_token, refresh_token }: Tokens) => logout(access_token, refresh_token)],
  ])('by %s ends the session, and only that one', async (_, signOut) => {
    const person = await signUpVerified(test);
    const [here, there] = [await signIn(test, person), await signIn(test, person)];
    const answer = await signOut(here);

    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.any(String), success: true },
    ]);
    expect([await statusOf(here), await statusOf(there)]).toEqual([401, 200]);
    expectProblem(await refresh(here), 401, 'invalid_refresh_token');
    expect(await signOuts(person)).toBe(1);
  });

  it('by the tokens of two sessions ends both', async () => {
    const person = await signUpVerified(test);
    const [here, there] = [await signIn(test, person), await signIn(test, person)];
    expect((await logout(here.access_token, there.refresh_token)).status).toBe(200);
    expect([await statusOf(here), await statusOf(there)]).toEqual([401, 401]);
    expect(await signOuts(person)).toBe(2);
  });

  it('twice is fine, and on record once', async () => {
    const { person, tokens } = await signedIn(test);
    expect((await logout(tokens.access_token)).status).toBe(200);
    expect((await logout(tokens.access_token, tokens.refresh_token)).status).toBe(200);
    expect(await signOuts(person)).toBe(1);
  });

  it('with neither token is refused', async () => {
    expectProblem(await logout(), 401, 'unauthenticated');
  });

  it('with nothing but bad tokens is refused', async () => {
    expectProblem(await logout('nonsense', 'nonsense'), 401, 'invalid_access_token');
    expectProblem(await logout(undefined, 'nonsense'), 401, 'invalid_refresh_token');
  });

  it('takes no token for another kind', async () => {
    const { tokens } = await signedIn(test);
    expectProblem(
      await logout(tokens.refresh_token, tokens.access_token),
      401,
      'invalid_access_token',
    );
    expect(await statusOf(tokens)).toBe(200);
  });

  it('by a refresh token that was replaced ends the session all the same', async () => {
    const { tokens } = await signedIn(test);
    const current: Tokens = (await refresh(tokens)).body;
    expect((await logout(undefined, tokens.refresh_token)).status).toBe(200);
    expect(await statusOf(current)).toBe(401);
  });

  it('with an expired access token needs the refresh token', async () => {
    const { tokens } = await signedIn(test);
    test.clock.advance({ minutes: 30 });
    expectProblem(await logout(tokens.access_token), 401, 'invalid_access_token');
    expect((await logout(tokens.access_token, tokens.refresh_token)).status).toBe(200);
    expectProblem(await refresh(tokens), 401, 'invalid_refresh_token');
  });

  it('after the session expired is refused, since no token of it is good', async () => {
    const { tokens } = await signedIn(test);
    test.clock.advance({ days: 7 });
    expectProblem(
      await logout(tokens.access_token, tokens.refresh_token),
      401,
      'invalid_access_token',
    );
  });

  it('needs no body', async () => {
    const { tokens } = await signedIn(test);
    const { access_token: token } = tokens;
    expect((await test.api.post('auth/logout', undefined, { token })).status).toBe(200);
    expect(await statusOf(tokens)).toBe(401);
  });
});

describe('signing out everywhere', () => {
  it('ends every session of the user, the one that asks too, and counts them', async () => {
    const person = await signUpVerified(test);
    const all = [
      await signIn(test, person),
      await signIn(test, person),
      await signIn(test, person),
    ];
    await logout(all[2]!.access_token);
    const somebodyElse = await signedIn(test);
    const { access_token: token } = all[0]!;
    const answer = await test.api.post('auth/logout-all', undefined, { token });

    expect([answer.status, answer.body]).toEqual([200, { revoked: 2 }]);
    expect(await Promise.all(all.map(statusOf))).toEqual([401, 401, 401]);
    expect(await statusOf(somebodyElse.tokens)).toBe(200);
    const recorded = await test.query(
      `SELECT actor_id, details FROM audit_events WHERE action = 'all_sessions_revoked'`,
    );
    expect(recorded).toEqual([{ actor_id: person.id, details: { revoked: 2 } }]);
  });

  it('asks for an access token of a live session', async () => {
    expectProblem(await test.api.post('auth/logout-all'), 401, 'unauthenticated');
    const { tokens } = await signedIn(test);
    const { access_token: token } = tokens;
    await test.api.post('auth/logout-all', {}, { token });
    expectProblem(
      await test.api.post('auth/logout-all', {}, { token }),
      401,
      'invalid_access_token',
    );
  });
});
