import { PASSWORD, signUpVerified } from '../support/people';
import { expectProblem } from '../support/problems';
import { describeWithRedis } from '../support/redis';
import { TestRedis } from '../support/redis-server';
import { startTestApp, type TestApp } from '../support/test-app';

describeWithRedis('limits whose Redis is gone', () => {
  let redis: TestRedis;
  let test: TestApp;
  beforeAll(async () => {
    redis = await TestRedis.start();
    test = await startTestApp({
      env: { RATE_LIMIT_ENABLED: 'true', REDIS_URL: redis.url, RATE_LIMIT_REQUESTS: '20/60s' },
    });
    await signUpVerified(test, 'ada');
    await redis.stop();
  });
  afterAll(() => test.close());

  const login = (username: string, password = PASSWORD) =>
    test.api.post('auth/login', { username, password });

  it('sign-in goes on for as many as the limit allows here, and then fails closed', async () => {
    for (let n = 0; n < 5; n++) expect((await login('ada')).status).toBe(200);
    const refused = await login('ada');
    expectProblem(refused, 503, 'dependency_down');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expectProblem(await login('grace', 'wrong password'), 401, 'invalid_credentials');
  });

  it('sign-up and mails go on', async () => {
    const email = 'many@example.com';
    for (let n = 0; n < 4; n++)
      expect((await test.api.post('auth/password/reset/request', { email })).status).toBe(200);
    const person = { username: 'joan', email: 'joan@example.com', password: PASSWORD };
    expect((await test.api.post('auth/register', person)).status).toBe(201);
  });

  it('requests are still counted in the process', async () => {
    const statuses = [];
    for (let n = 0; n < 25; n++) statuses.push((await test.api.get('/nowhere')).status);
    expect(statuses).toContain(429);
  });

  it('each is counted for the alarm, and logged now and then', async () => {
    const { text } = await test.api.get('/metrics');
    const counted = (limit: string, decision: string) =>
      Number(
        new RegExp(
          `gatehouse_limit_store_errors_total\\{limit="${limit}",decision="${decision}"\\} (\\d+)`,
        ).exec(text)?.[1] ?? 0,
      );
    expect(counted('login', 'memory')).toBeGreaterThanOrEqual(5);
    expect(counted('login', 'refused')).toBe(1);
    expect(counted('mail', 'open')).toBe(4);
    expect(counted('register', 'open')).toBe(1);
    const lines = test.logs.filter((line) => line.includes('rate limits cannot be counted'));
    expect(lines).toHaveLength(1);
  });
});
