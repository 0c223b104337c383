import { Controller, Get, Module } from '@nestjs/common';
import { VerifiedEmail } from '../../src/common/access/verified-email.decorator';
import { alter } from '../support/effects';
import { signIn, signUp } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

@Controller('probe')
class ProbeController {
  @Get()
  @VerifiedEmail()
  get() {
    return { passed: true };
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

let test: TestApp;
beforeAll(async () => {
  const env = { LOGIN_REQUIRES_VERIFIED_EMAIL: 'false' };
  test = await startTestApp({ env, imports: [ProbeModule] });
});
afterAll(() => test.close());

it('lets people in unverified, but not where a verified address is asked for', async () => {
  const person = await signUp(test);
  const { access_token: token } = await signIn(test, person);
  expect((await test.api.get('users/me', { token })).body.is_verified).toBe(false);
  expectProblem(await test.api.get('probe', { token }), 403, 'email_not_verified');
  await alter(test, person, 'email_verified_at = now()');
  expect((await test.api.get('probe', { token })).status).toBe(200);
  expectProblem(await test.api.get('probe'), 401, 'unauthenticated');
});
