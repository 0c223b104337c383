import { ARGON2_ENGINE, type Argon2Engine } from '../../src/auth/passwords/argon2-engine';
import { effectsOf } from '../support/effects';
import { PASSWORD } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({ env: { REGISTRATION_HIDES_ACCOUNTS: 'true' } });
});
afterAll(() => test.close());

const ask = (fields: object) =>
  effectsOf(test, () =>
    test.api.post('auth/register', fields, { headers: { 'x-request-id': 'same' } }),
  );

it('account enumeration: the same hashing for a free and a taken address', async () => {
  const hash = jest.spyOn(test.app.get<Argon2Engine>(ARGON2_ENGINE, { strict: false }), 'hash');
  const counts: number[] = [];
  for (const username of ['first', 'second']) {
    hash.mockClear();
    await ask({ username, email: 'timing@example.com', password: PASSWORD });
    counts.push(hash.mock.calls.length);
  }
  hash.mockRestore();
  expect(counts).toEqual([1, 1]);
  await test.query('DELETE FROM users');
});

it('account enumeration: one answer for a free and a taken address', async () => {
  const free = await ask({ username: 'ada', email: 'ada@example.com', password: PASSWORD });
  const taken = await ask({ username: 'eve', email: 'ADA@example.com', password: PASSWORD });
  expect([free.answer.status, taken.answer.status]).toEqual([202, 202]);
  expect(taken.answer.text).toBe(free.answer.text);
  expect(free.answer.body).toEqual({ message: expect.any(String), success: true });
  const headers = ({ answer }: typeof free) => [...answer.headers.keys()];
  expect(headers(taken)).toEqual(headers(free));

  expect([free.mails, free.audits]).toEqual([
    ['email_verification to ada@example.com'],
    ['user_registered'],
  ]);
  expect([taken.mails, taken.audits]).toEqual([['already_registered to ada@example.com'], []]);
  expect(await test.query('SELECT username FROM users')).toEqual([{ username: 'ada' }]);
  const told = test.inbox.of('ada@example.com').at(-1)!;
  expect(told.subject).toBe('You already have an account at Gatehouse');
  expect(told.text).toContain('ada');
  expect(told.text).not.toContain('eve');
  expect(told.text).not.toContain('token=');
});

it('a taken username is told, whether or not the address is taken too', async () => {
  await ask({ username: 'grace', email: 'grace@example.com', password: PASSWORD });
  for (const email of ['grace@example.com', 'free@example.com']) {
    const { answer, mails } = await ask({ username: 'Grace', email, password: PASSWORD });
    expectProblem(answer, 409, 'username_taken');
    expect(mails).toEqual([]);
  }
});

it('the answer does not differ by what the owner of the address is like', async () => {
  const owner = { username: 'kay', email: 'kay@example.com', password: PASSWORD };
  await ask(owner);
  for (const state of ['is_active = false', 'email_verified_at = now()', 'password_hash = NULL']) {
    await test.query(`UPDATE users SET ${state} WHERE username = 'kay'`);
    const { answer } = await ask({ ...owner, username: 'mallory' });
    expect([state, answer.status]).toEqual([state, 202]);
  }
  expect(await test.query(`SELECT 1 FROM users WHERE username = 'mallory'`)).toEqual([]);
});
