import { Client } from 'pg';
import { checkServer } from '../../src/cli/doctor/database-check';
import { checkDirect } from '../../src/cli/doctor/other-addresses-check';
import { SystemClock } from '../../src/common/time/clock';
import { inspectConfig } from '../../src/config/env';
import { dataSourceOptions } from '../../src/data-source';
import type { DatabaseConnection } from '../../src/database/database-connection';
import { migrate } from '../../src/database/migrate';
import { pendingMigrations } from '../../src/database/pending-migrations';
import { PASSWORD, signedInAs, signIn, signUpVerified, sixteen, tally } from '../support/people';
import { describeWithPgBouncer, TestPgBouncer } from '../support/pgbouncer';
import { createTestDatabase } from '../support/postgres';
import { describeWithRedis } from '../support/redis';
import { TestRedis } from '../support/redis-server';
import { startTestApp, type TestApp } from '../support/test-app';

let pgbouncer: TestPgBouncer;

const through = ({ options }: DatabaseConnection): DatabaseConnection => ({
  options: pgbouncer.to(options),
  isPooled: true,
});

/** The queue on Postgres listens, which it cannot do through PgBouncer. */
const throughAndPast = ({ options }: DatabaseConnection): DatabaseConnection => ({
  options: pgbouncer.to(options),
  isPooled: true,
  direct: options,
});

/** What a service does all day, sixteen at a time. */
async function works(test: TestApp): Promise<void> {
  const { api } = test;
  const sameName = await sixteen((n) =>
    api.post('auth/register', {
      username: 'everybody',
      email: `somebody${n}@example.com`,
      password: PASSWORD,
    }),
  );
  expect(tally(sameName)).toEqual({ 201: 1, 409: 15 });
  const people = await sixteen(() => signUpVerified(test));
  const sessions = await sixteen((n) => signIn(test, people[n]!));
  for (let round = 0; round < 3; round++) {
    const mes = await sixteen((n) => api.get('auth/me', { token: sessions[n]!.access_token }));
    expect(mes.map(({ body }) => body.username)).toEqual(people.map(({ username }) => username));
  }
  const refreshed = await sixteen(() =>
    api.post('auth/refresh', { refresh_token: sessions[0]!.refresh_token }),
  );
  expect(tally(refreshed)).toEqual({ 200: 16 });
  expect(new Set(refreshed.map(({ body }) => body.refresh_token)).size).toBe(1);
  const { tokens } = await signedInAs(test, 'admin');
  const listed = await api.get('users?q=person&limit=5', { token: tokens.access_token });
  expect([listed.status, listed.body.length]).toEqual([200, 5]);
  const guesses = await sixteen(() =>
    api.post('auth/login', { username: 'nobody', password: 'wrong password' }),
  );
  expect(tally(guesses)).toEqual({ 401: 5, 429: 11 });
  await test.mailsSettled();
  for (const { email } of people) expect(test.inbox.of(email)).toHaveLength(1);
  const complaints = test.logs.filter((line) => /"level":"(warn|error|fatal)"/.test(line));
  expect(complaints).toEqual([]);
}

const LIMITS = {
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_REGISTER: '1000/1h',
  RATE_LIMIT_REQUESTS: '10000/60s',
};

describeWithPgBouncer('behind a PgBouncer in transaction mode', () => {
  beforeAll(async () => {
    pgbouncer = await TestPgBouncer.start();
  });
  afterAll(() => pgbouncer.stop());

  it('all works, with the queue past it', async () => {
    const env = { ...LIMITS, REDIS_URL: '' };
    const test = await startTestApp({ env, connect: throughAndPast });
    await works(test);
    await test.close();
  });

  describeWithRedis('and with a Redis', () => {
    it('all works, and nothing goes past it', async () => {
      const redis = await TestRedis.start();
      const env = { ...LIMITS, REDIS_URL: redis.url };
      const test = await startTestApp({ env, connect: through });
      await works(test);
      const [{ past }] = await test.query(
        `SELECT count(*)::int AS past FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      expect(past).toBeLessThanOrEqual(2);
      await test.close();
      await redis.stop();
    });
  });

  it('an empty database is migrated once by eight processes that start at once', async () => {
    const database = await createTestDatabase({ migrated: false });
    const connection = through(database.connection);
    const options = dataSourceOptions(connection, 1);
    await Promise.all(Array.from({ length: 8 }, () => migrate(connection, options)));
    const client = new Client(connection.options);
    await client.connect();
    expect(await pendingMigrations(client, options)).toEqual([]);
    const { rows } = await client.query('SELECT name FROM migrations');
    expect(rows).toHaveLength((options.migrations as unknown[]).length);
    await client.end();
    await database.drop();
  });

  it('doctor finds that nobody was told of it, and a way past it that is none', async () => {
    const database = await createTestDatabase();
    const find = async ({ options }: DatabaseConnection, isPooled: boolean) => {
      const client = new Client(options);
      await client.connect();
      const { config } = inspectConfig({
        DATABASE_URL: 'postgres://anywhere',
        DATABASE_PGBOUNCER: String(isPooled),
      });
      const findings = await checkServer(client, config, new SystemClock(), 'Postgres');
      await client.end();
      return findings.filter(({ topic }) => topic === 'pooler').map(({ level }) => level);
    };
    expect(await find(database.connection, false)).toEqual([]);
    expect(await find(through(database.connection), true)).toEqual([]);
    expect(await find(through(database.connection), false)).toEqual(['fail']);
    for (const [{ options }, level] of [
      [database.connection, 'ok'],
      [through(database.connection), 'fail'],
      [{ options: { host: '127.0.0.1', port: 1 } }, 'fail'],
    ] as const)
      expect(await checkDirect(options)).toEqual([
        expect.objectContaining({ topic: 'direct', level }),
      ]);
    await database.drop();
  });
});
