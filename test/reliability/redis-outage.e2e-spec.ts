import { MailSweeper } from '../../src/mail/mail.sweeper';
import { PASSWORD, type Person, signIn, signUp, signUpVerified } from '../support/people';
import { expectProblem } from '../support/problems';
import { describeWithRedis } from '../support/redis';
import { TestRedis } from '../support/redis-server';
import { startTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

let redis: TestRedis;
let test: TestApp;

const start = () =>
  startTestApp({ env: { REDIS_URL: redis.url, RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '1' } });

const login = ({ username }: Person, password: string) =>
  test.api.post('auth/login', { username, password });

/** Sweeps as the timer would, until every mail that is owed is sent. */
async function mailsArrive(...people: readonly Person[]): Promise<void> {
  // Once, or a mail that is being sent would seem to be abandoned.
  test.clock.advance({ seconds: 31 });
  await until(async () => {
    await test.app
      .get(MailSweeper)
      .sweep()
      .catch(() => 0);
    return people.every(({ email }) => test.inbox.of(email).length > 0);
  });
  await test.mailsSettled();
  for (const { email } of people) expect(test.inbox.of(email)).toHaveLength(1);
}

const queueIsWell = () => until(async () => (await test.api.get('health/queue')).status === 200);

/** What goes on without Redis: all of it, but for mails, which are owed. */
async function goesOnWithout(person: Person): Promise<Person> {
  expect((await test.api.get('health/ready')).body).toEqual({
    status: 'ok',
    checks: { database: 'up' },
  });
  expectProblem(await test.api.get('health'), 503, 'dependency_down');
  expectProblem(await test.api.get('health/queue'), 503, 'dependency_down');
  const owed = await signUp(test);
  const { refresh_token } = await signIn(test, person);
  expect((await test.api.post('auth/refresh', { refresh_token })).status).toBe(200);
  // The one before was the first of five; each process allows as many, and then none.
  for (let n = 0; n < 4; n++) expect((await login(person, 'wrong password')).status).toBe(401);
  expectProblem(await login(person, PASSWORD), 503, 'dependency_down');
  // Its job was not kept for later: of many there would be no end.
  await until(() => test.logs.some((line) => line.includes('mail left to the sweeper')));
  expect(test.inbox.of(owed.email)).toEqual([]);
  return owed;
}

/** Counted where all processes see it, and by their rules. */
async function limitsAreWell(person: Person): Promise<void> {
  for (let n = 0; n < 5; n++) await login(person, 'wrong password');
  expectProblem(await login(person, PASSWORD), 429, 'rate_limited');
}

describeWithRedis('a Redis that', () => {
  beforeEach(async () => {
    redis = await TestRedis.start();
  });
  afterEach(async () => {
    redis.wake();
    await test.close();
    await redis.stop();
  });

  it('dies and comes back with nothing has taken no mail with it', async () => {
    test = await start();
    const person = await signUpVerified(test);
    await redis.stop();
    const owed = await goesOnWithout(person);
    await redis.start();
    await queueIsWell();
    await mailsArrive(person, owed, await signUp(test));
    await limitsAreWell(owed);
  });

  it('hangs holds nobody up, and goes on where it was', async () => {
    test = await start();
    const person = await signUpVerified(test);
    redis.hang();
    const owed = await goesOnWithout(person);
    redis.wake();
    await queueIsWell();
    await mailsArrive(person, owed, await signUp(test));
    await limitsAreWell(owed);
  });

  it('is not there at the start is found when it comes', async () => {
    await redis.stop();
    test = await start();
    // Nobody could be mailed yet, so nobody could be verified.
    const person = await signUp(test);
    expectProblem(await test.api.get('health/queue'), 503, 'dependency_down');
    expect((await test.api.get('health/ready')).status).toBe(200);
    await redis.start();
    await queueIsWell();
    await mailsArrive(person, await signUp(test));
    await limitsAreWell(person);
  });

  it('comes back as one that throws jobs away is told of in the log', async () => {
    test = await start();
    await redis.stop();
    await redis.start();
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await until(() =>
      test.logs.some((line) => line.includes('REDIS_URL: maxmemory-policy is allkeys-lru')),
    );
  });

  it('is flushed in the middle has taken no mail with it', async () => {
    test = await start();
    test.inbox.refusals = 1;
    const people = [await signUp(test), await signUp(test)];
    await redis.command('FLUSHALL');
    await mailsArrive(...people);
  });
});
