import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/data-source';
import { cli, cliOnTerminal, describeWithTerminal, urlOf } from '../support/cli';
import { cliHere } from '../support/cli-here';
import { PASSWORD } from '../support/people';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { buildService, clean, freshEnvironment, postgresOf, Service } from '../support/service';
import { until } from '../support/until';

const CREATE = ['create-admin', '--username', 'Ada', '--email', 'Ada@Example.com'];

let environment: ReturnType<typeof freshEnvironment> & Record<string, string>;
beforeAll(buildService, 300_000);
beforeEach(() => {
  environment = { ...freshEnvironment(), ARGON2_MEMORY_KIB: '1024' };
});
afterEach(() => clean(environment));

const createAda = (run = cliHere, ...more: string[]) =>
  run(environment, [...CREATE, '--password-stdin', ...more], `${PASSWORD}\n`);

const login = ({ api }: Service, username: string, password = PASSWORD) =>
  api.post('auth/login', { username, password });

/** One line on stderr, nothing on stdout. */
function expectRefusal(result: Awaited<ReturnType<typeof cli>>, line: string | RegExp): void {
  expect(result).toEqual({ code: 1, out: '', err: expect.any(String) });
  expect(result.err).toMatch(/^[^\n]+\n$/);
  expect(result.err.trim()).toMatch(line);
}

describe('usage', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['doctor', '--fix']],
    ['a missing option', ['create-admin', '--username', 'ada']],
    ['a missing argument', ['disable']],
    ['an argument too many', ['disable', 'ada', 'bob']],
    ['an unknown role', ['set-role', 'ada', 'boss']],
  ])('is wrong with %s: exit code 2, nothing on stdout', async (_, args) => {
    const { code, out, err } = await cli(environment, args);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });

  it('is told on request, with exit code 0', async () => {
    const { code, out } = await cli(environment, ['--help']);
    expect(code).toBe(0);
    for (const command of ['migrate', 'create-admin', 'set-role', 'doctor', 'import-users'])
      expect(out).toContain(command);
  });
});

describe('on the embedded database', () => {
  it('starts it where nobody runs it, migrates it, and stops it again', async () => {
    const { code, out, err } = await createAda(cli);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Ada is an admin now, with the id [0-9a-f-]{36}\.\n$/);
    await until(() => postgresOf(environment.DATA_DIR).length === 0);

    const service = await Service.listening(environment);
    const { access_token } = (await login(service, 'ada')).body;
    const { body } = await service.api.get('users/me', { token: access_token });
    expect(body).toMatchObject({
      username: 'Ada',
      email: 'ada@example.com',
      role: 'admin',
      is_verified: true,
    });
  });

  it('ends, beside a service, all sessions of whoever gets another role or is disabled', async () => {
    const service = await Service.listening({
      ...environment,
      LOGIN_REQUIRES_VERIFIED_EMAIL: 'false',
    });
    expect((await createAda(cli)).code).toBe(0);
    expect((await login(service, 'ada@example.com')).status).toBe(200);
    const bob = { username: 'bob', email: 'bob@example.com', password: PASSWORD };
    const { id } = (await service.api.post('auth/register', bob)).body;
    const signIn = async (): Promise<string> => (await login(service, 'bob')).body.access_token;
    const statusOf = async (token: string) => (await service.api.get('users/me', { token })).status;

    const first = await signIn();
    const promoted = await cli(environment, ['set-role', 'BOB@example.com', 'admin']);
    expect(promoted.out).toBe('bob is admin now. All their sessions have ended.\n');
    expect(await statusOf(first)).toBe(401);
    const second = await signIn();
    const disabled = await cli(environment, ['disable', id]);
    expect(disabled.out).toBe('bob is disabled. All their sessions have ended.\n');
    expect(await statusOf(second)).toBe(401);
    expect((await login(service, 'bob')).body.code).toBe('account_disabled');
    const enabled = await cli(environment, ['enable', 'BOB']);
    expect(enabled.out).toBe('bob is enabled. No session of before comes back.\n');
    expect(await statusOf(second)).toBe(401);
    expect(await statusOf(await signIn())).toBe(200);
  });
});

describe('on the database of DATABASE_URL', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeEach(async () => {
    database = await createTestDatabase();
    environment.DATABASE_URL = urlOf(database);
    dataSource = await new DataSource(dataSourceOptions(database.connection, 2)).initialize();
  });
  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const trail = () =>
    dataSource.query(
      `SELECT e.action, e.actor_id, e.details, u.username FROM audit_events e
       LEFT JOIN users u ON u.id = e.subject_id ORDER BY e.created_at, e.id`,
    );
  const mails = () => dataSource.query('SELECT kind FROM mail_outbox');

  it('leaves an audit trail without an actor, and owes no mail', async () => {
    await createAda();
    const bea = [...CREATE.slice(0, 2), 'Bea', '--email', 'bea@example.com', '--password-stdin'];
    await cliHere(environment, bea, PASSWORD);
    await cliHere(environment, ['set-role', 'ada', 'guest']);
    await cliHere(environment, ['set-role', 'ada', 'guest']);
    await cliHere(environment, ['disable', 'ada']);
    const again = await cliHere(environment, ['disable', 'ada']);
    expect(again.out).toBe('Ada is disabled. It was so already.\n');
    await cliHere(environment, ['enable', 'ada']);

    const byNobody = { actor_id: null };
    expect(await trail()).toEqual([
      { ...byNobody, action: 'admin_created', username: 'Ada', details: {} },
      { ...byNobody, action: 'admin_created', username: 'Bea', details: {} },
      {
        ...byNobody,
        action: 'role_changed',
        username: 'Ada',
        details: { from: 'admin', to: 'guest' },
      },
      { ...byNobody, action: 'user_disabled', username: 'Ada', details: {} },
      { ...byNobody, action: 'user_enabled', username: 'Ada', details: {} },
    ]);
    expect(await mails()).toEqual([]);
  });

  it('works without the queue: REDIS_URL may name nobody', async () => {
    environment.REDIS_URL = 'redis://127.0.0.1:1';
    expect(await createAda(cli)).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    ['set-role', ['set-role', 'ada', 'user']],
    ['disable', ['disable', 'ada']],
  ])('%s refuses to take the last active admin away', async (_, args) => {
    await createAda();
    expectRefusal(
      await cliHere(environment, args),
      /^This is the last active admin\. Make somebody/,
    );
    expect(await trail()).toHaveLength(1);
  });

  it.each(['nobody', 'nobody@example.com', '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11'])(
    'refuses to change %s, who is not there',
    async (name) => {
      expectRefusal(await cliHere(environment, ['disable', name]), /^There is no user with this/);
      expect(await trail()).toEqual([]);
    },
  );

  it('makes one admin of four that want to be it at once', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => createAda(cli)));
    expect(results.filter(({ code }) => code === 0)).toHaveLength(1);
    expect(await trail()).toHaveLength(1);
  });

  it('refuses names that are taken, in any case of their letters', async () => {
    await createAda();
    expectRefusal(await createAda(cli), /^This username is taken/);
    const other = ['create-admin', '--username', 'ada2', '--email', 'ADA@example.com'];
    const sameAddress = await cliHere(environment, [...other, '--password-stdin'], PASSWORD);
    expectRefusal(sameAddress, /^An account with this e-mail address exists/);
    expect(await dataSource.query('SELECT username FROM users')).toEqual([{ username: 'Ada' }]);
  });

  it.each([
    [
      'a username that the API refuses',
      ['--username', 'a b'],
      PASSWORD,
      /^--username must be 3 to/,
    ],
    ['an address that is none', ['--email', 'ada'], PASSWORD, /^--email must be an e-mail/],
    ['a password that is too short', [], 'short', /^Choose another password\. Use at least 8/],
    ['a password that is the username', [], 'Ada', /^Choose another password/],
    ['no password', [], '', /^No password came on stdin/],
    ['a password that is not UTF-8', [], Buffer.from([0xff, 0xfe, 0x20]), /not UTF-8/],
    // Which it stops to read, so what a process does about that is seen.
    ['a file in place of a password', [], 'x'.repeat(100_000), /^Choose another password/, cli],
  ] as const)('create-admin refuses %s and makes nobody', async (...row) => {
    const [, more, password, line, run = cliHere] = row;
    const args = [...CREATE, '--password-stdin', ...more];
    expectRefusal(await run(environment, args, password), line);
    expect(await dataSource.query('SELECT FROM users')).toEqual([]);
  });

  it('create-admin takes a password as it is, spaces and all, up to the end of its line', async () => {
    const password = '  two spaces before, one after ';
    await cliHere(environment, [...CREATE, '--password-stdin'], `${password}\r\nanother line\n`);
    const service = await Service.listening({ ...environment, NODE_ENV: 'test' });
    expect((await login(service, 'ada', password)).status).toBe(200);
    expect((await login(service, 'ada', password.trim())).status).toBe(401);
  });

  it('create-admin refuses to read a password where it would be seen', async () => {
    expectRefusal(await cli(environment, CREATE), /pipe it in, and give --password-stdin/);
    const { code } = await cliHere(environment, [...CREATE, '--password', PASSWORD]);
    expect(code).toBe(2);
  });

  describeWithTerminal('on a terminal', () => {
    it('asks for the password twice and shows it never', async () => {
      const terminal = cliOnTerminal(environment, CREATE);
      await until(() => terminal.screen().includes('Password: '));
      terminal.type(`${PASSWORD}!\x7f\r`);
      await until(() => terminal.screen().includes('Once more: '));
      terminal.type(`${PASSWORD}\r`);
      expect(await terminal.exited).toBe(0);
      expect(terminal.screen()).toContain('Ada is an admin now');
      expect(terminal.screen()).not.toContain('correct');
    });

    it.each([
      ['two that differ', [`${PASSWORD}\r`, 'something else\r'], 'The two passwords differ'],
      ['Ctrl-C', ['corre\x03'], 'Cancelled. Nothing was changed.'],
      ['Ctrl-D', ['\x04'], 'Cancelled. Nothing was changed.'],
    ])('makes nobody of %s', async (_, answers, line) => {
      const terminal = cliOnTerminal(environment, CREATE);
      const prompts = ['Password: ', 'Once more: '];
      for (const [index, answer] of answers.entries()) {
        await until(() => terminal.screen().includes(prompts[index]!));
        terminal.type(answer);
      }
      expect(await terminal.exited).toBe(1);
      expect(terminal.screen()).toContain(line);
      expect(terminal.screen()).not.toContain('corre');
      expect(await dataSource.query('SELECT FROM users')).toEqual([]);
    });
  });
});

describe('a schema that is behind', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase({ migrated: false });
    environment.DATABASE_URL = urlOf(database);
  });
  afterEach(() => database.drop());

  it('is brought up to date in development', async () => {
    expect((await createAda()).code).toBe(0);
  });

  it('is left alone in production until somebody migrates', async () => {
    Object.assign(environment, {
      NODE_ENV: 'production',
      SECRET_KEY: 'Zm9yIHRoZSBwcm9jZXNzIHRlc3RzIGFuZCBub3RoaW5nIGVsc2U',
      SMTP_HOST: 'localhost',
      FROM_EMAIL: 'no-reply@example.com',
    });
    expectRefusal(
      await createAda(cli),
      /^The database lacks migrations \(.+\)\. Run the command migrate/,
    );
    expect((await cli(environment, ['migrate'])).code).toBe(0);
    expect((await createAda()).code).toBe(0);
  });
});

describe('what cannot work', () => {
  it('is told in one line when the database does not answer, without how we would sign in', async () => {
    environment.DATABASE_URL = 'postgres://gatehouse:hunter2@127.0.0.1:1/nothing';
    const result = await createAda(cli);
    expectRefusal(result, /^The database does not answer \(ECONNREFUSED\)\. Start it, or correct/);
    expect(result.err).not.toContain('hunter2');
  });

  it('is told in one line when the configuration is wrong', async () => {
    Object.assign(environment, { PORT: '-1', REDIS_URL: 'http://hunter2' });
    const result = await createAda();
    expectRefusal(result, /^The configuration is wrong: PORT: .+; REDIS_URL: .+ doctor says more/);
    expect(result.err).not.toContain('hunter2');
  });

  it('is told with its origin on request', async () => {
    environment.DATABASE_URL = 'postgres://gatehouse@127.0.0.1:1/nothing';
    const { code, err } = await createAda(cliHere, '--verbose');
    expect(code).toBe(1);
    expect(err).toMatch(/^The database does not answer[^]+ECONNREFUSED[^]+at /);
  });
});
