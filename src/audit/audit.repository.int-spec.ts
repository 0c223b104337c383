import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres';
import { dataSourceOptions } from '../data-source';
import { PreparedStatements } from '../database/prepared-statement';
import type { Tx } from '../database/unit-of-work';
import { type AuditFilter, AuditRepository } from './audit.repository';

const BUSY = '01900000-0000-7000-8000-000000000001';
const QUIET = '01900000-0000-7000-8000-000000000002';
const DAY = new Date('2026-06-01T00:00:00Z');
const NEXT_DAY = new Date('2026-06-02T00:00:00Z');

describe('AuditRepository at 60,000 events', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let events: AuditRepository;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await new DataSource(dataSourceOptions(database.connection, 2)).initialize();
    events = new AuditRepository(
      dataSource,
      new PreparedStatements(dataSource, database.connection),
    );
    // A year, in which somebody busy did much.
    await dataSource.query(
      `INSERT INTO audit_events (id, action, actor_id, subject_id, created_at)
       SELECT gen_random_uuid(),
         CASE WHEN n % 1000 = 0 THEN 'user_deleted' ELSE 'sign_in_succeeded' END,
         CASE WHEN n % 50 = 0 THEN $1::uuid WHEN n % 5000 = 1 THEN $2 ELSE gen_random_uuid() END,
         CASE WHEN n % 100 = 0 THEN $1::uuid ELSE gen_random_uuid() END,
         '2026-01-01Z'::timestamptz + n * interval '525 seconds'
       FROM generate_series(1, 60000) n`,
      [BUSY, QUIET],
    );
    await dataSource.query('VACUUM ANALYZE audit_events');
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  /** What a list really asks, with the plan that Postgres makes for it. */
  async function planOf(ask: () => Promise<unknown>): Promise<{ plan: string; read: number }> {
    const query = jest.spyOn(dataSource, 'query');
    await ask();
    const [sql, values] = query.mock.calls[0]!;
    query.mockRestore();
    const rows = await dataSource.query<{ 'QUERY PLAN': string }[]>(
      `EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) ${sql}`,
      values as unknown[],
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    const scans = plan.matchAll(/Index Scan .*actual rows=([\d.]+)|Rows Removed by Filter: (\d+)/g);
    return { plan, read: [...scans].reduce((sum, [, a, b]) => sum + Number(a ?? b), 0) };
  }

  it.each<readonly [string, AuditFilter, string]>([
    ['everything', {}, 'audit_events_created_at_idx'],
    ['a day', { since: DAY, until: NEXT_DAY }, 'audit_events_created_at_idx'],
    ['all before a day', { until: DAY }, 'audit_events_created_at_idx'],
    ['somebody busy', { userId: BUSY }, 'audit_events_subject_id_idx'],
    ['somebody quiet', { userId: QUIET }, 'audit_events_actor_id_idx'],
    ['somebody busy before a day', { userId: BUSY, until: DAY }, 'audit_events_actor_id_idx'],
    ['what happened to somebody', { subjectId: BUSY }, 'audit_events_subject_id_idx'],
    ['a rare action', { action: 'user_deleted' }, 'audit_events_action_idx'],
    [
      'a rare action before a day',
      { action: 'user_deleted', until: DAY },
      'audit_events_action_idx',
    ],
    ['an action that never was', { action: 'password_reset' }, 'audit_events_action_idx'],
  ])('lists %s by an index, and reads no more than a page or two', async (_, filter, index) => {
    const first = await events.list(filter, null, 50);
    const after = first.at(-1)?.position ?? null;
    for (const position of [null, after]) {
      const { plan, read } = await planOf(() => events.list(filter, position, 50));
      if (!position) expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
      expect(read).toBeLessThan(250);
    }
  });

  it.each<readonly [string, (tx: Tx) => Promise<number>, number]>([
    ['forgets old events', (tx) => events.deleteOld(tx, new Date('2026-01-10Z'), 1000), 3_000],
    ['forgets one user', (tx) => events.anonymize(tx, QUIET, 1000).then(() => 0), 100],
    [
      'cleans what came in late',
      (tx) => events.anonymizeDeleted(tx, new Date('2026-12-30Z'), 1000),
      // All that is about or by those few who were deleted.
      5_000,
    ],
  ])('%s by an index, and reads what it changes', async (_, change, most) => {
    const { plan, read } = await planOf(() => change(dataSource.manager as Tx));
    expect(plan).not.toContain('Seq Scan');
    expect(read).toBeLessThan(most);
  });

  it('goes on behind a position, through all there is, by any filter', async () => {
    const seen: string[] = [];
    for (let after = null as Parameters<typeof events.list>[1]; ;) {
      const page = await events.list({ userId: BUSY }, after, 500);
      seen.push(...page.map(({ event }) => event.id));
      if (page.length < 500) break;
      after = page.at(-1)!.position;
    }
    const [{ count }] = await dataSource.query<[{ count: number }]>(
      'SELECT count(*)::int AS count FROM audit_events WHERE actor_id = $1 OR subject_id = $1',
      [BUSY],
    );
    expect([seen.length, new Set(seen).size]).toEqual([count, count]);
  });
});
