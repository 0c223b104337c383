import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/data-source';
import { cli, startCli, urlOf } from '../support/cli';
import { cliHere } from '../support/cli-here';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { buildService, clean, freshEnvironment, Service } from '../support/service';
import { until } from '../support/until';

/** Of `correct horse battery`, made by libxcrypt. */
const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS';
const PASSWORD = 'correct horse battery';

let environment: ReturnType<typeof freshEnvironment> & Record<string, string>;
let database: TestDatabase;
let dataSource: DataSource;
beforeAll(buildService, 300_000);
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await connect(database);
  environment = {
    ...freshEnvironment(),
    DATABASE_URL: urlOf(database),
    SECRET_KEY: 'a-key-for-tests-that-is-long-enough',
    ARGON2_MEMORY_KIB: '1024',
  };
});
afterEach(async () => {
  await dataSource.destroy();
  await Promise.all([database.drop(), clean(environment)]);
});

const connect = ({ connection }: TestDatabase): Promise<DataSource> =>
  new DataSource(dataSourceOptions(connection, 2)).initialize();

const fileOf = (name: string): string => join(environment.DATA_DIR, name);

/** Writes a file of these lines; what is no text becomes JSON. */
function write(lines: readonly (string | Buffer | object)[], name = 'users.jsonl'): string {
  const bytes = lines.map((line) =>
    typeof line === 'string' || Buffer.isBuffer(line) ? line : JSON.stringify(line),
  );
  writeFileSync(
    fileOf(name),
    Buffer.concat(bytes.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])),
  );
  return fileOf(name);
}

const someone = (n: number) => ({
  username: `user${n}`,
  email: `user${n}@example.com`,
  hashed_password: BCRYPT,
  is_verified: n % 2 === 0,
  created_at: new Date(1.7e12 + n * 1000).toISOString(),
  ...(n % 3 === 0 && { customer_id: `cus_${n}`, premium_until: '2030-01-01T00:00:00Z' }),
  ...(n % 4 === 0 && { identities: [{ provider: 'google', subject: `g${n}` }] }),
});
const people = (count: number) => Array.from({ length: count }, (_, n) => someone(n));

const query = (sql: string, source = dataSource) => source.query(sql);
const countOf = async (table: string): Promise<number> =>
  (await query(`SELECT count(*)::int AS count FROM ${table}`))[0].count;

/** All that is stored of everybody, but for what chance gave them. */
const everybody = (source = dataSource) =>
  query(
    `SELECT to_jsonb(u) - 'security_stamp' AS u, to_jsonb(s) AS s,
       (SELECT jsonb_agg(to_jsonb(i) - 'id' ORDER BY provider) FROM identities i WHERE i.user_id = u.id) AS i
     FROM users u LEFT JOIN subscriptions s ON s.user_id = u.id ORDER BY u.username`,
    source,
  );

const summary = (imported: number, alreadyThere: number, refused: number, did = 'Imported') =>
  expect.stringMatching(
    new RegExp(
      `^${did} ${imported}, already there ${alreadyThere}, refused ${refused} \\(.+\\)\\.\\n$`,
    ),
  );

describe('import-users', () => {
  it('lets the imported sign in with the password they had, and renews its hash', async () => {
    const file = write([
      { ...someone(0), username: 'Ada' },
      { username: 'bob', password_hash: BCRYPT, disabled: true },
      { username: 'eve', email: 'eve@example.com', hashed_password: BCRYPT, is_verified: false },
    ]);
    expect(await cli(environment, ['import-users', file])).toEqual({
      code: 0,
      out: summary(3, 0, 0),
      err: '',
    });

    const { api } = await Service.listening(environment);
    const login = async (username: string, password = PASSWORD) => {
      const { status, body } = await api.post('auth/login', { username, password });
      return status === 200 ? 200 : body.code;
    };
    expect(await login('ada', 'wrong horse battery')).toBe('invalid_credentials');
    expect(await login('ada')).toBe(200);
    expect(await login('user0@example.com')).toBe(200);
    expect(await login('bob')).toBe('account_disabled');
    expect(await login('eve')).toBe('email_not_verified');
    const [{ password_hash }] = await query(
      `SELECT password_hash FROM users WHERE username = 'Ada'`,
    );
    expect(password_hash).toMatch(/^\$argon2id\$/);
    expect(await countOf('mail_outbox')).toBe(0);
  });

  it('leaves one event in the trail, with its counts and nobody', async () => {
    await cliHere(environment, ['import-users', write([...people(3), someone(1), 'garbage'])]);
    expect(await query('SELECT action, actor_id, subject_id, details FROM audit_events')).toEqual([
      {
        action: 'users_imported',
        actor_id: null,
        subject_id: null,
        details: { imported: 3, admins: 0, already_there: 1, refused: 1 },
      },
    ]);
  });

  it('reports every line that it refuses, by its number, and imports the others', async () => {
    const report = fileOf('refused.jsonl');
    const file = write([
      `\uFEFF${JSON.stringify(someone(1))}\r`,
      '',
      'not json',
      {
        ...someone(2),
        hashed_password: '$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g',
      },
      Buffer.from([0x7b, 0xff, 0x7d]),
      { ...someone(3), bio: 'x'.repeat(70_000) },
      '{"username":"twice","username":"twice","google_id":"1"}',
      { ...someone(4), username: 'USER1', pasword: BCRYPT },
      { ...someone(5), username: 'User1' },
      someone(6),
    ]);
    const { code, out, err } = await cli(environment, ['import-users', file, '--report', report]);

    expect([code, out]).toEqual([1, summary(2, 0, 7)]);
    expect(err).toBe(
      `7 lines were refused: see ${report}. Correct them and import the file again; who is there already is skipped.\n`,
    );
    const lines = readFileSync(report, 'utf8').trimEnd().split('\n');
    const refusals = lines.map((line) => JSON.parse(line));
    const told = refusals.map(({ line, username, reasons }) => [line, username, reasons[0].code]);
    expect(told).toEqual([
      [3, null, 'malformed'],
      [4, 'user2', 'invalid'],
      [5, null, 'not_utf8'],
      [6, null, 'too_long'],
      [7, null, 'duplicate_field'],
      [8, 'USER1', 'unknown_field'],
      [9, 'User1', 'username_taken'],
    ]);
    expect(readFileSync(report, 'utf8')).not.toMatch(/\$2b|argon2id/);
    expect(statSync(report).mode & 0o077).toBe(0);
    const made = await query('SELECT username FROM users ORDER BY username');
    expect(made).toEqual([{ username: 'user1' }, { username: 'user6' }]);
  });

  it('shows the first refusals where there is no report', async () => {
    const file = write([...Array<string>(30).fill('{}'), '{"username":"ada","google_id":"1"}']);
    const { code, out, err } = await cliHere(environment, ['import-users', file]);
    expect([code, out]).toEqual([1, summary(1, 0, 30)]);
    const lines = err.trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toMatch(/^line 1: username must be/);
    expect(lines[10]).toMatch(/^30 lines were refused: --report <file> lists them all\./);
  });

  it('takes corrected lines when it is run again, and leaves out who is there', async () => {
    const wrong = { ...someone(2), role: 'root' };
    expect((await cliHere(environment, ['import-users', write([someone(1), wrong])])).code).toBe(1);
    await query(`UPDATE users SET bio = 'changed since', password_hash = NULL`);
    const again = await cliHere(environment, ['import-users', write([someone(1), someone(2)])]);
    expect([again.code, again.out]).toEqual([0, summary(1, 1, 0)]);
    expect(await query(`SELECT bio FROM users WHERE username = 'user1'`)).toEqual([
      { bio: 'changed since' },
    ]);
  });

  it('writes nothing with --dry-run, and says what it would do', async () => {
    const file = write([...people(1100), { ...someone(1), bio: 'other' }]);
    const { code, out } = await cliHere(environment, ['import-users', file, '--dry-run']);
    expect([code, out]).toEqual([1, summary(1100, 0, 1, 'Would import')]);
    for (const table of ['users', 'subscriptions', 'identities', 'audit_events'])
      expect(await countOf(table)).toBe(0);
  });

  it('reads stdin, and leaves out unknown fields on request', async () => {
    const input = `${JSON.stringify({ ...someone(1), shoe_size: 38 })}\n`;
    expect((await cliHere(environment, ['import-users', '-'], input)).code).toBe(1);
    const lenient = await cli(environment, ['import-users', '-', '--ignore-unknown'], input);
    expect([lenient.code, lenient.out]).toEqual([0, summary(1, 0, 0)]);
  });

  it('has nothing to do with an empty file', async () => {
    const result = await cliHere(environment, ['import-users', write([''])]);
    expect(result).toEqual({ code: 0, out: summary(0, 0, 0), err: '' });
    expect(await countOf('audit_events')).toBe(0);
  });

  it.each([
    [
      'a file that is not there',
      ['nowhere.jsonl'],
      /^Cannot read nowhere\.jsonl: there is no such/,
    ],
    ['a directory', ['.'], /^\. is a directory\./],
    [
      'a report that would overwrite the file',
      ['FILE', '--report', 'FILE'],
      /^--report would overwrite/,
    ],
    [
      'a report where none can be',
      ['FILE', '--report', '/nowhere/r'],
      /^Cannot write \/nowhere\/r: /,
    ],
  ])('refuses %s in one line', async (_, args, line) => {
    const file = write([someone(1)]);
    const named = args.map((word) => (word === 'FILE' ? file : word));
    const { code, out, err } = await cliHere(environment, ['import-users', ...named]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(line);
    expect(err.trimEnd()).not.toContain('\n');
    expect(readFileSync(file, 'utf8')).toContain('user1');
  });

  it('killed in the middle and run again, leaves exactly what one run would', async () => {
    const file = write(people(6000));
    const child = startCli(environment, ['import-users', file]);
    const gone = once(child, 'exit');
    await until(async () => (await countOf('users')) > 1000);
    child.kill('SIGKILL');
    await gone;

    // The server may still be at the last batch.
    await until(async () => {
      const [{ busy }] = await query(
        `SELECT count(*)::int AS busy FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
      );
      return busy === 0;
    });
    const left = await countOf('users');
    expect(left).toBeGreaterThan(1000);
    expect(left).toBeLessThan(6000);
    const counted = { imported: left, admins: 0, already_there: 0, refused: 0 };
    expect(await query('SELECT details FROM audit_events')).toEqual([{ details: counted }]);

    const again = await cliHere(environment, ['import-users', file]);
    expect(again).toEqual({ code: 0, out: summary(6000 - left, left, 0), err: '' });
    const other = await createTestDatabase();
    const otherSource = await connect(other);
    await cliHere({ ...environment, DATABASE_URL: urlOf(other) }, ['import-users', file]);
    const [interrupted, inOneRun] = [await everybody(), await everybody(otherSource)];
    await otherSource.destroy();
    await other.drop();
    expect(interrupted).toHaveLength(6000);
    expect(interrupted).toEqual(inOneRun);
  });

  it('takes no more memory for ten times as many', async () => {
    const peakOf = async (from: number, to: number): Promise<number> => {
      const file = write(Array.from({ length: to - from }, (_, n) => someone(from + n)));
      const { code, out } = await cli(environment, ['import-users', file]);
      expect([code, out]).toEqual([0, summary(to - from, 0, 0)]);
      return Number(/at most (\d+) MiB/.exec(out)![1]);
    };
    const few = await peakOf(0, 2000);
    const many = await peakOf(2000, 22_000);
    expect(many).toBeLessThan(few * 1.5);
  }, 180_000);
});

describe('export-users', () => {
  const full = {
    id: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
    username: 'Ada',
    email: 'ada@example.com',
    password_hash: BCRYPT,
    is_verified: true,
    email_verified_at: '2025-01-02T00:00:00.000Z',
    is_active: false,
    role: 'admin',
    display_name: 'Ada',
    full_name: 'Ada Lovelace',
    bio: 'one\ntwo \u2028 “three”',
    avatar_url: 'https://example.com/ada.png',
    niche_preference: 'mathematics',
    locale: 'de-AT',
    created_at: '2025-01-01T00:00:00.000Z',
    updated_at: '2025-01-03T00:00:00.000Z',
    last_login_at: '2025-01-04T00:00:00.000Z',
    premium_until: '2030-01-01T00:00:00.000Z',
    customer_id: 'cus_1',
    plan_id: 'plan_1',
    subscription_id: 'sub_1',
    subscription_status: 'active',
    subscription_last_renew: '2025-01-05T00:00:00.000Z',
    subscription_next_renew: '2026-01-05T00:00:00.000Z',
    subscription_occurred_at: '2025-01-06T00:00:00.000Z',
    identities: [
      { provider: 'discord', subject: '80351110224678912' },
      { provider: 'google', subject: '1', email: 'Ada@gmail.example' },
    ],
  };
  const parsed = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('writes all that is known of somebody, without the hash', async () => {
    const made = await cliHere(environment, ['import-users', write([full])]);
    expect(made.out).toMatch(/^Imported 1 \(1 as admin\), already there 0/);
    const { code, out, err } = await cli(environment, ['export-users']);
    const { password_hash: _, ...rest } = full;
    expect([code, parsed(out)]).toEqual([0, [rest]]);
    expect(err).toBe('Exported 1 user.\n');
  });

  it('is read by an import as the same users, page after page', async () => {
    await cliHere(environment, [
      'import-users',
      write([full, { username: 'bare', google_id: '2' }, ...people(1200)]),
    ]);
    const output = fileOf('export.jsonl');
    const exported = await cliHere(environment, [
      'export-users',
      '--with-hashes',
      '--output',
      output,
    ]);
    expect([exported.code, exported.out]).toEqual([0, '']);
    expect(exported.err).toMatch(
      /^This export holds password hashes: .+\nExported 1202 users\.\n$/,
    );
    expect(statSync(output).mode & 0o777).toBe(0o600);

    const other = await createTestDatabase();
    const elsewhere = {
      ...environment,
      DATABASE_URL: urlOf(other),
      SECRET_KEY: 'another-key-for-another-place',
    };
    const imported = await cliHere(elsewhere, ['import-users', output]);
    const otherSource = await connect(other);
    const [here, there] = [await everybody(), await everybody(otherSource)];
    await otherSource.destroy();
    const again = await cliHere(elsewhere, ['import-users', output]);
    const reexported = await cliHere(elsewhere, ['export-users', '--with-hashes']);
    await other.drop();

    expect(imported.out).toMatch(/^Imported 1202 \(1 as admin\), already there 0, refused 0 /);
    expect(there).toHaveLength(1202);
    expect(there).toEqual(here);
    expect(again.out).toEqual(summary(0, 1202, 0));
    expect(reexported.out).toBe(readFileSync(output, 'utf8'));
  });

  it('does not replace a file, nor leave half of one', async () => {
    const taken = write(['mine'], 'taken');
    const refused = await cli(environment, ['export-users', '--output', taken]);
    expect(refused).toEqual({
      code: 1,
      out: '',
      err: `${taken} is there already. Choose another name, or remove it.\n`,
    });
    expect(readFileSync(taken, 'utf8')).toBe('mine\n');

    const output = fileOf('export.jsonl');
    const broken = { ...environment, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' };
    expect((await cliHere(broken, ['export-users', '--output', output])).code).toBe(1);
    const left = readdirSync(environment.DATA_DIR).filter((name) => name.startsWith('export'));
    expect(left).toEqual([]);
  });

  it('stops without a word when its reader has seen enough', async () => {
    await cliHere(environment, ['import-users', write(people(3000))]);
    const child = startCli(environment, ['export-users']);
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect([code, err]).toEqual([0, '']);
  });
});
