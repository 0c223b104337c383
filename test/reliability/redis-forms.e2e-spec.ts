import { checkRedis } from '../../src/cli/doctor/redis-check';
import { MailSweeper } from '../../src/mail/mail.sweeper';
import { signUp } from '../support/people';
import { expectProblem } from '../support/problems';
import { describeWithRedis } from '../support/redis';
import { startTestCluster, startTestSentinels, type TestSentinels } from '../support/redis-forms';
import { TestRedis } from '../support/redis-server';
import { startTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

interface Form {
  readonly url: string;
  stop(): Promise<void>;
}

/** All that the service needs to be allowed, as docs/operations.md has it. */
const ACL_USER =
  'gate on >hunter2 ~{gatehouse}:* ~gatehouse:* -@all +@read +@write +@connection +@scripting +@transaction +info';

/** But for that of Nest about several applications in one process, as there are here. */
const isComplaint = (line: string): boolean =>
  /"level":"(warn|error|fatal)"/.test(line) && !line.includes('DataSourceNameRegistry');

const withPassword = async (): Promise<Form> => {
  const redis = await TestRedis.start({ requirepass: 'p@ss/word' });
  return { url: redis.url.replace('//', '//:p%40ss%2Fword@'), stop: () => redis.stop() };
};

const withUser = async (): Promise<Form> => {
  const redis = await TestRedis.start({ user: [ACL_USER, 'default off'] });
  return { url: redis.url.replace('//', '//gate:hunter2@'), stop: () => redis.stop() };
};

const clusterWithUser = async (): Promise<Form> => {
  const cluster = await startTestCluster();
  const rights = [...ACL_USER.split(' '), '+cluster|info', '+cluster|slots'];
  for (const node of cluster.nodes) await node.command('ACL', 'SETUSER', ...rights);
  return { url: cluster.url.replace('//', '//gate:hunter2@'), stop: () => cluster.stop() };
};

const inDatabase = async (): Promise<Form> => {
  const redis = await TestRedis.start();
  return { url: `${redis.url}/7`, stop: () => redis.stop() };
};

describeWithRedis.each([
  ['a single server, in a database of its own', inDatabase, /^ok: Redis answers; it is version/],
  ['a server with a password', withPassword, /^ok: Redis answers; it is version/],
  ['a server with a user of limited rights', withUser, /^ok: Redis answers; it is version/],
  ['a Cluster, as a user of limited rights', clusterWithUser, /a Cluster of 3$/],
  ['a master with sentinels', startTestSentinels, /^ok: Redis answers; it is version/],
] as const)('on %s', (_, startForm, said) => {
  let form: Form;
  let apps: readonly [TestApp, TestApp, TestApp];
  beforeAll(async () => {
    form = await startForm();
    const start = (prefix: string) =>
      startTestApp({
        env: {
          REDIS_URL: form.url,
          REDIS_PREFIX: prefix,
          RATE_LIMIT_ENABLED: 'true',
          RATE_LIMIT_REGISTER: '1000/1h',
        },
      });
    apps = [await start('gatehouse'), await start('gatehouse'), await start('gatehouse:other')];
  });
  afterAll(async () => {
    await Promise.all(apps.map((test) => test.close()));
    await form.stop();
  });

  const login = (test: TestApp, username: string) =>
    test.api.post('auth/login', { username, password: 'wrong password' });

  it('a mail goes through the queue, and the queue is well', async () => {
    const [test] = apps;
    const person = await signUp(test);
    await test.inbox.waitFor(person.email, /confirm/i);
    await test.mailsSettled();
    expect(test.inbox.of(person.email)).toHaveLength(1);
    expect((await test.api.get('health')).body.checks).toEqual({ database: 'up', queue: 'up' });
    expect(test.logs.filter(isComplaint)).toEqual([]);
  });

  it('limits are counted together by all processes of one Gatehouse, and of no other', async () => {
    const [first, second, other] = apps;
    for (const test of [first, second, first, second, first])
      expectProblem(await login(test, 'nobody'), 401, 'invalid_credentials');
    for (const test of [first, second])
      expectProblem(await login(test, 'nobody'), 429, 'rate_limited');
    expectProblem(await login(other, 'nobody'), 401, 'invalid_credentials');
  });

  it('doctor finds that it is well', async () => {
    const findings = await checkRedis(apps[0].config.redis!);
    expect(findings.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      expect.stringMatching(said),
      'ok: maxmemory-policy is noeviction',
    ]);
  });
});

describeWithRedis('when sentinels promote the replica', () => {
  let sentinels: TestSentinels;
  let test: TestApp;
  beforeAll(async () => {
    sentinels = await startTestSentinels();
    test = await startTestApp({ env: { REDIS_URL: sentinels.url, RATE_LIMIT_ENABLED: 'true' } });
  });
  afterAll(async () => {
    await test.close();
    await sentinels.stop();
  });

  it.each([
    ['because the master has died', () => sentinels.master.stop()],
    // By now it is the other way round.
    ['because the master hangs', async () => sentinels.replica.hang()],
  ])('queue and limits go on there, %s', async (_, harm) => {
    const person = await signUp(test);
    await harm();
    const owed = await signUp(test);
    await until(async () => (await test.api.get('health/queue')).status === 200);
    test.clock.advance({ seconds: 31 });
    await until(async () => {
      await test.app
        .get(MailSweeper)
        .sweep()
        .catch(() => 0);
      return test.inbox.of(owed.email).length > 0;
    });
    await test.mailsSettled();
    for (const { email } of [person, owed]) expect(test.inbox.of(email)).toHaveLength(1);
    for (let n = 0; n < 5; n++)
      await test.api.post('auth/login', { username: owed.email, password: 'wrong password' });
    const refused = await test.api.post('auth/login', { username: owed.email, password: 'x' });
    expectProblem(refused, 429, 'rate_limited');
    await sentinels.recover();
  });
});
