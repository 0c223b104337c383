import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { dataSourceOptions } from '../../data-source';
import { DirectoryRepository, type Slice, type UserFilter } from './directory.repository';
import { LIST_ORDERS, type OrderPosition } from './list-order';

const MANY = 24_000;
const FIRST_PAGE: Slice = { order: '-created_at', after: null, skip: 0, most: 21 };

let database: TestDatabase;
let dataSource: DataSource;
let directory: DirectoryRepository;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource(dataSourceOptions(database.connection, 2)).initialize();
  directory = new DirectoryRepository(dataSource);
  const [{ definition }] = await dataSource.query<[{ definition: string }]>(
    `SELECT pg_get_indexdef('users_search_idx'::regclass) AS definition`,
  );
  await dataSource.query('DROP INDEX users_search_idx');
  await fill(1, MANY);
  await dataSource.query(definition);
  // As in everyday life: some are not yet in the index but in what it has pending.
  await fill(MANY + 1, MANY + 1000);
  await dataSource.query(`INSERT INTO subscriptions (user_id) SELECT id FROM users`);
  await dataSource.query('ANALYZE users, subscriptions');
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const fill = (first: number, last: number) =>
  dataSource.query(
    `INSERT INTO users (id, username, email, role, is_active, display_name, full_name,
       security_stamp, created_at, updated_at, last_login_at)
     SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
       'user_' || md5(n::text), md5('mail' || n) || '@example.com',
       CASE WHEN n % 1000 = 0 THEN 'admin' ELSE 'user' END, n % 40 <> 0,
       initcap(translate(md5('name' || n), '0123456789', 'ghijklmnop')),
       initcap(translate(md5('full' || n), '0123456789', 'qrstuvwxyz')),
       gen_random_uuid(), '2030-01-01'::timestamptz + n % 12000 * interval '1 minute', now(),
       CASE WHEN n % 3 > 0 THEN '2030-02-01'::timestamptz + n * interval '1 millisecond' END
     FROM generate_series($1::int, $2::int) AS n`,
    [first, last],
  );

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** How Postgres does what the repository asks of it: `Index Scan users_created_at_idx`. */
async function planOf(ask: () => Promise<unknown>): Promise<string[]> {
  const spy = jest.spyOn(dataSource, 'query');
  await ask();
  const [sql, values] = spy.mock.lastCall!;
  spy.mockRestore();
  const [row] = await dataSource.query<[{ 'QUERY PLAN': [{ Plan: Plan }] }]>(
    `EXPLAIN (FORMAT JSON) ${sql}`,
    values as unknown[],
  );
  return nodesOf(row['QUERY PLAN'][0].Plan).map((node) =>
    [node['Node Type'], node['Index Name'] ?? node['Relation Name']].filter(Boolean).join(' '),
  );
}

const EVERYBODY: UserFilter = { searchesAll: true };
const VIEWS: readonly (readonly [string, UserFilter])[] = [
  ['an admin', EVERYBODY],
  ['anybody else', { searchesAll: false, isActive: true }],
];
const INDEXES = {
  created_at: 'users_created_at_idx',
  username: 'users_username_key',
  last_login_at: 'users_last_login_at_idx',
};

describe.each(VIEWS)('the list of %s', (_, view) => {
  it.each(['abc', 'abcd', 'abcdef', '_ab', '%ab'])(
    'searched for %s reads the index and not the table',
    async (search) => {
      const filter = { ...view, search };
      const plans = [
        await planOf(() => directory.count(filter)),
        await planOf(() => directory.list(filter, FIRST_PAGE)),
        await planOf(() => directory.list(filter, { ...FIRST_PAGE, skip: 10_000 })),
      ];
      for (const plan of plans) expect(plan).not.toContain('Seq Scan users');
      expect(plans[0]).toContain('Bitmap Index Scan users_search_idx');
      expect(plans[2]).toContain('Bitmap Index Scan users_search_idx');
    },
  );

  it.each(['a', 'ab', 'x'])('searched for the beginning %s does so too', async (search) => {
    const filter = { ...view, search };
    expect(await planOf(() => directory.list(filter, FIRST_PAGE))).not.toContain('Seq Scan users');
    const count = await planOf(() => directory.count(filter));
    expect(count).toContain('Bitmap Index Scan users_search_idx');
    expect(count).not.toContain('Seq Scan users');
  });

  it.each(LIST_ORDERS)('by %s is read in the order of its index', async (order) => {
    const [some] = await directory.list(view, { order, after: null, skip: 5000, most: 1 });
    for (const more of [{}, { after: some!.position }, { skip: 10_000 }]) {
      const plan = await planOf(() => directory.list(view, { ...FIRST_PAGE, order, ...more }));
      expect([order, plan[plan.indexOf('Limit') + 1]]).toEqual([
        order,
        `Index Scan ${INDEXES[order.replace('-', '') as keyof typeof INDEXES]}`,
      ]);
    }
  });
});

describe('a walk from cursor to cursor', () => {
  async function walk(order: Slice['order']): Promise<string[]> {
    const ids: string[] = [];
    for (let after: OrderPosition | null = null; ;) {
      const page = await directory.list(EVERYBODY, { order, after, skip: 0, most: 999 });
      ids.push(...page.map(({ account }) => account.id));
      if (page.length < 999) return ids;
      after = page.at(-1)!.position;
    }
  }

  // Ties in abundance: two users a minute, and a third of them never signed in.
  it.each([
    ['created_at', 'created_at, id'],
    ['username', 'lower(username)'],
    ['last_login_at', 'last_login_at NULLS FIRST, id'],
  ] as const)('by %s meets everybody once, there and back', async (order, sql) => {
    const rows = await dataSource.query<{ id: string }[]>(`SELECT id FROM users ORDER BY ${sql}`);
    const ids = rows.map(({ id }) => id);
    expect(await walk(order)).toEqual(ids);
    expect(await walk(`-${order}`)).toEqual(ids.toReversed());
  });

  it('tells apart what happened within one millisecond', async () => {
    const order = 'created_at';
    const [first] = await directory.list(EVERYBODY, { ...FIRST_PAGE, order, most: 1 });
    const id = first!.account.id;
    await dataSource.query(
      `UPDATE users SET created_at = created_at - interval '3 microseconds' WHERE id = $1`,
      [id],
    );
    const [moved, next] = await directory.list(EVERYBODY, { ...FIRST_PAGE, order, most: 2 });
    expect(moved!.account.id).toBe(id);
    const after = moved!.position;
    expect(await directory.list(EVERYBODY, { order, after, skip: 0, most: 1 })).toEqual([next]);
  });
});

it('counts in one statement what the rows add up to', async () => {
  const spy = jest.spyOn(dataSource, 'query');
  const counts = await directory.counts(new Date('2030-01-09T07:58:00Z'));
  expect(spy).toHaveBeenCalledTimes(1);
  spy.mockRestore();
  const total = MANY + 1000;
  expect(counts).toEqual({
    total,
    admins: 25,
    users: total - 25,
    guests: 0,
    active: total - total / 40,
    verified: 0,
    recent: 2,
  });
});
