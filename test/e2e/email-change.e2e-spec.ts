import { alter, effectsOf, userRow } from '../support/effects';
import { linkIn } from '../support/inbox';
import { emailChangeToken, resetToken, verificationToken } from '../support/links';
import { PASSWORD, type Person, signedIn, signIn, signUp, type Tokens } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({ env: { LOGIN_REQUIRES_VERIFIED_EMAIL: 'false' } });
});
afterAll(() => test.close());

const request = ({ access_token: token }: Tokens, new_email: string, password = PASSWORD) =>
  effectsOf(test, () => test.api.post('auth/email/change', { new_email, password }, { token }));

const confirm = (token: string) =>
  effectsOf(test, () => test.api.post('auth/email/change/confirm', { token }));

/** Refused, with no trace of having been asked. */
async function expectDead(token: string, person: Person): Promise<void> {
  const before = await userRow(test, person);
  const { answer, mails, audits } = await confirm(token);
  expectProblem(answer, 400, 'invalid_token', [token]);
  expect([mails, audits, await userRow(test, person)]).toEqual([[], [], before]);
}

describe('asking', () => {
  it('mails a link to the new address and a notice to the old one, and changes nothing', async () => {
    const { person, tokens } = await signedIn(test);
    const before = await userRow(test, person);
    const { answer, mails, audits } = await request(tokens, ' Moved-1@Example.com ');
    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.any(String), success: true },
    ]);
    expect(mails).toEqual([
      'email_change_confirm to moved-1@example.com',
      `email_change_notice to ${person.email}`,
    ]);
    expect(audits).toEqual(['email_change_requested']);
    expect(await userRow(test, person)).toEqual(before);
    const [link] = test.inbox.of('moved-1@example.com');
    expect(linkIn(link!).href).toContain('http://localhost:8000/pages/confirm-email-change?token=');
    const notice = test.inbox.of(person.email).at(-1)!;
    expect(notice.text).toContain('moved-1@example.com');
    expect(notice.text).not.toContain('token=');
  });

  it('account enumeration: does not tell that the new address is taken', async () => {
    const { tokens } = await signedIn(test);
    const taken = await signUp(test);
    const asked = [await request(tokens, taken.email), await request(tokens, 'free@example.com')];
    expect(asked.map(({ answer }) => [answer.status, answer.text])).toEqual(
      asked.map(() => [200, asked[0]!.answer.text]),
    );
  });

  it('is refused for the address of the account itself, in any case', async () => {
    const { person, tokens } = await signedIn(test);
    for (const email of [person.email, ` ${person.email.toUpperCase()}`]) {
      const { answer, mails, audits } = await request(tokens, email);
      expectProblem(answer, 400, 'email_unchanged');
      expect([mails, audits]).toEqual([[], []]);
    }
  });

  it('is refused for a wrong password, and for an account without one', async () => {
    const { person, tokens } = await signedIn(test);
    const refuse = async (password: string) => {
      const { answer, mails, audits } = await request(tokens, 'x@example.com', password);
      expectProblem(answer, 400, 'wrong_password', [password]);
      expect([mails, audits]).toEqual([[], []]);
    };
    await refuse('wrong password');
    await alter(test, person, 'password_hash = NULL');
    await refuse(PASSWORD);
  });

  it.each(['ada', '"a\r\nBcc: victim@example.org"@example.com', `${'x'.repeat(250)}@example.com`])(
    'is refused for what is no address: %j',
    async (email) => {
      const { tokens } = await signedIn(test);
      expectInvalid((await request(tokens, email)).answer, ['/new_email'], ['victim']);
    },
  );
});

describe('confirming', () => {
  it('moves the account to the new address, verified, and tells the old one', async () => {
    const { person, tokens } = await signedIn(test);
    const token = await emailChangeToken(test, person, tokens, 'moved-2@example.com');
    const before = await userRow(test, person);
    test.clock.advance({ minutes: 5 });
    const { answer, mails, audits } = await confirm(token);
    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.any(String), success: true },
    ]);
    expect([mails, audits]).toEqual([[`email_changed to ${person.email}`], ['email_changed']]);
    const now = test.clock.now();
    expect(await userRow(test, person)).toEqual({
      ...before,
      email: 'moved-2@example.com',
      email_verified_at: now,
      security_stamp: expect.not.stringMatching(before.security_stamp),
      updated_at: now,
    });
    const login = (username: string) =>
      test.api.post('auth/login', { username, password: PASSWORD });
    expectProblem(await login(person.email), 401, 'invalid_credentials');
    expect((await login('MOVED-2@example.com')).status).toBe(200);
  });

  it('ends the other sessions, and the one that asked lives', async () => {
    const { person, tokens } = await signedIn(test);
    const other = await signIn(test, person);
    await confirm(await emailChangeToken(test, person, tokens, 'moved-3@example.com'));
    const me = await test.api.get('auth/me', { token: tokens.access_token });
    expect([me.status, me.body.email]).toEqual([200, 'moved-3@example.com']);
    const ended = await test.api.get('auth/me', { token: other.access_token });
    expectProblem(ended, 401, 'invalid_access_token');
  });

  it('works after the asking session was signed out, and revives it not', async () => {
    const { person, tokens } = await signedIn(test);
    const token = await emailChangeToken(test, person, tokens, 'moved-4@example.com');
    const { access_token, refresh_token } = tokens;
    await test.api.post('auth/logout', {}, { token: access_token });
    expect((await confirm(token)).answer.status).toBe(200);
    const me = await test.api.get('auth/me', { token: access_token });
    expectProblem(me, 401, 'invalid_access_token');
    const refreshed = await test.api.post('auth/refresh', { refresh_token });
    expectProblem(refreshed, 401, 'invalid_refresh_token');
  });

  it('is 409 when the address was taken meanwhile, in any case, and changes nothing', async () => {
    const { person, tokens } = await signedIn(test);
    const token = await emailChangeToken(test, person, tokens, 'moved-5@example.com');
    const rival = await signUp(test);
    await alter(test, rival, `email = 'Moved-5@Example.com'`);
    const before = await userRow(test, person);
    const { answer, mails, audits } = await confirm(token);
    expectProblem(answer, 409, 'email_taken', ['moved-5']);
    expect([mails, audits, await userRow(test, person)]).toEqual([[], [], before]);
    // Nothing was used up: once the address is free, the link is good.
    await test.query('DELETE FROM users WHERE id = $1', [rival.id]);
    expect((await confirm(token)).answer.status).toBe(200);
  });

  it('gives an address to an account that had none, and a second one stays untold', async () => {
    const { person, tokens } = await signedIn(test);
    await alter(test, person, 'email = NULL, email_verified_at = NULL');
    const { mails } = await request(tokens, 'moved-6@example.com');
    expect(mails).toEqual(['email_change_confirm to moved-6@example.com']);
    const token = await emailChangeToken(test, person, tokens, 'moved-6@example.com');
    expect((await confirm(token)).mails).toEqual([]);
    expect((await userRow(test, person)).email).toBe('moved-6@example.com');
  });

  it('voids the verification link of the old address', async () => {
    const person = await signUp(test);
    const tokens = await signIn(test, person);
    const old = await verificationToken(test, person);
    await confirm(await emailChangeToken(test, person, tokens, 'moved-7@example.com'));
    const answer = await test.api.post('auth/email/verification/confirm', { token: old });
    expectProblem(answer, 400, 'invalid_token');
  });
});

describe('a change link dies', () => {
  let person: Person;
  let tokens: Tokens;
  let token: string;
  let count = 0;
  beforeEach(async () => {
    ({ person, tokens } = await signedIn(test));
    token = await emailChangeToken(test, person, tokens, `target-${count++}@example.com`);
  });

  it('when it is used', async () => {
    await confirm(token);
    await expectDead(token, person);
  });

  it('when another one is used', async () => {
    await confirm(await emailChangeToken(test, person, tokens, 'elsewhere@example.com'));
    await expectDead(token, person);
  });

  it('account takeover: when the owner changes the password', async () => {
    const change = { current_password: PASSWORD, new_password: 'a better battery' };
    await test.api.post('auth/password/change', change, { token: tokens.access_token });
    await expectDead(token, person);
  });

  it('account takeover: when the owner resets the password', async () => {
    const reset = { token: await resetToken(test, person), new_password: 'a better battery' };
    await test.api.post('auth/password/reset/confirm', reset);
    await expectDead(token, person);
  });

  it('when the account is disabled or gone', async () => {
    await alter(test, person, 'is_active = false');
    await expectDead(token, person);
    await test.query('DELETE FROM users WHERE id = $1', [person.id]);
    await expectDead(token, person);
  });
});
