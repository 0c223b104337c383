import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/data-source';
import { cli, urlOf } from '../support/cli';
import { cliHere } from '../support/cli-here';
import { Inbox } from '../support/inbox';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { describeWithRedis } from '../support/redis';
import { TestRedis } from '../support/redis-server';
import { buildService, clean, freshEnvironment, postgresOf, Service } from '../support/service';
import { until } from '../support/until';

let environment: ReturnType<typeof freshEnvironment> & Record<string, string>;
beforeAll(buildService, 300_000);
beforeEach(() => {
  environment = { ...freshEnvironment() };
});
afterEach(() => clean(environment));

interface Finding {
  readonly level: string;
  readonly topic: string;
  readonly message: string;
  readonly fix?: string;
}

async function doctor(run = cliHere) {
  const { code, out, err } = await run(environment, ['doctor', '--json']);
  expect(err).toBe('');
  const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] };
  for (const { level, fix } of findings) expect(fix === undefined).toBe(level === 'ok');
  return {
    code,
    ok,
    out,
    of: (topic: string) =>
      findings
        .filter((finding) => finding.topic === topic)
        .map(({ level, message }) => `${level}: ${message}`),
    notWell: findings
      .filter(({ level }) => level !== 'ok')
      .map(({ level, topic }) => `${level} ${topic}`),
  };
}

describe('on the embedded database', () => {
  it('says a line on each topic, and what to do about what is not well', async () => {
    const { code, out, err } = await cli(environment, ['doctor']);
    expect([code, err]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    for (const topic of [
      'configuration',
      'secret key',
      'disk',
      'database',
      'clock',
      'queue',
      'mail',
    ])
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^ok {4}${topic} +\\S`)));
    const pending = lines.findIndex((line) => line.startsWith('warn  migrations'));
    expect(lines[pending + 1]).toMatch(/^ {10,}Run the command migrate/);
    expect(lines.at(-1)).toMatch(/^0 failed, 1 to look at, \d+ well$/);
    await until(() => postgresOf(environment.DATA_DIR).length === 0);
  });

  it('looks beside a running service', async () => {
    const service = await Service.listening(environment);
    expect(await doctor()).toMatchObject({ code: 0, ok: true, notWell: ['warn admin'] });
    expect((await service.api.get('health')).status).toBe(200);
  });
});

describe('a broken configuration', () => {
  it('is found, and does not keep the rest from being looked at', async () => {
    Object.assign(environment, {
      PORT: 'hunter1',
      RATE_LIMIT_LOGIN: 'often',
      SECRET_KEY: 'hunter2',
      SMTP_PORT: 'hunter3',
    });
    const { code, ok, of, out } = await doctor();
    expect([code, ok]).toEqual([1, false]);
    expect(of('configuration').map((line) => line.slice(0, 24))).toEqual([
      expect.stringContaining('fail: PORT:'),
      expect.stringContaining('fail: RATE_LIMIT_LOGIN:'),
      expect.stringContaining('fail: SMTP_PORT:'),
    ]);
    expect(of('secret key')).toEqual([expect.stringMatching(/^warn: .+production refuses it$/)]);
    expect(of('database')).toEqual([expect.stringMatching(/^ok: embedded Postgres/)]);
    expect(of('mail')).toEqual(['warn: not looked at, because SMTP_PORT is wrong']);
    expect(out).not.toContain('hunter');
  });

  it('starts no embedded database where production lacks its own', async () => {
    environment.NODE_ENV = 'production';
    const { code, of } = await doctor();
    expect(code).toBe(1);
    expect(of('database')).toEqual(['warn: not looked at, because DATABASE_URL is wrong']);
    expect(of('addresses')).toHaveLength(2);
    expect(postgresOf(environment.DATA_DIR)).toEqual([]);
  });

  it('may be a file that cannot be read', async () => {
    mkdirSync(join(environment.DATA_DIR, 'cwd', '.env'), { recursive: true });
    const { code, of } = await doctor(cli);
    expect([code, of('configuration')]).toEqual([
      1,
      [expect.stringMatching(/^fail: \.env cannot be read: /)],
    ]);
  });

  it('is read from .env as the service reads it', async () => {
    mkdirSync(join(environment.DATA_DIR, 'cwd'), { recursive: true });
    writeFileSync(join(environment.DATA_DIR, 'cwd', '.env'), 'PORT=never\n');
    environment.DATABASE_URL = 'postgres://gatehouse@127.0.0.1:1/nothing';
    expect((await doctor(cli)).of('configuration')).toEqual([expect.stringContaining('PORT')]);
  });
});

describe('on the database of DATABASE_URL', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeEach(async () => {
    database = await createTestDatabase();
    environment.DATABASE_URL = urlOf(database);
    dataSource = await new DataSource(dataSourceOptions(database.connection, 1)).initialize();
  });
  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('finds mails that are stuck, and that nobody is an admin', async () => {
    const insert = `INSERT INTO mail_outbox (id, kind, recipient, locale, "values", created_at, failed_at)
      VALUES (gen_random_uuid(), 'farewell', 'ada@example.com', 'en', '{}', $1, $2)`;
    const [long, now] = [new Date(Date.now() - 600_000), new Date()];
    await dataSource.query(insert, [long, now]);
    await dataSource.query(insert, [long, null]);
    await dataSource.query(insert, [now, null]);
    const { code, of, out } = await doctor();
    expect(code).toBe(0);
    expect(of('outbox')).toEqual([
      'warn: 1 mails were given up on',
      'warn: 1 mails are owed for more than five minutes',
    ]);
    expect(of('admin')).toEqual(['warn: there is none']);
    expect(out).not.toContain('ada@example.com');
  });

  describe('with access tokens signed by keys', () => {
    const DUE = /^ok: the next is due at \d{4}-\d\d-\d\dT[\d:.]+Z$/;
    beforeEach(async () => {
      environment.ACCESS_TOKEN_ALGORITHM = 'ES256';
      expect((await cliHere(environment, ['keys', 'rotate'])).code).toBe(0);
    });
    const age = (days: number) =>
      dataSource.query(`UPDATE signing_keys SET activates_at = activates_at - $1::interval`, [
        `${days} days`,
      ]);
    const another = { SECRET_KEY: 'another key than that with which they were made' };

    it('says that they open, and when the next is due', async () => {
      const { code, of } = await doctor();
      const well = 'ok: ACCESS_TOKEN_ALGORITHM is ES256; SECRET_KEY opens all that sign or will: 1';
      expect([code, of('signing keys')]).toEqual([0, [well, expect.stringMatching(DUE)]]);
      await cliHere(environment, ['keys', 'rotate']);
      expect((await doctor()).of('signing keys')[0]).toBe(well.replace(/1$/, '2'));
    });

    it('says when the next is due by SIGNING_KEY_ROTATION_DAYS, and if nobody makes it', async () => {
      environment.SIGNING_KEY_ROTATION_DAYS = '10';
      const [{ at }] = await dataSource.query(
        `SELECT activates_at + interval '10 days' - interval '10 minutes' AS at FROM signing_keys`,
      );
      expect((await doctor()).of('signing keys')[1]).toBe(
        `ok: the next is due at ${at.toISOString()}`,
      );
      await age(10);
      expect((await doctor()).of('signing keys')[1]).toMatch(DUE);
      await age(1);
      const { code, of } = await doctor();
      expect([code, of('signing keys')[1]]).toEqual([
        0,
        expect.stringMatching(/^warn: the next is due at .+, and nobody made it$/),
      ]);
      environment.SIGNING_KEY_ROTATION_DAYS = '0';
      expect((await doctor()).of('signing keys')[1]).toBe(
        'ok: SIGNING_KEY_ROTATION_DAYS is 0: the command keys rotate replaces them',
      );
    });

    it('finds one that SECRET_KEY does not open, and says what to do', async () => {
      Object.assign(environment, another);
      const { code, of, out } = await doctor();
      const [{ kid }] = await dataSource.query('SELECT kid FROM signing_keys');
      expect([code, of('signing keys')[0]]).toEqual([
        1,
        `fail: SECRET_KEY does not open ${kid}, which was made under another: the service will not start`,
      ]);
      expect(out).toContain('keys rotate --discard');
      expect((await cliHere(environment, ['keys', 'rotate', '--discard'])).code).toBe(0);
      expect((await doctor()).of('signing keys')[0]).toMatch(/^ok: .+: 1$/);
    });

    it('does not guess where there is no SECRET_KEY', async () => {
      environment.NODE_ENV = 'production';
      expect((await doctor()).of('signing keys')[0]).toBe(
        'warn: whether SECRET_KEY opens them cannot be told: there is none',
      );
    });

    it('says that nobody needs them with HS256, and that another algorithm begins anew', async () => {
      Object.assign(environment, another, { ACCESS_TOKEN_ALGORITHM: 'HS256' });
      expect((await doctor()).of('signing keys')).toEqual([
        'ok: ACCESS_TOKEN_ALGORITHM is HS256: SECRET_KEY signs, no key is published',
      ]);
      environment.ACCESS_TOKEN_ALGORITHM = 'RS256';
      expect((await doctor()).of('signing keys')[1]).toBe('ok: the next start makes one of RS256');
      await dataSource.query('DELETE FROM signing_keys');
      expect((await doctor()).of('signing keys')).toEqual([
        'ok: ACCESS_TOKEN_ALGORITHM is RS256; the first start makes a key',
      ]);
    });
  });

  it('finds a database that does not answer, without how we would sign in', async () => {
    environment.DATABASE_URL = 'postgres://gatehouse:hunter2@127.0.0.1:1/nothing';
    const { code, of, out } = await doctor();
    expect([code, of('database')]).toEqual([
      1,
      [expect.stringMatching(/^fail: The database does not answer \(ECONNREFUSED\)/)],
    ]);
    expect(out).not.toContain('hunter2');
  });

  it('finds a database that is not there', async () => {
    environment.DATABASE_URL = urlOf(database).replace(/\/t_\w+/, '/nothing');
    expect((await doctor()).of('database')).toEqual([
      expect.stringMatching(/^fail: The database refuses: database "nothing" does not exist/),
    ]);
  });

  it('signs in at the mail server and sends nothing', async () => {
    const inbox = await Inbox.open();
    Object.assign(environment, { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(inbox.port) });
    expect((await doctor()).of('mail')).toEqual([
      `ok: 127.0.0.1:${inbox.port} answers, without TLS`,
    ]);
    expect(inbox.mails).toEqual([]);
    await inbox.close();
    const { code, of } = await doctor();
    expect([code, of('mail')]).toEqual([1, [expect.stringMatching(/^fail: 127\.0\.0\.1:\d+: /)]]);
  });

  it('looks at the shape of a SendGrid key without asking SendGrid', async () => {
    environment.SENDGRID_API_KEY = 'hunter2';
    const { of, out } = await doctor();
    expect(of('mail')).toEqual(['warn: SENDGRID_API_KEY does not look like a key of SendGrid']);
    expect(out).not.toContain('hunter2');
    environment.SENDGRID_API_KEY = `SG.${'a'.repeat(22)}.${'b'.repeat(43)}`;
    expect((await doctor()).of('mail')).toEqual([expect.stringMatching(/^ok: .+--online asks/)]);
  });

  describeWithRedis('with the queue on Redis', () => {
    let redis: TestRedis;
    beforeEach(async () => {
      redis = await TestRedis.start();
      environment.REDIS_URL = redis.url;
    });
    afterEach(() => redis.stop());

    it('finds a Redis that keeps what it is given', async () => {
      expect((await doctor()).of('queue')).toEqual([
        expect.stringMatching(/^ok: Redis answers; it is version \d/),
        'ok: maxmemory-policy is noeviction',
      ]);
    });

    it('finds a Redis that may throw jobs away', async () => {
      await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      const { code, of } = await doctor();
      expect(code).toBe(1);
      expect(of('queue')[1]).toBe(
        'fail: maxmemory-policy is allkeys-lru: Redis may throw jobs away',
      );
    });

    it('finds a Redis that is gone, without how we would sign in', async () => {
      environment.REDIS_URL = 'redis://gatehouse:hunter2@127.0.0.1:1';
      const { code, of, out } = await doctor();
      expect([code, of('queue')]).toEqual([1, ['fail: Redis does not answer (ECONNREFUSED)']]);
      expect(out).not.toContain('hunter2');
    });
  });
});
