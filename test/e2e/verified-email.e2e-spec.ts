import { Controller, Get, Module } from '@nestjs/common';
import { VerifiedEmail } from '../../src/common/access/verified-email.decorator';
import { tokenIn } from '../support/inbox';
import { signIn, signUp } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';

@Controller('letters')
class LettersController {
  @Get()
  @VerifiedEmail()
  list() {
    return [];
  }
}

@Module({ controllers: [LettersController] })
class LettersModule {}

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp({
    env: { LOGIN_REQUIRES_VERIFIED_EMAIL: 'false' },
    imports: [LettersModule],
  });
});
afterAll(() => test.close());

it('lets nobody in without a session', async () => {
  expect((await test.api.get('letters')).status).toBe(401);
});

it('refuses an unverified address until it is verified, in the same session', async () => {
  const person = await signUp(test);
  const { access_token: token } = await signIn(test, person);

  const early = await test.api.get('letters', { token });
  expect([early.status, early.body.code]).toEqual([403, 'email_not_verified']);
  expect(early.headers.has('www-authenticate')).toBe(false);

  const mail = await test.inbox.waitFor(person.email, /confirm/i);
  await test.api.post('auth/email/verification/confirm', { token: tokenIn(mail) });
  expect((await test.api.get('letters', { token })).status).toBe(200);
});
