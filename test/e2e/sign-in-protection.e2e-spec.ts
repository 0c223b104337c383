import { ARGON2_ENGINE, type Argon2Engine } from '../../src/auth/passwords/argon2-engine';
import type { Answer } from '../support/api';
import { effectsOf } from '../support/effects';
import { ageCounts, forgetCounts } from '../support/limits';
import { type Person, PASSWORD, signIn, signUpVerified, tally } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

const HERE = '198.51.100.1';
const ELSEWHERE = '198.51.100.2';

let test: TestApp;
let person: Person;
let verify: jest.SpyInstance;

/** With limits of their own, so that one of them is met at a time. */
const withLimits = (limits: Readonly<Record<string, string>>) => {
  beforeAll(async () => {
    test = await startTestApp({
      env: {
        RATE_LIMIT_ENABLED: 'true',
        TRUST_PROXY: '1',
        RATE_LIMIT_LOGIN: '1000/60s',
        RATE_LIMIT_LOGIN_IP: '1000/60s',
        RATE_LIMIT_LOGIN_STREAK: '1000/60s',
        ...limits,
      },
    });
    verify = jest.spyOn(test.app.get<Argon2Engine>(ARGON2_ENGINE, { strict: false }), 'verify');
  });
  beforeEach(async () => {
    person = await signUpVerified(test);
    await forgetCounts(test);
    verify.mockClear();
  });
  afterAll(() => test.close());
};

const login = (username: string, password = 'wrong password', ip = HERE): Promise<Answer> =>
  test.api.post('auth/login', { username, password }, { headers: { 'x-forwarded-for': ip } });

const guess = async (times: number, ip = HERE): Promise<number[]> => {
  const statuses: number[] = [];
  for (let n = 0; n < times; n++)
    statuses.push((await login(person.username, 'wrong password', ip)).status);
  return statuses;
};

/** The counts are of real time; this moves them instead of waiting. */
const pass = (seconds: number) => ageCounts(test, seconds);

function expectWait(answer: Answer, seconds: number): void {
  expectProblem(answer, 429, 'rate_limited');
  const waited = Number(answer.headers.get('retry-after'));
  expect(waited).toBeGreaterThan(seconds - 10);
  expect(waited).toBeLessThanOrEqual(seconds);
}

describe('wrong passwords in a row for an account and an address', () => {
  withLimits({ RATE_LIMIT_LOGIN_STREAK: '10/60s' });

  it('are looked at ten times, however many are sent at once', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => login(person.username)));
    expect(tally(answers)).toEqual({ 401: 10, 429: 90 });
    expect(verify).toHaveBeenCalledTimes(10);
  });

  it('the tenth blocks, and says so in the trail; a right password does not help', async () => {
    await guess(9);
    const { audits } = await effectsOf(test, () => login(person.username));
    expect(audits).toEqual(['sign_in_failed', 'sign_in_blocked']);
    const [event] = await test.query(
      "SELECT subject_id, ip, details FROM audit_events WHERE action = 'sign_in_blocked' ORDER BY id DESC",
    );
    expect(event).toEqual({
      subject_id: person.id,
      ip: HERE,
      details: { wrong: 10, seconds: 60 },
    });
    verify.mockClear();
    expectWait(await login(person.username, PASSWORD), 60);
    expect(verify).not.toHaveBeenCalled();
  });

  it('block from one minute, twice as long each time, up to an hour', async () => {
    await guess(10);
    for (const seconds of [60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      expectWait(await login(person.username, PASSWORD), seconds);
      await pass(seconds);
      expect((await login(person.username)).status).toBe(401);
    }
  });

  it('a block that is over lets one guess in, however many are sent at once', async () => {
    await guess(10);
    await pass(60);
    verify.mockClear();
    const answers = await Promise.all(Array.from({ length: 16 }, () => login(person.username)));
    expect(tally(answers)).toEqual({ 401: 1, 429: 15 });
    expect(verify).toHaveBeenCalledTimes(1);
    expectWait(await login(person.username, PASSWORD), 120);
  });

  it('end with a right password: the next ten are free again', async () => {
    await guess(9);
    await signInHere();
    expect(await guess(9)).toEqual(Array(9).fill(401));
    await signInHere();
    await guess(10);
    await pass(60);
    await signInHere();
    // The block begins at its first length again.
    await guess(10);
    expectWait(await login(person.username, PASSWORD), 60);
  });

  const signInHere = async () => expect((await login(person.username, PASSWORD)).status).toBe(200);

  it('locking out: whoever guesses blocks themselves, and the owner still gets in', async () => {
    await guess(12);
    expect((await login(person.username, PASSWORD, ELSEWHERE)).status).toBe(200);
    expectWait(await login(person.username, PASSWORD), 60);
  });

  it.each(titled(['JSON', 'form', 'dialect']))(
    'are counted together on every path: %s',
    async (door) => {
      await guess(10);
      const headers = { 'x-forwarded-for': HERE };
      const form = { username: person.username, password: PASSWORD };
      const answer = await {
        JSON: () => test.api.post('/api/auth/login', form, { headers }),
        form: () => test.api.call('POST', 'auth/token', { form, headers }),
        dialect: () => test.api.call('POST', '/auth/token', { form, headers }),
      }[door as 'JSON' | 'form' | 'dialect']();
      expect(answer.status).toBe(429);
    },
  );

  it('brute force by IPv6: a /64 is one address', async () => {
    const own = (n: number) => `2001:db8:1:2::${n.toString(16)}`;
    for (let n = 1; n <= 10; n++) await login(person.username, 'wrong password', own(n));
    expectWait(await login(person.username, PASSWORD, own(99)), 60);
    expect((await login(person.username, PASSWORD, '2001:db8:1:3::1')).status).toBe(200);
  });

  it('account enumeration: a spelling that names nobody is counted with its account', async () => {
    await guess(10);
    const wide = person.username.replaceAll(/[a-z]/g, (letter) =>
      String.fromCodePoint(letter.codePointAt(0)! + 0xfee0),
    );
    expect((await login(wide)).status).toBe(429);
    const nobody = 'nobody.at.all';
    for (let n = 0; n < 10; n++) await login(nobody);
    expect((await login('ｎobody.at.all')).status).toBe(429);
  });

  it('a stolen access token is blocked with the guesses, and does not guess on', async () => {
    const { access_token: token } = await signIn(test, person);
    const change = () =>
      test.api.post(
        'auth/password/change',
        { current_password: 'a wrong guess', new_password: 'another battery' },
        { token, headers: { 'x-forwarded-for': HERE } },
      );
    await guess(5);
    for (let n = 0; n < 5; n++) expectProblem(await change(), 400, 'wrong_password');
    expect((await change()).status).toBe(429);
    expectWait(await login(person.username, PASSWORD), 60);
  });
});

describe('attempts from one address, whatever the account', () => {
  withLimits({ RATE_LIMIT_LOGIN_IP: '60/60s', RATE_LIMIT_LOGIN_WRONG_IP: '10000/1d' });

  it('password spraying: sixty a minute, however many are sent at once', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `sprayed${n}`);
    expect(tally(await Promise.all(names.map((name) => login(name))))).toEqual({
      401: 60,
      429: 40,
    });
    expect(verify).toHaveBeenCalledTimes(60);
    expectWait(await login(person.username, PASSWORD), 60);
    expect((await login(person.username, PASSWORD, ELSEWHERE)).status).toBe(200);
  });
});

describe('wrong passwords from one address, whatever the account', () => {
  withLimits({ RATE_LIMIT_LOGIN_WRONG_IP: '20/1d' });

  it('password spraying: as many a day, and right ones are not counted', async () => {
    for (let n = 0; n < 25; n++) expect((await login(person.username, PASSWORD)).status).toBe(200);
    const names = Array.from({ length: 40 }, (_, n) => `sprayed${n}`);
    expect(tally(await Promise.all(names.map((name) => login(name))))).toEqual({
      401: 20,
      429: 20,
    });
    expectWait(await login(person.username, PASSWORD), 86_400);
    await pass(86_400);
    expect((await login(person.username, PASSWORD)).status).toBe(200);
  });

  it('a check that did not happen is no wrong password', async () => {
    verify.mockRejectedValue(new Error('out of memory'));
    for (let n = 0; n < 25; n++) expect((await login(person.username)).status).toBe(500);
    verify.mockRestore();
    expect((await login(person.username, PASSWORD)).status).toBe(200);
  });
});
