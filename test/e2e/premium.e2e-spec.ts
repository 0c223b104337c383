import { Controller, Get, Module } from '@nestjs/common';
import { Permissions } from '../../src/common/access/permissions.decorator';
import { Premium } from '../../src/common/access/premium.decorator';
import { VerifiedEmail } from '../../src/common/access/verified-email.decorator';
import { alter } from '../support/effects';
import { type Person, signedIn, signedInAs, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

@Controller('lounge')
class LoungeController {
  @Get()
  @Premium()
  enter() {
    return {};
  }

  @Get('letters')
  @Premium()
  @VerifiedEmail()
  letters() {
    return [];
  }

  @Get('guests')
  @Premium()
  @Permissions('users:read')
  guests() {
    return [];
  }
}

@Module({ controllers: [LoungeController] })
class LoungeModule {}

let test: TestApp;
let admin: Tokens;
let person: Person;
let tokens: Tokens;
beforeAll(async () => {
  test = await startTestApp({ imports: [LoungeModule] });
});
beforeEach(async () => {
  admin = (await signedInAs(test, 'admin')).tokens;
  ({ person, tokens } = await signedIn(test));
});
afterAll(() => test.close());

const enter = (path = 'lounge') => test.api.get(path, { token: tokens.access_token });

const pay = async (premium_until: string | null): Promise<void> => {
  const call = { json: { premium_until }, token: admin.access_token };
  const answer = await test.api.call('PUT', `users/${person.id}/subscription`, call);
  expect(answer.body).toMatchObject({ applied: true });
};

const inSeconds = (seconds: number): string => test.clock.inSeconds(seconds).toISOString();

it('lets nobody in without a session', async () => {
  expectProblem(await test.api.get('lounge'), 401, 'unauthenticated');
});

it('refuses whoever never paid, admins too', async () => {
  const refused = await enter();
  expectProblem(refused, 403, 'premium_required');
  expect(refused.headers.has('www-authenticate')).toBe(false);
  const { access_token: token } = admin;
  expectProblem(await test.api.get('lounge', { token }), 403, 'premium_required');
});

it('counts from the next request on, in the same session', async () => {
  await pay(inSeconds(3600));
  expect((await enter()).status).toBe(200);
  await pay(null);
  expectProblem(await enter(), 403, 'premium_required');
});

it('runs out by the clock, with nothing having to run', async () => {
  await pay(inSeconds(60));
  const isPremium = async () =>
    (await test.api.get('users/me', { token: tokens.access_token })).body.is_premium;
  test.clock.advance({ seconds: 59 });
  expect([(await enter()).status, await isPremium()]).toEqual([200, true]);
  test.clock.advance({ seconds: 1 });
  expectProblem(await enter(), 403, 'premium_required');
  expect(await isPremium()).toBe(false);
});

it('may be asked for together with other things, of which the role is judged first', async () => {
  await alter(test, person, 'email_verified_at = NULL');
  expectProblem(await enter('lounge/guests'), 403, 'forbidden');
  expectProblem(await enter('lounge/letters'), 403, 'email_not_verified');
  await alter(test, person, 'email_verified_at = now()');
  expectProblem(await enter('lounge/letters'), 403, 'premium_required');
  await pay(inSeconds(60));
  expect((await enter('lounge/letters')).status).toBe(200);
  expectProblem(await enter('lounge/guests'), 403, 'forbidden');
});
