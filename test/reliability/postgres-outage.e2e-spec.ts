import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from '../../src/data-source';
import type { DatabaseConnection } from '../../src/database/database-connection';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { migrate } from '../../src/database/migrate';
import type { Answer } from '../support/api';
import { signedIn, signUp, sixteen, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

let directory: string;
let postgres: EmbeddedPostgres;
let test: TestApp;

const start = async () => {
  postgres = await startEmbeddedPostgres(directory, { durable: false });
};

const pidFile = () => join(postgres.dataDirectory, 'postmaster.pid');

async function stop(): Promise<void> {
  postgres.release();
  await until(() => !existsSync(pidFile()));
}

/** The server and all the processes that serve its connections. */
function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = Number.parseInt(readFileSync(pidFile(), 'utf8'), 10);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  for (const one of [pid, ...children.map(Number)]) process.kill(one, name);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-outage-'));
  chmodSync(directory, 0o755);
  await start();
  const { host, user, database } = postgres;
  const connection: DatabaseConnection = {
    options: { host, port: 5432, ssl: false, user, database },
  };
  await migrate(connection, dataSourceOptions(connection, 1));
  test = await startTestApp({ connect: () => connection });
});
afterEach(async () => {
  await test.close();
  await stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Sixteen callers at once; half of them read, half begin a transaction with nothing before it. */
const ask = ({ access_token: token }: Tokens): Promise<Answer[]> =>
  sixteen((n) =>
    n % 2 === 0
      ? test.api.get('auth/me', { token })
      : test.api.post('auth/password/reset/request', { email: 'nobody@example.com' }),
  );

function expectPatience(answers: readonly Answer[]): void {
  for (const answer of answers) {
    expectProblem(answer, 503, 'dependency_down');
    expect(answer.headers.get('retry-after')).toBe('5');
  }
}

/** It came back: for those with a session, for newcomers, and for their mails. */
async function isWell(tokens: Tokens): Promise<void> {
  await until(async () => (await test.api.get('health/ready')).status === 200);
  await until(async () => (await test.api.get('health/queue')).status === 200);
  const answers = await ask(tokens);
  expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
  const person = await signUp(test);
  await test.inbox.waitFor(person.email, /confirm/i);
  await test.mailsSettled();
  expect(test.inbox.of(person.email)).toHaveLength(1);
}

it('while Postgres restarts, requests are told to come again, and then all goes on', async () => {
  const { person, tokens } = await signedIn(test);
  // A mail under way would wait for the end of its claim, and time stands still here.
  await test.mailsSettled();
  await stop();
  expectPatience(await ask(tokens));
  expectPatience([
    await test.api.post('auth/login', { username: person.username, password: person.password }),
    await test.api.get('health'),
    await test.api.get('health/ready'),
  ]);
  expect((await test.api.get('health/live')).status).toBe(200);
  await start();
  await isWell(tokens);
});

it('while Postgres hangs, nobody waits for ever, and then all goes on', async () => {
  const { tokens } = await signedIn(test);
  // Both kinds on connections that are there already.
  await ask(tokens);
  await test.mailsSettled();
  signal('SIGSTOP');
  try {
    const answers = ask(tokens);
    expectPatience(await Promise.all([test.api.get('health'), test.api.get('health/ready')]));
    expectPatience(await answers);
  } finally {
    signal('SIGCONT');
  }
  await isWell(tokens);
  const [{ open }] = await test.query(
    `SELECT count(*)::int AS open FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'`,
  );
  expect(open).toBe(0);
});
