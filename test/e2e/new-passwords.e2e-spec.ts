import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Answer } from '../support/api';
import { resetToken } from '../support/links';
import { PASSWORD, type Person, signIn, signUpVerified, type Tokens } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

/** Every way to set a password, with where the request has it. */
interface Setter {
  readonly pointer: string;
  set(test: TestApp, password: string): Promise<Answer>;
}

let count = 0;

const SETTERS: Readonly<Record<string, Setter>> = {
  'signing up': {
    pointer: '/password',
    set({ api }, password) {
      const username = `newcomer${count++}`;
      return api.post('auth/register', { username, email: `${username}@example.com`, password });
    },
  },
  'changing the password': {
    pointer: '/new_password',
    async set(test, password) {
      const person = await signUpVerified(test);
      const { access_token: token } = await signIn(test, person);
      const change = { current_password: PASSWORD, new_password: password };
      return test.api.post('auth/password/change', change, { token });
    },
  },
  'resetting the password': {
    pointer: '/new_password',
    async set(test, password) {
      const token = await resetToken(test, await signUpVerified(test));
      return test.api.post('auth/password/reset/confirm', { token, new_password: password });
    },
  },
};

/** Five code points that people see as one character. */
const FAMILY = '👩‍👩‍👧';
/** Two code points: the second only says to draw the first in colour. */
const HEART = '❤️';

describe.each(Object.entries(SETTERS))('%s', (_, { pointer, set }) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startTestApp();
  });
  afterAll(() => test.close());

  it.each([
    ['8 letters', 'abcdefgh'],
    ['128 letters', 'a'.repeat(128)],
    ['8 emoji', '😀'.repeat(8)],
    ['128 emoji', '😀'.repeat(128)],
    ['8 code points in 4 hearts', HEART.repeat(4)],
    ['128 code points in 64 hearts', HEART.repeat(64)],
    ['10 code points in 2 families', FAMILY.repeat(2)],
    ['8 letters with combining accents', 'e\u0301'.repeat(4)],
    ['8 of another script', 'парольпа'],
    ['8 spaces', ' '.repeat(8)],
    ['quotes, backslashes and SQL', `'; DROP TABLE users; --"\\`],
  ])('takes %s', async (__, password) => {
    const answer = await set(test, password);
    expect([answer.body, answer.status]).toEqual([expect.anything(), expect.any(Number)]);
    expect([200, 201]).toContain(answer.status);
  });

  it.each([
    ['nothing', ''],
    ['7 letters', 'abcdefg'],
    ['129 letters', 'a'.repeat(129)],
    ['7 emoji, though 14 code units', '😀'.repeat(7)],
    ['129 emoji', '😀'.repeat(129)],
    ['130 code points in 65 hearts', HEART.repeat(65)],
    ['6 code points in 3 hearts', HEART.repeat(3)],
    ['a password with a NUL', 'abcdefgh\0'],
    ['a lone surrogate', 'abcdefgh\ud83d'],
  ])('refuses %s', async (__, password) => {
    expectInvalid(await set(test, password), [pointer], password === '' ? [] : [password]);
  });

  it('does not say more about a long password than that it is too long', async () => {
    const answer = await set(test, 'secret'.repeat(30));
    expect(answer.text).not.toContain('secretsecret');
  });
});

describe('a password that is the name of its owner', () => {
  let test: TestApp;
  let person: Person;
  let tokens: Tokens;
  beforeAll(async () => {
    test = await startTestApp();
    person = await signUpVerified(test, 'predictable');
    tokens = await signIn(test, person);
  });
  afterAll(() => test.close());

  it('is refused at sign-up, in any case', async () => {
    const fields = { username: 'Longenough', email: 'long@example.com' };
    for (const password of ['Longenough', 'LONGENOUGH', 'long@example.com', 'LONG@example.com']) {
      const answer = await test.api.post('auth/register', { ...fields, password });
      expectProblem(answer, 422, 'weak_password', [password]);
    }
  });

  it('is refused at change and reset', async () => {
    const { access_token: token } = tokens;
    const reset = await resetToken(test, person);
    for (const new_password of [person.username, person.email.toUpperCase()]) {
      const change = { current_password: PASSWORD, new_password };
      const changed = await test.api.post('auth/password/change', change, { token });
      expectProblem(changed, 422, 'weak_password', [new_password]);
      const confirm = { token: reset, new_password };
      const confirmed = await test.api.post('auth/password/reset/confirm', confirm);
      expectProblem(confirmed, 422, 'weak_password', [new_password]);
    }
    await signIn(test, person);
  });
});

describe('the stricter policies', () => {
  let breached: Server;
  let test: TestApp;
  const asked: string[] = [];
  const KNOWN = 'Tr0ub4dor&3 Tr0ub4dor&3';
  const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();

  beforeAll(async () => {
    breached = createServer((request, response) => {
      asked.push(request.url!);
      if (request.url!.endsWith(sha1('Unavailable!1 service').slice(0, 5))) {
        response.writeHead(503).end();
      } else response.end(`${sha1(KNOWN).slice(5)}:42\r\n${'0'.repeat(35)}:0\r\n`);
    }).listen(0, '127.0.0.1');
    await once(breached, 'listening');
    const { port } = breached.address() as AddressInfo;
    test = await startTestApp({
      env: {
        PASSWORD_MIN_STRENGTH: '3',
        PASSWORD_REQUIRE_CLASSES: 'true',
        PASSWORD_CHECK_BREACHED: 'true',
        PASSWORD_BREACHED_URL: `http://127.0.0.1:${port}/range`,
      },
    });
  });
  afterAll(async () => {
    await test.close();
    breached.close();
  });

  const register = (password: string) => {
    const username = `strict${count++}`;
    const email = `${username}@example.com`;
    return test.api.post('auth/register', { username, email, password });
  };

  it.each([
    ['alllowercase', /upper-case letter.*digit.*symbol/],
    ['Password1!', /guess/i],
    [KNOWN, /breach/i],
  ])('%s is refused with what to do better', async (password, advice) => {
    const answer = await register(password);
    expectProblem(answer, 422, 'weak_password', [password]);
    expect(answer.body.errors[0]).toEqual({
      pointer: '/password',
      detail: expect.stringMatching(advice),
    });
  });

  it('a good one is taken, and five characters of its hash were all that left', async () => {
    asked.length = 0;
    const password = 'Violet-Harmonica-41-Sunday';
    expect((await register(password)).status).toBe(201);
    expect(asked).toEqual([`/range/${sha1(password).slice(0, 5)}`]);
  });

  it('a breach service that is down stops nobody', async () => {
    expect((await register('Unavailable!1 service')).status).toBe(201);
  });
});
