import { emailChangeToken, resetToken } from '../support/links';
import {
  PASSWORD,
  type Person,
  signUpVerified,
  sixteen,
  tally,
  type Tokens,
} from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';

const PLENTY = '1000000/1h';
const NEW_PASSWORD = 'a better battery';

const all = (status: number) => ({ [status]: 16 });

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({
    env: {
      DATABASE_POOL_SIZE: '2',
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_LOGIN: PLENTY,
      RATE_LIMIT_LOGIN_IP: PLENTY,
      RATE_LIMIT_REGISTER: PLENTY,
      RATE_LIMIT_MAIL: PLENTY,
    },
  });
});
afterAll(() => test.close());

it('serves sixteen at once with two connections: no request waits for a second one', async () => {
  const { api } = test;
  const people: Person[] = await sixteen(() => signUpVerified(test));
  const logins = await sixteen((n) =>
    api.post('auth/login', { username: people[n]!.email, password: PASSWORD }),
  );
  expect(tally(logins)).toEqual(all(200));
  const refreshed = await sixteen((n) =>
    api.post('auth/refresh', { refresh_token: logins[n]!.body.refresh_token }),
  );
  expect(tally(refreshed)).toEqual(all(200));
  const tokens: Tokens[] = refreshed.map(({ body }) => body);
  const as = (n: number) => ({ token: tokens[n]!.access_token });

  const passwords = { current_password: PASSWORD, new_password: NEW_PASSWORD };
  const changed = await sixteen((n) => api.post('auth/password/change', passwords, as(n)));
  expect(tally(changed)).toEqual(all(200));
  const changes = await sixteen((n) => {
    const person = { password: NEW_PASSWORD };
    return emailChangeToken(test, person, tokens[n]!, `moved${n}@example.com`);
  });
  const moved = await sixteen((n) => api.post('auth/email/change/confirm', { token: changes[n]! }));
  expect(tally(moved)).toEqual(all(200));
  const profiles = await sixteen((n) => api.patch('users/me', { bio: `I am ${n}` }, as(n)));
  expect(tally(profiles)).toEqual(all(200));

  const resets = await sixteen((n) => resetToken(test, { email: `moved${n}@example.com` }));
  const reset = await sixteen((n) =>
    api.post('auth/password/reset/confirm', { token: resets[n]!, new_password: PASSWORD }),
  );
  expect(tally(reset)).toEqual(all(200));

  const again = await sixteen((n) =>
    api.post('auth/login', { username: people[n]!.username, password: PASSWORD }),
  );
  const replaced = again.map(({ body }) => body.refresh_token);
  await sixteen((n) => api.post('auth/refresh', { refresh_token: replaced[n]! }));
  test.clock.advance({ seconds: 11 });
  const stolen = await sixteen((n) => api.post('auth/refresh', { refresh_token: replaced[n]! }));
  expect(tally(stolen)).toEqual(all(401));
  await test.mailsSettled();
});
