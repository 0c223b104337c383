import { urlOf } from '../support/cli';
import { Inbox } from '../support/inbox';
import { PASSWORD } from '../support/people';
import { describeWithPgBouncer, TestPgBouncer } from '../support/pgbouncer';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { buildService, clean, freshEnvironment, Service } from '../support/service';

const SECRET_KEY = 'Zm9yIHRoZSBwcm9jZXNzIHRlc3RzIGFuZCBub3RoaW5nIGVsc2U';

let environment: ReturnType<typeof freshEnvironment> & Record<string, string>;
beforeAll(buildService, 300_000);
beforeEach(() => {
  environment = { ...freshEnvironment() };
});
afterEach(() => clean(environment));

/** Everything that a process said which could not start, and the names of what it complained of. */
async function refusal(env: Readonly<Record<string, string>>) {
  const service = new Service({ ...environment, ...env });
  expect(await service.exited).toBe(1);
  const [first, ...problems] = service.errors.trimEnd().split('\n');
  expect(first).toBe('Gatehouse cannot start.');
  for (const problem of problems) expect(problem).toMatch(/^ {2}[A-Z][A-Z_]+: \S/);
  const names = problems.map((problem) => problem.trim().split(':', 1)[0]!);
  return { said: service.errors + service.logs.join('\n'), names: names.toSorted() };
}

describe('a wrong configuration', () => {
  it('stops the process with one line for each problem, and no value', async () => {
    const { said, names } = await refusal({
      PORT: '80000',
      TRUST_PROXY: 'everybody',
      DATABASE_URL: 'mysql://root:hunter2@db/app',
      REFRESH_REUSE_GRACE_SECONDS: '-1',
      SMTP_HOST: 'mail.example.com',
      SENDGRID_API_KEY: 'SG.hunter3',
      SMTP_PASSWORD: 'hunter4',
      BOOTSTRAP_ADMIN_PASSWORD: 'hunter5',
      RATE_LIMIT_LOGIN: 'often',
    });

    expect(names).toEqual([
      'BOOTSTRAP_ADMIN_EMAIL',
      'BOOTSTRAP_ADMIN_PASSWORD',
      'BOOTSTRAP_ADMIN_USERNAME',
      'DATABASE_URL',
      'PORT',
      'RATE_LIMIT_LOGIN',
      'REFRESH_REUSE_GRACE_SECONDS',
      'SENDGRID_API_KEY',
      'SMTP_PASSWORD',
      'TRUST_PROXY',
    ]);
    expect(said).not.toMatch(/hunter|SG\.|80000|everybody|often/);
  });

  it('is told of in production with all that production needs', async () => {
    const { names } = await refusal({ NODE_ENV: 'production' });
    expect(names).toEqual(['DATABASE_URL', 'FROM_EMAIL', 'SECRET_KEY', 'SMTP_HOST']);
  });

  it.each([
    'TEST',
    'x'.repeat(64),
    'your-secret-key-change-it-in-production',
    '0'.repeat(31) + '1',
  ])('is SECRET_KEY=%s in production', async (key) => {
    const { said, names } = await refusal({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://nobody@localhost/nothing',
      SMTP_HOST: 'localhost',
      FROM_EMAIL: 'no-reply@example.com',
      SECRET_KEY: key,
    });
    expect(names).toEqual(['SECRET_KEY']);
    expect(said).not.toContain(key);
  });
});

describe('production', () => {
  let database: TestDatabase;
  let inbox: Inbox;
  beforeEach(async () => {
    [database, inbox] = await Promise.all([createTestDatabase({ migrated: false }), Inbox.open()]);
    const { host, user, database: name } = database.connection.options;
    Object.assign(environment, {
      NODE_ENV: 'production',
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host!)}`,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(inbox.port),
      FROM_EMAIL: 'no-reply@example.com',
      SECRET_KEY,
    });
  });
  afterEach(() => Promise.all([inbox.close(), database.drop()]));

  it('runs on the database that DATABASE_URL names, and mails by SMTP', async () => {
    const service = await Service.listening(environment);
    expect((await service.api.get('health')).status).toBe(200);
    const ada = { username: 'ada', email: 'ada@example.com', password: PASSWORD };
    expect((await service.api.post('auth/register', ada)).status).toBe(201);
    expect((await inbox.waitFor(ada.email, /confirm/i)).text).toContain('token=eyJ');

    const said = service.logs.join('\n') + service.errors;
    expect(service.errors).toBe('');
    expect(said).not.toContain(SECRET_KEY);
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('has no mailbox', async () => {
    const service = await Service.listening(environment);
    for (const path of ['/dev/mailbox', '/dev/mailbox/messages'])
      expect((await service.api.get(path)).status).toBe(404);
    await service.end('SIGTERM');
  });

  it('is migrated once by four processes that start at once', async () => {
    const services = await Promise.all([1, 2, 3, 4].map(() => Service.listening(environment)));
    const healths = await Promise.all(services.map(({ api }) => api.get('health')));
    expect(healths.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await Promise.all(services.map((service) => service.end('SIGTERM')));
  });

  describeWithPgBouncer('through a PgBouncer', () => {
    let pgbouncer: TestPgBouncer;
    beforeEach(async () => {
      pgbouncer = await TestPgBouncer.start();
      environment.DATABASE_URL = pgbouncer.urlOf(database.connection.options);
    });
    afterEach(() => pgbouncer.stop());

    it('says that it has to be told of it', async () => {
      const { names } = await refusal({});
      expect(names).toEqual(['DATABASE_PGBOUNCER']);
    });

    it('runs, with the queue past it', async () => {
      environment.DATABASE_PGBOUNCER = 'true';
      environment.DATABASE_DIRECT_URL = urlOf(database);
      const service = await Service.listening(environment);
      const ada = { username: 'ada', email: 'ada@example.com', password: PASSWORD };
      expect((await service.api.post('auth/register', ada)).status).toBe(201);
      await inbox.waitFor(ada.email, /confirm/i);
      expect(await service.end('SIGTERM')).toBe(0);
    });
  });

  it('says why it cannot start without its database, and not how it would have signed in', async () => {
    const service = new Service({
      ...environment,
      DATABASE_URL: 'postgres://gatehouse:hunter2@127.0.0.1:1/nothing',
    });
    expect(await service.exited).toBe(1);
    expect(service.errors).toMatch(/^Gatehouse cannot start\.\n.*ECONNREFUSED/);
    expect(service.errors).not.toContain('hunter2');
  });
});
