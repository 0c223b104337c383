import { MailSweeper } from '../../src/mail/mail.sweeper';
import { signUp } from '../support/people';
import { describeWithRedis } from '../support/redis';
import { TestRedis } from '../support/redis-server';
import { startTestApp, type TestApp } from '../support/test-app';

describeWithRedis('the mail queue on Redis', () => {
  let redis: TestRedis;
  let test: TestApp;
  beforeAll(async () => {
    redis = await TestRedis.start();
    test = await startTestApp({ env: { REDIS_URL: redis.url } });
  });
  afterAll(async () => {
    await test.close();
    await redis.stop();
  });

  it('sends what is owed, and answers its health check', async () => {
    const person = await signUp(test);
    await test.inbox.waitFor(person.email, /confirm/i);
    expect((await test.api.get('health/queue')).status).toBe(200);
  });

  it('tries again after the mail server refused', async () => {
    test.inbox.refusals = 1;
    const person = await signUp(test);
    await test.inbox.waitFor(person.email, /confirm/i);
    await test.mailsSettled();
    expect(test.inbox.of(person.email)).toHaveLength(1);
  });

  it('loses no mail when Redis loses all its data', async () => {
    test.inbox.refusals = 1;
    const person = await signUp(test);
    await redis.command('FLUSHALL');
    test.clock.advance({ minutes: 2 });
    await test.app.get(MailSweeper).sweep();
    await test.inbox.waitFor(person.email, /confirm/i);
    await test.mailsSettled();
    expect(test.inbox.of(person.email)).toHaveLength(1);
  });
});
