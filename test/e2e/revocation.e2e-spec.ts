import { randomUUID } from 'node:crypto';
import { emailChangeToken, resetToken } from '../support/links';
import { type Person, PASSWORD, signedIn, signIn, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

/** Both tokens of the session are void at the very next request. */
async function expectDead(tokens: Tokens): Promise<void> {
  const { access_token: token, refresh_token } = tokens;
  for (const path of ['auth/me', 'users/me', 'users/me/sessions']) {
    const answer = await test.api.get(path, { token });
    expectProblem(answer, 401, 'invalid_access_token');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  }
  expectProblem(
    await test.api.patch('users/me', { bio: 'x' }, { token }),
    401,
    'invalid_access_token',
  );
  expectProblem(
    await test.api.post('auth/refresh', { refresh_token }),
    401,
    'invalid_refresh_token',
  );
}

async function expectAlive({ access_token: token, refresh_token }: Tokens): Promise<void> {
  expect((await test.api.get('auth/me', { token })).status).toBe(200);
  expect((await test.api.post('auth/refresh', { refresh_token })).status).toBe(200);
}

interface Case {
  readonly person: Person;
  /** The session that acts, and one more of the same person. */
  readonly tokens: Tokens;
  readonly other: Tokens;
}

async function twoSessions(): Promise<Case> {
  const { person, tokens } = await signedIn(test);
  return { person, tokens, other: await signIn(test, person) };
}

const update =
  (set: string) =>
  async ({ person }: Case) => {
    await test.query(`UPDATE users SET ${set} WHERE id = $1`, [person.id]);
  };

const ENDS_ALL: Readonly<Record<string, (held: Case) => Promise<unknown>>> = {
  'logout-all': ({ tokens }) =>
    test.api.post('auth/logout-all', undefined, { token: tokens.access_token }),
  'a password reset': async ({ person }) => {
    const token = await resetToken(test, person);
    const answer = await test.api.post('auth/password/reset/confirm', {
      token,
      new_password: 'another battery',
    });
    expect(answer.status).toBe(200);
  },
  'disabling the account': update(`is_active = false, security_stamp = '${randomUUID()}'`),
  'disabling it by the flag alone': update('is_active = false'),
  'a new security stamp': update(`security_stamp = '${randomUUID()}'`),
  'deleting the user': ({ person }) => test.query('DELETE FROM users WHERE id = $1', [person.id]),
};

it.each(Object.entries(ENDS_ALL))('%s ends every session at once', async (_, act) => {
  const held = await twoSessions();
  const bystander = await signedIn(test);
  await act(held);
  await expectDead(held.tokens);
  await expectDead(held.other);
  await expectAlive(bystander.tokens);
});

it('logging out with the access token ends that session alone', async () => {
  const { tokens, other } = await twoSessions();
  const { access_token: token } = tokens;
  for (const time of ['once', 'twice']) {
    const answer = await test.api.post('auth/logout', {}, { token });
    expect([time, answer.status, answer.body]).toEqual([
      time,
      200,
      { message: expect.any(String), success: true },
    ]);
  }
  await expectDead(tokens);
  await expectAlive(other);
});

it('logging out with the refresh token ends that session alone', async () => {
  const { tokens, other } = await twoSessions();
  const { refresh_token } = tokens;
  expect((await test.api.post('auth/logout', { refresh_token })).status).toBe(200);
  expect((await test.api.post('auth/logout', { refresh_token })).status).toBe(200);
  await expectDead(tokens);
  await expectAlive(other);
});

it('logging out works without a body at all', async () => {
  const { tokens } = await twoSessions();
  const { access_token: token } = tokens;
  expect((await test.api.call('POST', 'auth/logout', { token })).status).toBe(200);
  await expectDead(tokens);
});

it('logout-all says how many sessions it ended', async () => {
  const { tokens, other } = await twoSessions();
  await test.api.post('auth/logout', {}, { token: other.access_token });
  const answer = await test.api.post('auth/logout-all', undefined, { token: tokens.access_token });
  expect([answer.status, answer.body]).toEqual([200, { revoked: 1 }]);
});

it('a password change ends the other sessions and keeps the asking one', async () => {
  const { tokens, other } = await twoSessions();
  const change = { current_password: PASSWORD, new_password: 'another battery' };
  const { access_token: token } = tokens;
  expect((await test.api.post('auth/password/change', change, { token })).status).toBe(200);
  await expectDead(other);
  await expectAlive(tokens);
});

it('an e-mail change ends the other sessions and keeps the asking one', async () => {
  const { person, tokens, other } = await twoSessions();
  const token = await emailChangeToken(test, person, tokens, `new-${person.email}`);
  expect((await test.api.post('auth/email/change/confirm', { token })).status).toBe(200);
  await expectDead(other);
  await expectAlive(tokens);
});

it('enabling an account again revives nothing', async () => {
  const held = await twoSessions();
  await update(`is_active = false, security_stamp = '${randomUUID()}'`)(held);
  await update('is_active = true')(held);
  await expectDead(held.tokens);
  await signIn(test, held.person);
});

it('a session that has been signed out is not revived by a password change', async () => {
  const { tokens, other } = await twoSessions();
  await test.api.post('auth/logout', {}, { token: other.access_token });
  const change = { current_password: PASSWORD, new_password: 'another battery' };
  await test.api.post('auth/password/change', change, { token: tokens.access_token });
  await expectDead(other);
});

it.each(['admin', 'guest', 'user'])('the role %s counts from the next request on', async (role) => {
  const held = await twoSessions();
  const { access_token: token } = held.tokens;
  await update(`role = '${role}'`)(held);
  for (const path of ['users/me', 'auth/me'])
    expect((await test.api.get(path, { token })).body.role).toBe(role);
});

it('what the database says of the account is visible at the next request', async () => {
  const held = await twoSessions();
  const { access_token: token } = held.tokens;
  await update(`email_verified_at = NULL, display_name = 'Ada'`)(held);
  const { body } = await test.api.get('users/me', { token });
  expect(body).toMatchObject({ is_verified: false, display_name: 'Ada' });
});

it('of many who ask at once each is told of themselves, and of those whose session ended none', async () => {
  const held = await Promise.all(Array.from({ length: 6 }, () => signedIn(test)));
  const gone = await twoSessions();
  await test.api.post('auth/logout', {}, { token: gone.tokens.access_token });
  const all = [...held, gone, { person: gone.person, tokens: gone.other }];
  const asked = Array.from({ length: 80 }, (_, n) => all[n % all.length]!);
  const answers = await Promise.all(
    asked.map(({ tokens: { access_token: token } }) => test.api.get('users/me', { token })),
  );
  answers.forEach(({ status, body }, n) => {
    const { person, tokens } = asked[n]!;
    if (tokens === gone.tokens) expect([status, body.code]).toEqual([401, 'invalid_access_token']);
    else expect([status, body.id]).toEqual([200, person.id]);
  });
});
