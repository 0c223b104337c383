import { Client } from 'pg';
import { type Series, seriesOf } from '../support/metrics';
import { signUp } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

const ASKED = [
  'gatehouse_mail_unsent',
  'gatehouse_mail_failed',
  'gatehouse_mail_oldest_unsent_seconds',
  'gatehouse_mail_workers',
  'gatehouse_mail_queue_jobs{state="waiting"}',
];

let test: TestApp;
let operator: Client;
let database: string;
beforeAll(async () => {
  test = await startTestApp();
  [{ database }] = await test.query('SELECT current_database() AS database');
  const { TEST_PG_HOST: host, TEST_PG_USER: user } = process.env;
  operator = new Client({ host, user, database: 'postgres' });
  await operator.connect();
});
afterAll(async () => {
  await test.close();
  await operator.end();
});

const allowConnections = (isAllowed: boolean) =>
  operator.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS ${isAllowed}`);

async function cutOff(): Promise<void> {
  await allowConnections(false);
  await operator.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
    [database],
  );
}

const upOf = (series: Series) => ({
  outbox: series.get('gatehouse_source_up{source="outbox"}'),
  queue: series.get('gatehouse_source_up{source="queue"}'),
});

it('serves all but what the database would have to be asked for, and that again afterwards', async () => {
  await signUp(test);
  await test.mailsSettled();
  const before = await seriesOf(test);
  expect(ASKED.filter((name) => !before.has(name))).toEqual([]);
  expect(upOf(before)).toEqual({ outbox: 1, queue: 1 });
  expect(before.get('gatehouse_mail_workers')).toBe(1);

  await cutOff();
  const meanwhile = await seriesOf(test);
  expect(ASKED.filter((name) => meanwhile.has(name))).toEqual([]);
  expect(upOf(meanwhile)).toEqual({ outbox: 0, queue: 0 });
  expect(meanwhile.get('gatehouse_security_events_total{action="user_registered"}')).toBe(1);
  expect(meanwhile.has('process_cpu_seconds_total')).toBe(true);

  await allowConnections(true);
  const after = await until(async () => {
    const series = await seriesOf(test);
    return upOf(series).outbox && upOf(series).queue ? series : null;
  });
  expect(ASKED.filter((name) => !after.has(name))).toEqual([]);
});
