import { ARGON2_ENGINE, type Argon2Engine } from '../../src/auth/passwords/argon2-engine';
import type { Answer } from '../support/api';
import { countOf, effectsOf } from '../support/effects';
import { ageCounts, forgetCounts, readCounts } from '../support/limits';
import { type Person, PASSWORD, signIn, signUpVerified } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({ env: { RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '1' } });
});
beforeEach(() => forgetCounts(test));
afterAll(() => test.close());

const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } });

const login = (username: string, password = 'wrong password', ip = '198.51.100.1') =>
  test.api.post('auth/login', { username, password }, from(ip));

/** The counts are of real time; this moves them instead of waiting. */
const pass = (seconds: number) => ageCounts(test, seconds);

async function times(count: number, ask: (n: number) => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) statuses.push((await ask(n)).status);
  return statuses;
}

function expectLimited(answer: Answer, most: number): void {
  expectProblem(answer, 429, 'rate_limited');
  const seconds = Number(answer.headers.get('retry-after'));
  expect(Number.isInteger(seconds)).toBe(true);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(most);
}

describe('sign-in: five a minute for an account and an IP', () => {
  let person: Person;
  beforeEach(async () => {
    person = await signUpVerified(test);
    await forgetCounts(test);
  });

  it('brute force: the sixth is refused unseen, even with the right password', async () => {
    expect(await times(5, () => login(person.username))).toEqual([401, 401, 401, 401, 401]);
    const verify = jest.spyOn(
      test.app.get<Argon2Engine>(ARGON2_ENGINE, { strict: false }),
      'verify',
    );
    const { answer, audits } = await effectsOf(test, () => login(person.username, PASSWORD));
    expectLimited(answer, 60);
    expect([verify.mock.calls.length, audits]).toEqual([0, []]);
    verify.mockRestore();
  });

  it('names of one account are counted together, in whatever spelling', async () => {
    const { username, email } = person;
    const names = [username, email, username.toUpperCase(), ` ${email.toUpperCase()} `, username];
    expect(await times(5, (n) => login(names[n]!))).toEqual([401, 401, 401, 401, 401]);
    for (const name of names) expectLimited(await login(name, PASSWORD), 60);
  });

  it('the JSON and the form routes are counted together', async () => {
    const form = { username: person.username, password: 'wrong password' };
    const submit = (path: string) => test.api.call('POST', path, { form, ...from('198.51.100.1') });
    await times(2, () => submit('auth/token'));
    await times(2, () => submit('auth/login/form'));
    await login(person.username);
    for (const path of ['auth/token', 'auth/login/form']) {
      const answer = await submit(path);
      expectLimited(answer, 60);
      expect(answer.body).toMatchObject({
        error: 'temporarily_unavailable',
        error_description: expect.any(String),
      });
    }
  });

  it('is over after a minute and not before', async () => {
    await times(5, () => login(person.username));
    await pass(30);
    expectLimited(await login(person.username, PASSWORD), 30);
    await pass(30);
    expect((await login(person.username, PASSWORD)).status).toBe(200);
  });

  it('locking out: a right password from elsewhere still gets in', async () => {
    await times(6, () => login(person.username));
    expect((await login(person.username, PASSWORD, '198.51.100.2')).status).toBe(200);
  });

  it('leaves the other accounts of that IP alone', async () => {
    const other = await signUpVerified(test);
    await times(6, () => login(person.username));
    expect((await login(other.username, PASSWORD)).status).toBe(200);
  });

  it('account enumeration: a name that nobody has is limited alike', async () => {
    const names = ['Nobody', 'nobody', 'NOBODY', ' nobody', 'nobody'];
    expect(await times(5, (n) => login(names[n]!))).toEqual([401, 401, 401, 401, 401]);
    expectLimited(await login('noBody'), 60);
  });

  it('a forged X-Forwarded-For beyond the trusted hop gives no fresh count', async () => {
    await times(5, () => login(person.username));
    expectLimited(await login(person.username, PASSWORD, '203.0.113.9, 198.51.100.1'), 60);
  });

  it('a stolen access token cannot guess the password elsewhere', async () => {
    const { access_token: token } = await signIn(test, person);
    await forgetCounts(test);
    const call = { token, ...from('198.51.100.1') };
    const change = () =>
      test.api.post(
        'auth/password/change',
        { current_password: 'a wrong guess', new_password: 'another battery' },
        call,
      );
    const move = () =>
      test.api.post('auth/email/change', { new_email: 'x@example.com', password: 'wrong' }, call);
    expect(await times(4, (n) => (n % 2 ? change() : move()))).toEqual([400, 400, 400, 400]);
    await login(person.username);
    expectLimited(await change(), 60);
    expectLimited(await move(), 60);
    expectLimited(await login(person.username, PASSWORD), 60);
  });
});

it.each(
  titled(['unknown', ',', ' , ,', '::1%eth0', '999.1.1.1', 'x'.repeat(8000), '"', '<script>']),
)('garbage in X-Forwarded-For breaks nothing: %s', async (_, garbage) => {
  const { username } = await signUpVerified(test);
  expect((await login(username, PASSWORD, garbage)).status).toBe(200);
  expectProblem(await login(username, 'wrong password', garbage), 401, 'invalid_credentials');
});

describe.each([
  ['password reset', 'auth/password/reset/request'],
  ['verification', 'auth/email/verification/request'],
])('%s mails: three an hour for an address', (_, path) => {
  const ask = (email: string) => test.api.post(path, { email });

  it('mail bombing: the fourth is refused and no mail is owed', async () => {
    const { email } = await signUpVerified(test);
    const spellings = [email, email.toUpperCase(), ` ${email}`];
    expect(await times(3, (n) => ask(spellings[n]!))).toEqual([200, 200, 200]);
    await test.mailsSettled();
    const owed = await countOf(test, 'mail_outbox');
    expectLimited(await ask(email), 3600);
    expect(await countOf(test, 'mail_outbox')).toBe(owed);
  });

  it('account enumeration: an unknown address is limited alike', async () => {
    expect(await times(3, () => ask('nobody@example.com'))).toEqual([200, 200, 200]);
    expectLimited(await ask('NOBODY@example.com'), 3600);
    expect((await ask('somebody-else@example.com')).status).toBe(200);
  });

  it('is over after an hour and not before', async () => {
    await times(3, () => ask('patient@example.com'));
    await pass(3000);
    expectLimited(await ask('patient@example.com'), 600);
    await pass(600);
    expect((await ask('patient@example.com')).status).toBe(200);
  });
});

it('reset and verification mails are counted apart', async () => {
  const email = 'both@example.com';
  const ask = (path: string) => times(3, () => test.api.post(path, { email }));
  expect(await ask('auth/password/reset/request')).toEqual([200, 200, 200]);
  expect(await ask('auth/email/verification/request')).toEqual([200, 200, 200]);
});

it('a signed-in user who names no address counts against their own', async () => {
  const person = await signUpVerified(test);
  const { access_token: token } = await signIn(test, person);
  const ask = (body: object, call = {}) =>
    test.api.post('auth/email/verification/request', body, call);
  expect(await times(3, () => ask({}, { token }))).toEqual([200, 200, 200]);
  expectLimited(await ask({ email: person.email }), 3600);
});

it('sign-up: twenty an hour for an IP, whatever comes of them', async () => {
  const register = (n: number, ip: string) =>
    test.api.post(
      'auth/register',
      { username: `crowd${n}`, email: `crowd${n}@example.com`, password: PASSWORD },
      from(ip),
    );
  const statuses = await times(20, (n) => register(Math.floor(n / 2), '198.51.100.7'));
  expect(statuses.filter((status) => status === 201)).toHaveLength(10);
  expect(statuses.filter((status) => status === 409)).toHaveLength(10);
  expectLimited(await register(20, '198.51.100.7'), 3600);
  expect((await register(20, '198.51.100.8')).status).toBe(201);
});

it('what is counted names nobody', async () => {
  const person = await signUpVerified(test);
  await login(person.username);
  await test.api.post('auth/password/reset/request', { email: person.email });
  const counts = await readCounts(test);
  expect(counts.length).toBeGreaterThan(0);
  const rows = JSON.stringify(counts);
  for (const name of [person.id, person.username, person.email, '198.51.100.1'])
    expect(rows).not.toContain(name);
});
