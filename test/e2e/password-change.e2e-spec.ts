import { alter, effectsOf, userRow } from '../support/effects';
import { PASSWORD, type Person, signedIn, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const NEW_PASSWORD = 'a better battery';

const change = (
  { access_token: token }: Tokens,
  current_password = PASSWORD,
  new_password = NEW_PASSWORD,
) =>
  effectsOf(test, () =>
    test.api.post('auth/password/change', { current_password, new_password }, { token }),
  );

const login = ({ username }: Person, password: string) =>
  test.api.post('auth/login', { username, password });

describe('changing the password', () => {
  it('replaces it, mails a notice, and is in the audit trail', async () => {
    const { person, tokens } = await signedIn(test);
    const before = await userRow(test, person);
    test.clock.advance({ minutes: 5 });
    const { answer, mails, audits } = await change(tokens);
    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.any(String), success: true },
    ]);
    expect(mails).toEqual([`password_changed to ${person.email}`]);
    expect(audits).toEqual(['password_changed']);
    const after = await userRow(test, person);
    expect(after).toEqual({
      ...before,
      password_hash: expect.stringMatching(/^\$argon2id\$/),
      security_stamp: expect.any(String),
      updated_at: test.clock.now(),
    });
    expect(after.password_hash).not.toBe(before.password_hash);
    expectProblem(await login(person, PASSWORD), 401, 'invalid_credentials');
    expect((await login(person, NEW_PASSWORD)).status).toBe(200);
    const notice = test.inbox.of(person.email).at(-1)!;
    expect(notice.text).toContain('127.0.0.1');
    expect(notice.text).not.toContain('token=');
  });

  it('may set the password that is set already, and ends the other sessions even so', async () => {
    const { person, tokens } = await signedIn(test);
    const { security_stamp } = await userRow(test, person);
    expect((await change(tokens, PASSWORD, PASSWORD)).answer.status).toBe(200);
    expect((await userRow(test, person)).security_stamp).not.toBe(security_stamp);
  });

  it('leaves the asking session good for a second change', async () => {
    const { tokens } = await signedIn(test);
    expect((await change(tokens)).answer.status).toBe(200);
    expect((await change(tokens, NEW_PASSWORD, PASSWORD)).answer.status).toBe(200);
  });

  it('mails nobody where there is no address', async () => {
    const { person, tokens } = await signedIn(test);
    await alter(test, person, 'email = NULL');
    const { answer, mails, audits } = await change(tokens);
    expect([answer.status, mails, audits]).toEqual([200, [], ['password_changed']]);
  });
});

describe('a change that is refused', () => {
  async function expectUnchanged(
    { person, tokens }: { person: Person; tokens: Tokens },
    status: number,
    code: string,
    ...passwords: [current: string, next: string]
  ): Promise<void> {
    const before = await userRow(test, person);
    const { answer, mails, audits } = await change(tokens, ...passwords);
    expectProblem(answer, status, code, passwords);
    expect([mails, audits, await userRow(test, person)]).toEqual([[], [], before]);
    expect((await test.api.get('auth/me', { token: tokens.access_token })).status).toBe(200);
  }

  it('for a wrong current password changes nothing', async () => {
    const held = await signedIn(test);
    for (const wrong of ['wrong password', PASSWORD.toUpperCase(), ` ${PASSWORD}`, `${PASSWORD} `])
      await expectUnchanged(held, 400, 'wrong_password', wrong, NEW_PASSWORD);
  });

  it('for an account without a password changes nothing', async () => {
    const held = await signedIn(test);
    await alter(test, held.person, 'password_hash = NULL');
    await expectUnchanged(held, 400, 'wrong_password', PASSWORD, NEW_PASSWORD);
  });

  it('for a weak password changes nothing', async () => {
    const held = await signedIn(test);
    await expectUnchanged(held, 422, 'validation_failed', PASSWORD, 'tooweak');
    await alter(test, held.person, `username = 'long-username'`);
    await expectUnchanged(held, 422, 'weak_password', PASSWORD, 'Long-Username');
  });
});
