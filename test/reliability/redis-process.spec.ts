import { cli, urlOf } from '../support/cli';
import { PASSWORD } from '../support/people';
import { describeWithRedis } from '../support/redis';
import { makeCertificate, type TestCertificate } from '../support/redis-forms';
import { freePort } from '../support/ports';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { TestRedis } from '../support/redis-server';
import { buildService, clean, freshEnvironment, Service } from '../support/service';
import { until } from '../support/until';

let environment: ReturnType<typeof freshEnvironment> & Record<string, string>;
let database: TestDatabase;
beforeAll(buildService, 300_000);
beforeEach(async () => {
  database = await createTestDatabase();
  environment = { ...freshEnvironment(), DATABASE_URL: urlOf(database) };
});
afterEach(async () => {
  await clean(environment);
  await database.drop();
});

const ada = { username: 'ada', email: 'ada@example.com', password: PASSWORD };

const doctorOnQueue = async (env: Readonly<Record<string, string>>): Promise<string[]> => {
  const { out } = await cli({ ...environment, ...env }, ['doctor', '--json']);
  const { findings } = JSON.parse(out) as {
    findings: { level: string; topic: string; message: string }[];
  };
  return findings
    .filter(({ topic }) => topic === 'queue')
    .map(({ level, message }) => `${level}: ${message}`);
};

describeWithRedis('a process', () => {
  it.each(['api', 'worker'])(
    '(%s) does not start on a Redis that may throw jobs away',
    async (role) => {
      const redis = await TestRedis.start({ 'maxmemory-policy': 'allkeys-lru' });
      const service = new Service({ ...environment, PROCESS_ROLE: role, REDIS_URL: redis.url });
      expect(await service.exited).toBe(1);
      expect(service.errors).toMatch(
        /^Gatehouse cannot start\.\n {2}REDIS_URL: maxmemory-policy is allkeys-lru.*\n$/,
      );
      await redis.stop();
    },
  );

  it('starts without its Redis, stops without it, and works when it has come', async () => {
    const port = await freePort();
    const env = { ...environment, REDIS_URL: `redis://127.0.0.1:${port}` };
    const alone = await Service.listening(env);
    expect(alone.logs.join('\n')).toContain('"msg":"Redis does not answer"');
    expect((await alone.api.get('health/ready')).status).toBe(200);
    expect((await alone.api.get('health/queue')).status).toBe(503);
    expect((await alone.api.post('auth/register', ada)).status).toBe(201);
    expect(await alone.end('SIGTERM')).toBe(0);

    const redis = await TestRedis.start({ port: String(port) });
    const service = await Service.listening(env);
    await service.logged('mail sent');
    redis.hang();
    expect(await service.end('SIGTERM')).toBe(0);
    await redis.stop();
  });
});

describeWithRedis('a Redis with a certificate of an authority of our own', () => {
  let certificate: TestCertificate;
  let redis: TestRedis;
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    certificate = makeCertificate();
    const port = await freePort();
    const tls = { ...certificate.directives, port: '0', 'tls-port': String(port) };
    redis = await TestRedis.start({ ...tls, requirepass: 'hunter2' });
    env = { REDIS_URL: `rediss://:hunter2@127.0.0.1:${port}` };
  });
  afterEach(async () => {
    await redis.stop();
    certificate.remove();
  });

  it('is trusted with NODE_EXTRA_CA_CERTS, and then sends mails', async () => {
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: certificate.authority };
    const service = await Service.listening({ ...environment, ...trusting });
    expect((await service.api.get('health')).status).toBe(200);
    await service.api.post('auth/register', ada);
    await service.logged('mail sent');
    expect(await doctorOnQueue(trusting)).toEqual([
      expect.stringMatching(/^ok: Redis answers/),
      'ok: maxmemory-policy is noeviction',
    ]);
    await service.end('SIGTERM');
  });

  it('is not trusted without, which is said and keeps nobody from signing in', async () => {
    const service = await Service.listening({ ...environment, ...env });
    const line = await until(() =>
      service.logs.find((log) => log.includes('"msg":"Redis does not answer"')),
    );
    expect(JSON.parse(line)).toMatchObject({ reason: 'SELF_SIGNED_CERT_IN_CHAIN' });
    expect((await service.api.get('health/queue')).status).toBe(503);
    expect((await service.api.post('auth/register', ada)).status).toBe(201);
    const login = { username: 'ada', password: PASSWORD };
    expect((await service.api.post('auth/login', login)).body.code).toBe('email_not_verified');
    expect(await doctorOnQueue(env)).toEqual([
      'fail: Redis does not answer (SELF_SIGNED_CERT_IN_CHAIN)',
    ]);
    expect(service.logs.join('\n') + service.errors).not.toContain('hunter2');
    await service.end('SIGTERM');
  });
});
