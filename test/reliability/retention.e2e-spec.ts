import { DataSource } from 'typeorm';
import { AuditService } from '../../src/audit/audit.service';
import { SessionsService } from '../../src/auth/sessions/sessions.service';
import { RetentionService } from '../../src/retention/retention.service';
import { RetentionTimer } from '../../src/retention/retention.timer';
import { countOf } from '../support/effects';
import { type Person, signedIn, signUp } from '../support/people';
import { standstill } from '../support/standstill';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let person: Person;
afterEach(async () => {
  jest.restoreAllMocks();
  await test.close();
});

const start = async (env: Record<string, string> = {}): Promise<void> => {
  test = await startTestApp({ env });
  person = await signUp(test);
  await test.mailsSettled();
};

const run = () => test.app.get(RetentionService).run();

/** `count` sessions that expire, and were revoked, so many days ago. */
const addSessions = (count: number, expired: number, revoked: number | null = null) =>
  test.query(
    `INSERT INTO sessions (id, user_id, security_stamp, refresh_jti, rotated_at, created_at,
       last_used_at, expires_at, revoked_at, ip, method)
     SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), $3, $3, $3,
       $3::timestamptz - $4 * interval '1 day', $3::timestamptz - $5 * interval '1 day',
       '192.0.2.' || $4, 'password'
     FROM generate_series(1, $2::int)`,
    [person.id, count, test.clock.now(), expired, revoked],
  );

const addEvents = (count: number, daysAgo: number) =>
  test.query(
    `INSERT INTO audit_events (id, action, created_at)
     SELECT gen_random_uuid(), 'sign_in_failed', $2::timestamptz - $3 * interval '1 day'
     FROM generate_series(1, $1::int)`,
    [count, test.clock.now(), daysAgo],
  );

const kept = async (table: string, column: string): Promise<unknown[]> => {
  const rows = await test.query(`SELECT ${column} AS value FROM ${table} ORDER BY 1`);
  return rows.map(({ value }) => value);
};

const now = '(SELECT max(created_at) FROM users)';

describe('what is kept, and what is not', () => {
  it('sessions for 30 days after they expired or were revoked, whichever came first', async () => {
    await start();
    await addSessions(1, 30.01);
    await addSessions(1, 29.99);
    await addSessions(1, 29, 30.01);
    await addSessions(1, 28, 29.99);
    await addSessions(1, 31, 28);
    await addSessions(1, -7);
    await run();
    expect(await kept('sessions', 'ip')).toEqual(['192.0.2.-7', '192.0.2.28', '192.0.2.29.99']);
  });

  it('the audit trail for a year', async () => {
    await start();
    const own = await countOf(test, 'audit_events');
    await addEvents(1, 365.01);
    await addEvents(1, 364.99);
    await run();
    expect(await countOf(test, 'audit_events')).toBe(own + 1);
  });

  it('for as long as is configured; the audit trail for ever with 0', async () => {
    await start({ SESSION_RETENTION_DAYS: '0.5', AUDIT_RETENTION_DAYS: '0' });
    await addSessions(1, 0.51);
    await addSessions(1, 0.49);
    await addEvents(1, 36_500);
    const events = await countOf(test, 'audit_events');
    await run();
    expect(await countOf(test, 'sessions')).toBe(1);
    expect(await countOf(test, 'audit_events')).toBe(events);
  });

  it('counts of rate limits and spent flows until nobody can need them', async () => {
    await start();
    const at = (minutes: number) => test.clock.now().getTime() + minutes * 60_000;
    await test.query(
      `INSERT INTO rate_limits (key, points, expire)
       VALUES ('old', 1, ${at(-61)}), ('late', 1, ${at(-59)}), ('live', 1, ${at(1)}), ('ever', 1, NULL)`,
    );
    await test.query(
      `INSERT INTO oauth_spent_flows (id, expires_at)
       SELECT gen_random_uuid(), ${now} + m * interval '1 minute'
       FROM unnest(ARRAY[-61, -59, 1]) m`,
    );
    await run();
    expect(await kept('rate_limits', 'key')).toEqual(['ever', 'late', 'live']);
    expect(await countOf(test, 'oauth_spent_flows')).toBe(2);
  });

  it('everything that is not old', async () => {
    await start();
    const { tokens } = await signedIn(test);
    const tables = ['users', 'sessions', 'identities', 'mail_outbox', 'audit_events'];
    const rows = () =>
      Promise.all(tables.map((table) => test.query(`SELECT * FROM ${table} ORDER BY id`)));
    await test.mailsSettled();
    const before = await rows();
    await run();
    expect(await rows()).toEqual(before);
    const { access_token: token } = tokens;
    expect((await test.api.get('auth/me', { token })).status).toBe(200);
  });

  it('no address of somebody who was deleted, though it came in late', async () => {
    await start();
    const { person: gone, tokens } = await signedIn(test);
    const { access_token: token } = tokens;
    expect((await test.api.delete('users/me', { token })).status).toBe(200);
    const late = (subject: string, actor: string | null) =>
      test.query(
        `INSERT INTO audit_events (id, action, subject_id, actor_id, ip, user_agent, request_id, created_at)
         VALUES (gen_random_uuid(), 'sign_in_failed', $1, $2, '192.0.2.1', 'late', 'mine', ${now}),
           (gen_random_uuid(), 'signed_out', $1, $2, NULL, NULL, 'mine', ${now})`,
        [subject, actor],
      );
    await late(gone.id, null);
    await late(person.id, gone.id);
    await late(person.id, person.id);
    await run();
    const rows = await test.query(
      `SELECT subject_id, actor_id, ip FROM audit_events WHERE action = 'sign_in_failed' ORDER BY ip`,
    );
    expect(rows).toHaveLength(3);
    expect(rows.filter(({ ip }) => ip !== null)).toEqual([
      { subject_id: person.id, actor_id: person.id, ip: '192.0.2.1' },
    ]);
    expect(
      await test.query('SELECT FROM audit_events WHERE ip IS NULL AND user_agent IS NOT NULL'),
    ).toEqual([]);
    expect(await test.query(`SELECT actor_id FROM audit_events WHERE request_id = 'mine'`)).toEqual(
      [{ actor_id: person.id }, { actor_id: person.id }],
    );
  });

  it('not even of two who were deleted and met each other in thousands of events', async () => {
    await start();
    const [one, two] = [await signedIn(test), await signedIn(test)];
    for (const { tokens } of [one, two])
      await test.api.delete('users/me', { token: tokens.access_token });
    await test.query(
      `INSERT INTO audit_events (id, action, subject_id, actor_id, ip, created_at)
       SELECT gen_random_uuid(), 'user_updated', $1, $2, '192.0.2.1', ${now}
       FROM generate_series(1, 2345)`,
      [one.person.id, two.person.id],
    );
    await run();
    expect(await test.query(`SELECT FROM audit_events WHERE ip = '192.0.2.1'`)).toEqual([]);
  });
});

describe('how it is done', () => {
  it('in batches of a thousand rows, until none is left', async () => {
    await start();
    await addSessions(2_345, 31);
    const purge = jest.spyOn(test.app.get(SessionsService), 'purge');
    await run();
    const batches = await Promise.all(purge.mock.results.map(({ value }) => value));
    expect(batches).toEqual([1_000, 1_000, 345]);
    expect(purge.mock.calls.map(([, , most]) => most)).toEqual([1_000, 1_000, 1_000]);
    expect(await countOf(test, 'sessions')).toBe(0);
  });

  it('never waits for a row that somebody uses: that one is for the next run', async () => {
    await start();
    await addSessions(2, 31);
    const [{ id }] = await test.query('SELECT id FROM sessions LIMIT 1');
    const held = await standstill(test, `SELECT FROM sessions WHERE id = '${id}' FOR UPDATE`);
    await run();
    expect(await kept('sessions', 'id')).toEqual([id]);
    await held.release();
    await run();
    expect(await countOf(test, 'sessions')).toBe(0);
  });

  it('by one process at a time: the other leaves it alone, and does not wait', async () => {
    await start();
    await addSessions(1, 31);
    const held = await standstill(
      test,
      `SELECT pg_advisory_xact_lock(hashtext('gatehouse.retention.sessions'))`,
    );
    await run();
    expect(await countOf(test, 'sessions')).toBe(1);
    await held.release();
    await Promise.all(Array.from({ length: 16 }, run));
    expect(await countOf(test, 'sessions')).toBe(0);
    expect(test.logs.filter((line) => line.includes('retention failed'))).toEqual([]);
  });

  it('with a fault that is logged, that stops nothing else, and that the next run gets over', async () => {
    await start();
    await addSessions(1, 31);
    await addEvents(1, 366);
    jest
      .spyOn(test.app.get(AuditService), 'purge')
      .mockRejectedValueOnce(new Error('the disk is full'));
    await test.query(`INSERT INTO rate_limits (key, points, expire) VALUES ('old', 1, 0)`);
    await run();
    expect([await countOf(test, 'sessions'), await countOf(test, 'rate_limits')]).toEqual([0, 0]);
    const failed = test.logs.filter((line) => line.includes('"msg":"retention failed"'));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toContain('audit_events');
    const events = await countOf(test, 'audit_events');
    await run();
    expect(await countOf(test, 'audit_events')).toBe(events - 1);
  });

  it('up to the batch that is under way, when the process is told to stop', async () => {
    await start();
    await addSessions(2_001, 31);
    const held = await standstill(test, 'LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    const running = await held.queue(run);
    const timer = test.app.get(RetentionTimer);
    Object.assign(timer, { running: running.answer });
    let isDown = false;
    const shutdown = timer.beforeApplicationShutdown().then(() => (isDown = true));
    await test.app.get(DataSource).query('SELECT 1');
    expect(isDown).toBe(false);
    await held.release();
    await shutdown;
    expect(await countOf(test, 'sessions')).toBe(1_001);
  });

  it('in processes that work, and not in those that only answer', async () => {
    test = await startTestApp({ env: { PROCESS_ROLE: 'worker' } });
    expect(test.app.get(RetentionTimer, { strict: false })).toBeDefined();
    await test.close();
    test = await startTestApp({ env: { PROCESS_ROLE: 'api' } });
    expect(() => test.app.get(RetentionTimer, { strict: false })).toThrow();
  });
});
