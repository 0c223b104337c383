import { randomUUID } from 'node:crypto';
import { alter, countOf, effectsOf, userRow } from '../support/effects';
import { emailChangeToken, verificationToken } from '../support/links';
import { signIn, signUp, signUpVerified } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({ env: { LOGIN_REQUIRES_VERIFIED_EMAIL: 'false' } });
});
afterAll(() => test.close());

const confirm = (token: string) =>
  effectsOf(test, () => test.api.post('auth/email/verification/confirm', { token }));

const request = (body: object, token?: string) =>
  effectsOf(test, () =>
    test.api.post('auth/email/verification/request', body, {
      token,
      headers: { 'x-request-id': 'same' },
    }),
  );

describe('confirming', () => {
  it('verifies the address and does nothing else', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    const before = await userRow(test, person);
    test.clock.advance({ minutes: 1 });
    const { answer, mails, audits } = await confirm(token);
    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.any(String), success: true },
    ]);
    expect([mails, audits]).toEqual([[], ['email_verified']]);
    const now = test.clock.now();
    expect(await userRow(test, person)).toEqual({
      ...before,
      email_verified_at: now,
      updated_at: now,
    });
    expect(answer.headers.get('set-cookie')).toBeNull();
    const sessions = await test.query('SELECT 1 FROM sessions WHERE user_id = $1', [person.id]);
    expect(sessions).toEqual([]);
  });

  it('twice is fine and says so; nothing happens the second time', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    const first = await confirm(token);
    const verified = await userRow(test, person);
    test.clock.advance({ minutes: 1 });
    const second = await confirm(token);
    expect([second.answer.status, second.mails, second.audits]).toEqual([200, [], []]);
    expect(second.answer.body.message).not.toBe(first.answer.body.message);
    expect(second.answer.body.message).toMatch(/already/);
    expect(await userRow(test, person)).toEqual(verified);
  });

  it('ends no session', async () => {
    const person = await signUp(test);
    const { access_token } = await signIn(test, person);
    await confirm(await verificationToken(test, person));
    const me = await test.api.get('auth/me', { token: access_token });
    expect([me.status, me.body.is_verified]).toEqual([200, true]);
  });

  it('is refused once the address has changed, also after it was used', async () => {
    for (const used of [false, true]) {
      const person = await signUp(test);
      const old = await verificationToken(test, person);
      if (used) await confirm(old);
      const tokens = await signIn(test, person);
      const change = await emailChangeToken(test, person, tokens, `moved-${person.email}`);
      await test.api.post('auth/email/change/confirm', { token: change });
      await alter(test, person, 'email_verified_at = NULL');
      const { answer, audits } = await confirm(old);
      expectProblem(answer, 400, 'invalid_token', [old]);
      expect([audits, (await userRow(test, person)).email_verified_at]).toEqual([[], null]);
    }
  });

  it('is refused for an account that is gone', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    await test.query('DELETE FROM users WHERE id = $1', [person.id]);
    expectProblem((await confirm(token)).answer, 400, 'invalid_token');
  });

  it('survives a change of password: the address is the same', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    await alter(test, person, 'security_stamp = $2', randomUUID());
    expect((await confirm(token)).answer.status).toBe(200);
  });
});

describe('asking for a new mail', () => {
  it('account enumeration: one answer for every address, and a mail only where one helps', async () => {
    const [unverified, verified, disabled] = [
      await signUp(test),
      await signUpVerified(test),
      await signUp(test),
    ];
    await alter(test, disabled, 'is_active = false');
    const asked = [
      await request({ email: unverified.email }),
      await request({ email: ` ${unverified.email.toUpperCase()} ` }),
      await request({ email: verified.email }),
      await request({ email: disabled.email }),
      await request({ email: 'nobody@example.com' }),
    ];
    const [first] = asked;
    expect(first!.answer.body).toEqual({ message: expect.any(String), success: true });
    for (const { answer, audits } of asked)
      expect([answer.status, answer.text, audits]).toEqual([200, first!.answer.text, []]);
    const mail = `email_verification to ${unverified.email}`;
    expect(asked.map(({ mails }) => mails)).toEqual([[mail], [mail], [], [], []]);
  });

  it('leaves nothing behind of an address that is nobody’s', async () => {
    await test.mailsSettled();
    const before = await countOf(test, 'mail_outbox');
    await request({ email: 'stranger@example.com' });
    expect(await countOf(test, 'mail_outbox')).toBe(before);
    expect(test.inbox.of('stranger@example.com')).toEqual([]);
    expect(test.logs.join('')).not.toContain('stranger@example.com');
  });

  it('mails the caller where no address is given', async () => {
    const person = await signUp(test);
    const { access_token } = await signIn(test, person);
    for (const body of [{}, { email: null }]) {
      const { answer, mails } = await request(body, access_token);
      expect([answer.status, mails]).toEqual([200, [`email_verification to ${person.email}`]]);
    }
  });

  it('mails the address that is given, whoever asks', async () => {
    const [asking, other] = [await signUp(test), await signUp(test)];
    const { access_token } = await signIn(test, asking);
    const { mails } = await request({ email: other.email }, access_token);
    expect(mails).toEqual([`email_verification to ${other.email}`]);
  });

  it('needs an address where nobody is signed in', async () => {
    expectInvalid((await request({})).answer, ['/email']);
    expectInvalid((await request({ email: null })).answer, ['/email']);
    expectInvalid((await request({ email: '' })).answer, ['/email']);
    expectInvalid((await request({ email: 'ada' })).answer, ['/email'], ['ada"']);
  });

  it('a link that was asked for verifies, and the first one still does', async () => {
    const person = await signUp(test);
    const first = await verificationToken(test, person);
    await request({ email: person.email });
    const second = await verificationToken(test, person, 1);
    expect(second).not.toBe(first);
    expect((await confirm(second)).audits).toEqual(['email_verified']);
    expect((await confirm(first)).answer.status).toBe(200);
  });

  it('a link of a disabled account is refused, and works again once it is enabled', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    await alter(test, person, 'is_active = false');
    expectProblem(
      await test.api.post('auth/email/verification/confirm', { token }),
      400,
      'invalid_token',
    );
    await alter(test, person, 'is_active = true');
    expect((await test.api.post('auth/email/verification/confirm', { token })).status).toBe(200);
  });

  it('a mail that is sent after the address was verified is not sent', async () => {
    const person = await signUp(test);
    await test.mailsSettled();
    const { mails } = await effectsOf(test, async () => {
      await alter(test, person, 'email_verified_at = now()');
      return test.api.post('auth/email/verification/request', { email: person.email });
    });
    expect(mails).toEqual([]);
  });
});

it('an account without an address asks in vain and is told what is missing', async () => {
  const person = await signUp(test);
  const { access_token } = await signIn(test, person);
  await alter(test, person, 'email = NULL');
  expectInvalid((await request({}, access_token)).answer, ['/email']);
});
