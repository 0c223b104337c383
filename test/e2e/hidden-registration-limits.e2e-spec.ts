import { PASSWORD } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({
    env: { RATE_LIMIT_ENABLED: 'true', REGISTRATION_HIDES_ACCOUNTS: 'true', TRUST_PROXY: '1' },
  });
});
afterAll(() => test.close());

let count = 0;
const register = (email: string) =>
  test.api.post(
    'auth/register',
    { username: `somebody${++count}`, email, password: PASSWORD },
    { headers: { 'x-forwarded-for': `203.0.113.${count}` } },
  );

it('mail bombing: signing up for others with their address mails them three times an hour', async () => {
  const email = 'ada@example.com';
  for (let n = 0; n < 3; n++) expect((await register(email)).status).toBe(202);
  await test.mailsSettled();
  const mails = test.inbox.of(email).length;
  expectProblem(await register(email.toUpperCase()), 429, 'rate_limited');
  await test.mailsSettled();
  expect(test.inbox.of(email)).toHaveLength(mails);
  expect((await register('bob@example.com')).status).toBe(202);
});
