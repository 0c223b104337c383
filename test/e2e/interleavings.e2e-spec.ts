import type { Answer } from '../support/api';
import { emailChangeToken, resetToken } from '../support/links';
import { signedIn, signIn, tally, type Tokens } from '../support/people';
import { standstill } from '../support/standstill';
import { startTestApp, type TestApp } from '../support/test-app';

const NEW_PASSWORD = 'a better battery';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const refresh = ({ refresh_token }: Tokens): Promise<Answer> =>
  test.api.post('auth/refresh', { refresh_token });

const isLive = async ({ access_token: token }: Tokens): Promise<boolean> => {
  const { status } = await test.api.get('auth/me', { token });
  expect([200, 401]).toContain(status);
  return status === 200;
};

/** A request that meets a password change in the row of their common session, and comes second. */
async function meetPasswordChange(
  request: (tokens: Tokens, sessionId: string) => Promise<Answer>,
): Promise<{ tokens: Tokens; answer: Answer }> {
  const { person, tokens } = await signedIn(test);
  const { access_token: token } = tokens;
  const { body } = await test.api.get('users/me/sessions', { token });
  const sessionId: string = body.sessions[0].id;
  const held = await standstill(test, `SELECT FROM sessions WHERE id = '${sessionId}' FOR UPDATE`);
  const passwords = { current_password: person.password, new_password: NEW_PASSWORD };
  const change = await held.queue(() =>
    test.api.post('auth/password/change', passwords, { token }),
  );
  const second = await held.queue(() => request(tokens, sessionId));
  await held.release();
  expect((await change.answer).status).toBe(200);
  return { tokens, answer: await second.answer };
}

describe('a request that meets a password change of the same session', () => {
  it('refreshes: the session stays, so its refresh token is good', async () => {
    const { answer } = await meetPasswordChange(refresh);
    expect(answer.status).toBe(200);
    expect(await isLive(answer.body)).toBe(true);
  });

  it('signs out', async () => {
    const { tokens, answer } = await meetPasswordChange(({ access_token: token }) =>
      test.api.post('auth/logout', {}, { token }),
    );
    expect(answer.status).toBe(200);
    expect(await isLive(tokens)).toBe(false);
  });

  it('signs out everywhere', async () => {
    const { tokens, answer } = await meetPasswordChange(({ access_token: token }) =>
      test.api.post('auth/logout-all', {}, { token }),
    );
    expect([answer.status, answer.body]).toEqual([200, { revoked: 1 }]);
    expect(await isLive(tokens)).toBe(false);
  });

  it('ends the session by its id', async () => {
    const { tokens, answer } = await meetPasswordChange(({ access_token: token }, sessionId) =>
      test.api.delete(`users/me/sessions/${sessionId}`, { token }),
    );
    expect(answer.status).toBe(200);
    expect(await isLive(tokens)).toBe(false);
  });
});

it('ends a stolen session although its owner changes the password at that moment', async () => {
  const { person, tokens: stale } = await signedIn(test);
  const current: Tokens = (await refresh(stale)).body;
  test.clock.advance({ seconds: 11 });
  const held = await standstill(
    test,
    `SELECT FROM sessions WHERE user_id = '${person.id}' FOR UPDATE`,
  );
  const passwords = { current_password: person.password, new_password: NEW_PASSWORD };
  const token = current.access_token;
  const change = await held.queue(() =>
    test.api.post('auth/password/change', passwords, { token }),
  );
  const theft = await held.queue(() => refresh(stale));
  await held.release();

  expect((await change.answer).status).toBe(200);
  expect((await theft.answer).body.code).toBe('refresh_token_reused');
  expect(await isLive(current)).toBe(false);
});

it('lets no session live that a sign-in with the old password opens after a reset', async () => {
  const { person } = await signedIn(test);
  const token = await resetToken(test, person);
  const held = await standstill(test, `SELECT FROM users WHERE id = '${person.id}' FOR UPDATE`);
  const { username, password } = person;
  const choice = { token, new_password: NEW_PASSWORD };
  const reset = await held.queue(() => test.api.post('auth/password/reset/confirm', choice));
  // Its password is right: it was looked at before the reset was done.
  const login = await held.queue(() => test.api.post('auth/login', { username, password }));
  await held.release();

  expect((await reset.answer).status).toBe(200);
  const opened = await login.answer;
  expect(opened.status).toBe(200);
  expect(await isLive(opened.body)).toBe(false);
  expect((await refresh(opened.body)).body.code).toBe('invalid_refresh_token');
  const { body } = await test.api.get('users/me/sessions', {
    token: (await signIn(test, { ...person, password: NEW_PASSWORD })).access_token,
  });
  expect(body.count).toBe(1);
});

it('gives an address that two users change to at once to one of them', async () => {
  const [ada, bob] = [await signedIn(test), await signedIn(test)];
  const wanted = 'wanted@example.com';
  const changes = [
    await emailChangeToken(test, ada.person, ada.tokens, wanted),
    await emailChangeToken(test, bob.person, bob.tokens, wanted),
  ];
  const held = await standstill(test, 'LOCK TABLE users IN SHARE MODE');
  const asked = [];
  for (const token of changes)
    asked.push(await held.queue(() => test.api.post('auth/email/change/confirm', { token })));
  await held.release();
  const answers = await Promise.all(asked.map(({ answer }) => answer));

  expect(tally(answers)).toEqual({ 200: 1, 409: 1 });
  expect(answers.map(({ body }) => body.code)).toContain('email_taken');
  const owners = await test.query('SELECT id FROM users WHERE email = $1', [wanted]);
  expect(owners).toHaveLength(1);
});
