import { randomUUID } from 'node:crypto';
import { alter, countOf, effectsOf, userRow } from '../support/effects';
import { emailChangeToken, resetToken } from '../support/links';
import { PASSWORD, type Person, signedIn, signIn, signUp, signUpVerified } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const NEW_PASSWORD = 'a better battery';

const request = (email: string) =>
  effectsOf(test, () =>
    test.api.post(
      'auth/password/reset/request',
      { email },
      { headers: { 'x-request-id': 'same' } },
    ),
  );

const confirm = (token: string, new_password = NEW_PASSWORD) =>
  effectsOf(test, () => test.api.post('auth/password/reset/confirm', { token, new_password }));

const login = ({ username }: Person, password: string) =>
  test.api.post('auth/login', { username, password });

/** Refused, with no trace of having been asked. */
async function expectDead(token: string, person: Person): Promise<void> {
  const before = await userRow(test, person);
  const { answer, mails, audits } = await confirm(token);
  expectProblem(answer, 400, 'invalid_token', [token, NEW_PASSWORD]);
  expect([mails, audits, await userRow(test, person)]).toEqual([[], [], before]);
}

describe('asking for a link', () => {
  it('account enumeration: one answer for every address, and a mail only to active accounts', async () => {
    const [verified, unverified, disabled, passwordless] = [
      await signUpVerified(test),
      await signUp(test),
      await signUpVerified(test),
      await signUpVerified(test),
    ];
    await alter(test, disabled, 'is_active = false');
    await alter(test, passwordless, 'password_hash = NULL');
    const asked = [
      await request(verified.email),
      await request(` ${verified.email.toUpperCase()} `),
      await request(unverified.email),
      await request(passwordless.email),
      await request(disabled.email),
      await request('nobody@example.com'),
    ];
    const [first] = asked;
    expect(first!.answer.body).toEqual({ message: expect.any(String), success: true });
    for (const { answer, audits } of asked)
      expect([answer.status, answer.text, audits]).toEqual([200, first!.answer.text, []]);
    const mailTo = ({ email }: Person) => [`password_reset to ${email}`];
    expect(asked.map(({ mails }) => mails)).toEqual([
      mailTo(verified),
      mailTo(verified),
      mailTo(unverified),
      mailTo(passwordless),
      [],
      [],
    ]);
  });

  it('leaves nothing behind of an address that is nobody’s', async () => {
    await test.mailsSettled();
    const before = await countOf(test, 'mail_outbox');
    await request('stranger@example.com');
    expect(await countOf(test, 'mail_outbox')).toBe(before);
    expect(test.logs.join('')).not.toContain('stranger@example.com');
  });

  it('does not ask for a username', async () => {
    const { username } = await signUpVerified(test);
    expectInvalid((await request(username)).answer, ['/email'], [`"${username}"`]);
  });

  it('changes nothing about the account and its sessions', async () => {
    const { person, tokens } = await signedIn(test);
    const before = await userRow(test, person);
    await request(person.email);
    expect(await userRow(test, person)).toEqual(before);
    expect((await test.api.get('auth/me', { token: tokens.access_token })).status).toBe(200);
  });
});

describe('setting the new password', () => {
  it('replaces the password, mails a notice, and opens no session', async () => {
    const person = await signUpVerified(test);
    const token = await resetToken(test, person);
    const before = await userRow(test, person);
    test.clock.advance({ minutes: 5 });
    const { answer, mails, audits } = await confirm(token);
    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.any(String), success: true },
    ]);
    expect(mails).toEqual([`password_changed to ${person.email}`]);
    expect(audits).toEqual(['password_reset']);
    const after = await userRow(test, person);
    expect(after).toEqual({
      ...before,
      password_hash: expect.stringMatching(/^\$argon2id\$/),
      security_stamp: expect.any(String),
      updated_at: test.clock.now(),
    });
    expect(after.password_hash).not.toBe(before.password_hash);
    expect(after.security_stamp).not.toBe(before.security_stamp);
    expect(await test.query('SELECT 1 FROM sessions WHERE user_id = $1', [person.id])).toEqual([]);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expectProblem(await login(person, PASSWORD), 401, 'invalid_credentials');
    expect((await login(person, NEW_PASSWORD)).status).toBe(200);
  });

  it('counts the address as verified: the link was read there', async () => {
    const person = await signUp(test);
    await confirm(await resetToken(test, person));
    expect((await userRow(test, person)).email_verified_at).toEqual(test.clock.now());
    expect((await login(person, NEW_PASSWORD)).status).toBe(200);
  });

  it('keeps the time at which the address was first verified', async () => {
    const person = await signUpVerified(test);
    const { email_verified_at } = await userRow(test, person);
    test.clock.advance({ minutes: 5 });
    await confirm(await resetToken(test, person));
    expect((await userRow(test, person)).email_verified_at).toEqual(email_verified_at);
  });

  it('ends every session', async () => {
    const { person, tokens } = await signedIn(test);
    const other = await signIn(test, person);
    await confirm(await resetToken(test, person));
    for (const { access_token: token, refresh_token } of [tokens, other]) {
      expectProblem(await test.api.get('auth/me', { token }), 401, 'invalid_access_token');
      const refreshed = await test.api.post('auth/refresh', { refresh_token });
      expectProblem(refreshed, 401, 'invalid_refresh_token');
    }
  });

  it('gives an account without a password one', async () => {
    const person = await signUpVerified(test);
    await alter(test, person, 'password_hash = NULL');
    await confirm(await resetToken(test, person));
    expect((await login(person, NEW_PASSWORD)).status).toBe(200);
  });

  it('refuses a weak password and keeps the link good', async () => {
    const person = await signUpVerified(test);
    const token = await resetToken(test, person);
    for (const weak of ['short', person.username.padEnd(8, '0').slice(0, 7)]) {
      const { answer, mails, audits } = await confirm(token, weak);
      expectInvalid(answer, ['/new_password'], [`"${weak}"`]);
      expect([mails, audits]).toEqual([[], []]);
    }
    expect((await confirm(token)).answer.status).toBe(200);
  });
});

describe('a reset link dies', () => {
  it('when it is used', async () => {
    const person = await signUpVerified(test);
    const token = await resetToken(test, person);
    await confirm(token, PASSWORD);
    await expectDead(token, person);
  });

  it('when another link is used', async () => {
    const person = await signUpVerified(test);
    const [first, second] = [await resetToken(test, person), await resetToken(test, person)];
    await confirm(second, PASSWORD);
    await expectDead(first, person);
  });

  it('when the password changes', async () => {
    const { person, tokens } = await signedIn(test);
    const token = await resetToken(test, person);
    const change = { current_password: PASSWORD, new_password: PASSWORD };
    const { access_token } = tokens;
    const changed = await test.api.post('auth/password/change', change, { token: access_token });
    expect(changed.status).toBe(200);
    await expectDead(token, person);
  });

  it('when the address changes', async () => {
    const { person, tokens } = await signedIn(test);
    const token = await resetToken(test, person);
    const change = await emailChangeToken(test, person, tokens, `moved-${person.email}`);
    await test.api.post('auth/email/change/confirm', { token: change });
    await expectDead(token, person);
  });

  it('when the account is disabled, even by the flag alone', async () => {
    const person = await signUpVerified(test);
    const token = await resetToken(test, person);
    await alter(test, person, 'is_active = false');
    await expectDead(token, person);
    await alter(test, person, 'is_active = true, security_stamp = $2', randomUUID());
    await expectDead(token, person);
  });

  it('with the account', async () => {
    const person = await signUpVerified(test);
    const token = await resetToken(test, person);
    await test.query('DELETE FROM users WHERE id = $1', [person.id]);
    await expectDead(token, person);
  });

  it('not when somebody signs in, refreshes, verifies or edits their profile', async () => {
    const person = await signUp(test);
    const token = await resetToken(test, person);
    await alter(test, person, 'email_verified_at = now()');
    const { access_token, refresh_token } = await signIn(test, person);
    await test.api.post('auth/refresh', { refresh_token });
    await test.api.patch('users/me', { bio: 'x' }, { token: access_token });
    expect((await confirm(token)).answer.status).toBe(200);
  });
});
