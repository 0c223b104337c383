import { MailSweeper } from '../../src/mail/mail.sweeper';
import { RetentionService } from '../../src/retention/retention.service';
import type { DatabaseConnection } from '../../src/database/database-connection';
import { type Person, signUp, sixteen } from '../support/people';
import { describeWithRedis } from '../support/redis';
import { TestRedis } from '../support/redis-server';
import { startTestApp, type TestApp } from '../support/test-app';

let apis: readonly TestApp[];
let workers: readonly TestApp[];

/** Two processes that answer and three that work, on one database, one queue and one mail server. */
async function startAll(env: Readonly<Record<string, string>>): Promise<void> {
  let shared: DatabaseConnection | undefined;
  const start = (role: string, more: Readonly<Record<string, string>> = {}): Promise<TestApp> =>
    startTestApp({
      env: { ...env, REDIS_PREFIX: 'several', PROCESS_ROLE: role, ...more },
      connect: (own) => (shared ??= own),
    });
  const first = await start('api');
  const mailServer = { SMTP_PORT: String(first.inbox.port) };
  apis = [first, await start('api', mailServer)];
  workers = await Promise.all([1, 2, 3].map(() => start('worker', mailServer)));
}

/** The one whose database it is last. */
async function stopAll(): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close()));
  for (const api of apis.toReversed()) await api.close();
}

const linesOf = (test: TestApp, message: string): Record<string, unknown>[] =>
  test.logs
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** However many sweep at once, and whatever the queue does. */
async function sendsEachMailOnce(): Promise<void> {
  const [inbox, people] = [apis[0]!.inbox, [] as Person[]];
  for (let round = 0; round < 3; round++) {
    people.push(...(await sixteen((n) => signUp(apis[n % 2]!))));
    await Promise.all(workers.map((worker) => worker.app.get(MailSweeper).sweep(0)));
  }
  await apis[0]!.mailsSettled();
  for (const { email } of people) expect(inbox.of(email)).toHaveLength(1);
  const sent = [...apis, ...workers].map((test) => linesOf(test, 'mail sent').length);
  expect(sent.slice(0, 2)).toEqual([0, 0]);
  expect(sent.reduce((sum, count) => sum + count)).toBe(people.length);
}

describe('several processes with the queue on Postgres', () => {
  beforeAll(() => startAll({ REDIS_URL: '' }));
  afterAll(stopAll);

  it('send each mail once', sendsEachMailOnce);

  it('forget each old row once', async () => {
    await apis[0]!.query(
      `INSERT INTO oauth_spent_flows (id, expires_at)
       SELECT gen_random_uuid(), '2020-01-01Z' FROM generate_series(1, 2500)`,
    );
    await Promise.all(workers.map((worker) => worker.app.get(RetentionService).run()));
    const [{ left }] = await apis[0]!.query('SELECT count(*)::int AS left FROM oauth_spent_flows');
    const lines = workers.flatMap((worker) => linesOf(worker, 'old rows forgotten'));
    const forgotten = lines.filter(({ kind }) => kind === 'oauth_spent_flows');
    expect(left).toBe(0);
    expect(forgotten.reduce((sum, { rows }) => sum + (rows as number), 0)).toBe(2500);
  });
});

describeWithRedis('several processes with the queue on Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start();
    await startAll({ REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await stopAll();
    await redis.stop();
  });

  it('send each mail once', sendsEachMailOnce);
});
