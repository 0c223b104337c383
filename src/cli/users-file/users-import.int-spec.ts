import { type INestApplicationContext, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { loadConfig } from '../../config/env';
import type { Tx } from '../../database/unit-of-work';
import { readLines } from './lines';
import type { Refusal } from './refusal';
import { UsersFileModule } from './users-file.module';
import { UsersFileRepository } from './users-file.repository';
import { UsersImport } from './users-import.service';

const CONFIG = loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'a-key-for-tests-that-is-long-enough' });

/** Somebody else acts just after the import has looked who is there. */
class Overtaken extends UsersFileRepository {
  static act: ((dataSource: DataSource) => Promise<unknown>) | null = null;

  constructor(private readonly source: DataSource) {
    super(source);
  }

  override async findIdentities(...all: Parameters<UsersFileRepository['findIdentities']>) {
    const found = await super.findIdentities(...all);
    await Overtaken.act?.(this.source);
    return found;
  }
}

let database: TestDatabase;
let service: INestApplicationContext;
beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  const module = UsersFileModule.register(CONFIG, database.connection);
  service = await Test.createTestingModule({ imports: [module] })
    .overrideProvider(UsersFileRepository)
    .useFactory({ inject: [DataSource], factory: (source: DataSource) => new Overtaken(source) })
    .compile();
  await service.init();
});
afterAll(async () => {
  await service.close();
  await database.drop();
});
beforeEach(async () => {
  Overtaken.act = null;
  await query('DELETE FROM users');
  await query('DELETE FROM audit_events');
});

const query = (sql: string, values: unknown[] = []) => service.get(DataSource).query(sql, values);

async function run(lines: readonly object[], { isDryRun = false } = {}) {
  const refused: [line: number, code: string][] = [];
  const source = (async function* () {
    for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
  })();
  const note = async (refusals: readonly Refusal[]) => {
    for (const { line, reasons } of refusals) refused.push([line, reasons[0]!.code]);
  };
  const options = { isDryRun, ignoresUnknown: false };
  const counts = await service.get(UsersImport).run(readLines(source), options, note);
  return { counts, refused };
}

const usernames = async (): Promise<string[]> => {
  const rows = await query('SELECT username FROM users ORDER BY username');
  return rows.map(({ username }: { username: string }) => username);
};

const insertUser =
  (id: string, username: string, email: string | null = null) =>
  (source: DataSource) =>
    source.query(
      `INSERT INTO users (id, username, email, security_stamp, created_at, updated_at)
     VALUES ($1, $2, $3, $1, now(), now())`,
      [id, username, email],
    );

const SOMEBODY = '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11';

it.each([
  ['a username', insertUser(SOMEBODY, 'BOB')],
  ['an address', insertUser(SOMEBODY, 'other', 'b@example.com')],
])('leaves out whoever loses %s at the last moment, and takes the others', async (_, act) => {
  Overtaken.act = async (source) => {
    Overtaken.act = null;
    await act(source);
  };
  const { counts, refused } = await run([
    { username: 'ada', email: 'a@example.com', role: 'admin', premium_until: '2030-01-01' },
    {
      username: 'bob',
      email: 'b@example.com',
      role: 'admin',
      premium_until: '2030-01-01',
      google_id: '2',
    },
    { username: 'eve', email: 'e@example.com', google_id: '3' },
  ]);
  expect(counts).toEqual({ imported: 2, admins: 1, alreadyThere: 0, refused: 1 });
  expect(refused).toEqual([[2, 'taken_meanwhile']]);
  expect(await query('SELECT subject FROM identities')).toEqual([{ subject: '3' }]);
  expect(await query('SELECT FROM subscriptions')).toHaveLength(1);
  expect(await query('SELECT action, details FROM audit_events')).toEqual([
    { action: 'users_imported', details: { imported: 2, admins: 1, already_there: 0, refused: 1 } },
  ]);
});

it('leaves out, with all that is theirs, whoever loses a sign-in at the last moment', async () => {
  Overtaken.act = async (source) => {
    Overtaken.act = null;
    await insertUser(SOMEBODY, 'somebody')(source);
    await source.query(
      `INSERT INTO identities (id, user_id, provider, subject, created_at, last_used_at)
       VALUES ($1, $1, 'google', '1', now(), now())`,
      [SOMEBODY],
    );
  };
  const ada = { username: 'ada', google_id: '1', discord_id: '2', customer_id: 'cus_1' };
  const { refused } = await run([ada, { username: 'bob', google_id: '3' }]);

  expect(refused).toEqual([[1, 'taken_meanwhile']]);
  expect(await usernames()).toEqual(['bob', 'somebody']);
  expect(await query('SELECT FROM identities')).toHaveLength(2);
  expect(await query('SELECT FROM subscriptions')).toEqual([]);
  expect((await run([ada])).refused).toEqual([[1, 'identity_taken']]);
});

it('writes nothing in a dry run, not even to the trail, and judges across batches', async () => {
  const lines = Array.from({ length: 1200 }, (_, n) => ({
    username: `user${n}`,
    google_id: `${n}`,
  }));
  const again = [
    { username: 'USER3', google_id: 'x' },
    { username: 'new', google_id: '700' },
  ];
  const options = { isDryRun: true };
  const { counts, refused } = await run([...lines, ...again, lines[0]!], options);

  expect(counts).toEqual({ imported: 1200, admins: 0, alreadyThere: 1, refused: 2 });
  expect(refused).toEqual([
    [1201, 'username_taken'],
    [1202, 'identity_taken'],
  ]);
  for (const table of ['users', 'identities', 'audit_events'])
    expect(await query(`SELECT FROM ${table}`)).toEqual([]);
  expect((await run([...lines, ...again, lines[0]!])).counts).toEqual(counts);
});

it('undoes a whole batch where one statement fails, and the trail with it', async () => {
  Overtaken.act = async () => {
    throw new Error('the power is out');
  };
  await expect(run([{ username: 'ada', google_id: '1' }])).rejects.toThrow('the power is out');
  expect(await usernames()).toEqual([]);
  expect(await query('SELECT FROM audit_events')).toEqual([]);
});

it('imports a file once, however many import it at once', async () => {
  const lines = Array.from({ length: 700 }, (_, n) => ({
    username: `user${n}`,
    email: `user${n}@example.com`,
    google_id: `${n}`,
  }));
  const reversed = lines.toReversed();
  const runs = await Promise.all([lines, reversed, lines, reversed].map((file) => run(file)));

  const total = runs.map(({ counts }) => counts.imported).reduce((a, b) => a + b);
  expect(total).toBe(700);
  for (const { counts, refused } of runs) {
    expect(counts.imported + counts.alreadyThere).toBe(700);
    expect(refused).toEqual([]);
  }
  expect(await usernames()).toHaveLength(700);
});

it('goes on behind times that there cannot be', async () => {
  const { counts, refused } = await run([
    { username: 'ada', google_id: '1', premium_until: '9999-12-31T23:59:59-05:00' },
    { username: 'bob', google_id: '2', subscription_occurred_at: '9999-12-31T23:59:59Z' },
    { username: 'eve', google_id: '3', premium_until: '9999-12-31T23:59:59Z' },
  ]);
  expect(refused).toEqual([
    [1, 'invalid'],
    [2, 'invalid'],
  ]);
  expect(counts).toMatchObject({ imported: 1, refused: 2 });
  expect(await usernames()).toEqual(['eve']);
});

/** One write of `Tx` a batch: what a batch wrote is there with its count, or neither is. */
it('tells in one event of a run what its batches have committed so far', async () => {
  const seen: unknown[] = [];
  const repository = service.get<UsersFileRepository>(UsersFileRepository);
  const holdImports = repository.holdImports.bind(repository);
  jest.spyOn(repository, 'holdImports').mockImplementation(async (tx: Tx) => {
    seen.push(...(await query('SELECT details FROM audit_events')));
    return holdImports(tx);
  });
  const lines = Array.from({ length: 1100 }, (_, n) => ({
    username: `user${n}`,
    google_id: `${n}`,
  }));
  await run(lines);

  const progress = (imported: number) => ({
    details: { imported, admins: 0, already_there: 0, refused: 0 },
  });
  expect(seen).toEqual([progress(500), progress(1000)]);
  expect(await query('SELECT details FROM audit_events')).toEqual([progress(1100)]);
  jest.restoreAllMocks();
});
