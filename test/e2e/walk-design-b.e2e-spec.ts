import type { Answer, Call } from '../support/api';
import { tokenIn } from '../support/inbox';
import { expectTraceable } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const ADMIN = { username: 'root', email: 'root@example.com', password: 'first of all admins' };
const TOKENS = {
  access_token: expect.any(String),
  refresh_token: expect.any(String),
  token_type: 'bearer',
  expires_in: 1800,
};
const DONE = { message: expect.stringMatching(/\S/), success: true };

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({
    env: {
      BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
      BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
      BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    },
  });
});
afterAll(() => test.close());

/** Every answer has the two headers, and names the request as its caller did. */
async function call(method: string, path: string, more: Call = {}): Promise<Answer> {
  const id = `walk-${method}-${path.replaceAll(/\W/g, '.')}`;
  const headers = { 'x-request-id': id, ...more.headers };
  const answer = await test.api.call(method, `/api/v1/${path}`, { ...more, headers });
  expectTraceable(answer);
  expect(answer.headers.get('x-request-id')).toBe(id);
  return answer;
}

/** The body of a success, or what was refused, as `403 forbidden`. */
const outcome = ({ status, body }: Answer) => (status < 300 ? body : `${status} ${body.code}`);

const get = async (path: string, token?: string) => outcome(await call('GET', path, { token }));
const post = async (path: string, json?: unknown, token?: string) =>
  outcome(await call('POST', path, { json, token }));
const patch = async (path: string, json: unknown, token: string) =>
  outcome(await call('PATCH', path, { json, token }));

it('serves a client of the JWT service all that it knows', async () => {
  const ada = { username: 'ada', email: 'ada@example.com', password: 'correct horse battery' };
  const credentials = { username: ada.username, password: ada.password };

  // Signs up, and in once the address is verified.
  const registered = await call('POST', 'auth/register', { json: ada });
  expect([registered.status, registered.body]).toMatchObject([
    201,
    { username: 'ada', role: 'user', is_active: true, is_verified: false },
  ]);
  expect(await post('auth/register', ada)).toBe('409 username_taken');
  expect(await post('auth/login', credentials)).toBe('401 email_not_verified');
  const verification = tokenIn(await test.inbox.waitFor(ada.email, /^Confirm/));
  expect(await post('auth/email/verification/confirm', { token: verification })).toEqual(DONE);

  const first = await post('auth/login', credentials);
  expect(first).toEqual(TOKENS);
  const form = { grant_type: 'password', ...credentials };
  const second = outcome(await call('POST', 'auth/login/form', { form }));
  expect(second).toEqual(TOKENS);
  expect(await post('auth/login', { ...credentials, password: 'wrong' })).toBe(
    '401 invalid_credentials',
  );

  // Stays signed in, and is who they are.
  const renewed = await post('auth/refresh', { refresh_token: first.refresh_token });
  expect(renewed).toEqual(TOKENS);
  expect(renewed.refresh_token).not.toBe(first.refresh_token);
  let token: string = renewed.access_token;
  expect(await get('auth/me', token)).toMatchObject({ username: 'ada', is_verified: true });
  expect(await get('auth/me')).toBe('401 unauthenticated');
  expect(await patch('users/me', { full_name: 'Ada Lovelace' }, token)).toMatchObject({
    full_name: 'Ada Lovelace',
  });

  // Changes the password, which ends the other session; forgets it, which ends them all.
  const change = { current_password: ada.password, new_password: 'a better battery' };
  expect(await post('auth/password/change', change, token)).toEqual(DONE);
  expect(await get('auth/me', second.access_token)).toBe('401 invalid_access_token');
  expect(await get('auth/me', token)).toMatchObject({ username: 'ada' });
  expect(await post('auth/password/reset/request', { email: ada.email })).toEqual(DONE);
  const reset = tokenIn(await test.inbox.waitFor(ada.email, /^Reset/));
  const confirmation = { token: reset, new_password: 'the best battery' };
  expect(await post('auth/password/reset/confirm', confirmation)).toEqual(DONE);
  expect(await post('auth/password/reset/confirm', confirmation)).toBe('400 invalid_token');
  expect(await get('auth/me', token)).toBe('401 invalid_access_token');
  const again = { username: ada.email, password: 'the best battery' };
  const tokens = await post('auth/login', again);
  expect(tokens).toEqual(TOKENS);
  token = tokens.access_token;

  // Is not let where only admins go, who look after users there.
  const bob = { username: 'bob', email: 'bob@example.com', password: 'bob has a battery too' };
  expect(await post('users', bob, token)).toBe('403 forbidden');
  expect(await get('users/stats/count', token)).toBe('403 forbidden');
  const { access_token: adminToken } = await post('auth/login', {
    username: ADMIN.username,
    password: ADMIN.password,
  });
  const created = await call('POST', 'users', {
    json: { ...bob, role: 'guest', is_verified: true },
    token: adminToken,
  });
  expect([created.status, created.body]).toMatchObject([
    201,
    { username: 'bob', role: 'guest', is_verified: true },
  ]);
  const { id } = created.body;
  const list = await call('GET', 'users?sort=created_at', { token: adminToken });
  expect(list.headers.get('x-total-count')).toBe('3');
  expect(list.body.map(({ username }: { username: string }) => username)).toEqual([
    'root',
    'ada',
    'bob',
  ]);
  expect(await get(`users/${id}`, adminToken)).toEqual(created.body);
  expect(await patch(`users/${id}`, { role: 'user', bio: 'Builds.' }, adminToken)).toMatchObject({
    role: 'user',
    bio: 'Builds.',
  });
  expect(await get('users/stats/count', adminToken)).toMatchObject({ total_users: 3 });
  const removed = await call('DELETE', `users/${id}`, { token: adminToken });
  expect([removed.status, removed.text]).toEqual([204, '']);
  expect(await get(`users/${id}`, adminToken)).toBe('404 user_not_found');

  // Signs out, and neither token is worth anything.
  expect(await post('auth/logout', {}, token)).toEqual(DONE);
  expect(await get('auth/me', token)).toBe('401 invalid_access_token');
  expect(await post('auth/refresh', { refresh_token: tokens.refresh_token })).toBe(
    '401 invalid_refresh_token',
  );

  expect(await get('health')).toMatchObject({ status: 'ok' });
  expect(await get('nowhere')).toBe('404 not_found');

  await test.mailsSettled();
  const subjects = (to: string) => test.inbox.of(to).map(({ subject }) => subject);
  expect(subjects(bob.email)).toEqual(['Your Gatehouse account was deleted']);
  expect(subjects(ada.email).toSorted()).toEqual([
    'Confirm your e-mail address for Gatehouse',
    'Reset your Gatehouse password',
    'Your Gatehouse password was changed',
    'Your Gatehouse password was changed',
  ]);
  expect(await test.auditTrail()).toEqual([
    'admin_bootstrapped',
    'user_registered',
    'sign_in_failed',
    'email_verified',
    'sign_in_succeeded',
    'sign_in_succeeded',
    'sign_in_failed',
    'password_changed',
    'password_reset',
    'sign_in_succeeded',
    'sign_in_succeeded',
    'user_created',
    'role_changed',
    'user_updated',
    'user_deleted',
    'signed_out',
  ]);
});
