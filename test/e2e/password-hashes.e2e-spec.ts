import { ARGON2_ENGINE, type Argon2Engine } from '../../src/auth/passwords/argon2-engine';
import { alter, effectsOf, userRow } from '../support/effects';
import { PASSWORD, signIn, signUpVerified } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const CURRENT = /^\$argon2id\$v=19\$m=1024,t=1,p=1\$/;
const LONG = 'x'.repeat(100);

const login = (username: string, password: string) =>
  test.api.post('auth/login', { username, password });

const older = (password: string) =>
  test.app
    .get<Argon2Engine>(ARGON2_ENGINE, { strict: false })
    .hash(password, { memoryKib: 512, timeCost: 3, parallelism: 2 });

/** Made by libxcrypt, not by the library that reads them. */
const BCRYPT = '04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS';
const BCRYPT_LONG = '$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i';

it.each([
  ['bcrypt $2b$', async () => `$2b$${BCRYPT}`, PASSWORD],
  ['bcrypt $2a$', async () => `$2a$${BCRYPT}`, PASSWORD],
  ['bcrypt $2y$', async () => `$2y$${BCRYPT}`, PASSWORD],
  ['bcrypt of more than 72 bytes', async () => BCRYPT_LONG, LONG],
  ['argon2id with other parameters', older, PASSWORD],
])('%s verifies and is replaced at sign-in, and no session ends', async (_, make, password) => {
  const person = await signUpVerified(test);
  const tokens = await signIn(test, person);
  const stored = await make(password);
  await alter(test, person, 'password_hash = $2', stored);

  expectProblem(await login(person.username, 'wrong password'), 401, 'invalid_credentials');
  expect((await userRow(test, person)).password_hash).toBe(stored);

  const { security_stamp } = await userRow(test, person);
  const { answer, mails, audits } = await effectsOf(test, () => login(person.username, password));
  expect([answer.status, mails, audits]).toEqual([200, [], ['sign_in_succeeded']]);
  const replaced = await userRow(test, person);
  expect(replaced).toMatchObject({
    password_hash: expect.stringMatching(CURRENT),
    security_stamp,
  });

  expect((await test.api.get('auth/me', { token: tokens.access_token })).status).toBe(200);
  const { refresh_token } = tokens;
  expect((await test.api.post('auth/refresh', { refresh_token })).status).toBe(200);
  expect((await login(person.username, password)).status).toBe(200);
  expect((await userRow(test, person)).password_hash).toBe(replaced.password_hash);
});

it('a hash replaced at sign-in is of the whole password, not of the 72 bytes bcrypt saw', async () => {
  const person = await signUpVerified(test);
  await alter(test, person, 'password_hash = $2', BCRYPT_LONG);
  expect((await login(person.username, LONG)).status).toBe(200);
  const cut = await login(person.username, LONG.slice(0, 72));
  expectProblem(cut, 401, 'invalid_credentials');
});

it.each([
  ['a hash of a scheme that is unknown', '$1$abcdefgh$G//4keteveJp0qb8z2DxG/'],
  ['an empty hash', ''],
  ['a password in the clear', PASSWORD],
  ['a hash that asks for 4 GiB', '$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA'],
  ['bcrypt that would run for a day', `$2b$31${BCRYPT.slice(2)}`],
])('%s lets nobody in and breaks nothing', async (_, stored) => {
  const person = await signUpVerified(test);
  await alter(test, person, 'password_hash = $2', stored);
  expectProblem(await login(person.username, PASSWORD), 401, 'invalid_credentials');
  expectProblem(await login(person.username, stored || 'x'), 401, 'invalid_credentials');
});
