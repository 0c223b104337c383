import { Client } from 'pg';
import { checkReplica } from '../../src/cli/doctor/other-addresses-check';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type Person, signedInAs, signUp, signUpVerified, type Tokens } from '../support/people';
import { TestProxy } from '../support/proxy';
import { startTestApp, type TestApp } from '../support/test-app';

/** Not a copy but another database: whatever shows what is in there was read from there. */
let replica: TestDatabase;
let proxy: TestProxy;
let test: TestApp;
let admin: Tokens;
let person: Person;

async function fillReplica(): Promise<void> {
  const client = new Client(replica.connection.options);
  await client.connect();
  await client.query(`
    INSERT INTO users (id, username, security_stamp, created_at, updated_at)
    VALUES (gen_random_uuid(), 'replicated', gen_random_uuid(), '2020-01-01Z', '2020-01-01Z');
    INSERT INTO audit_events (id, action, created_at)
    VALUES (gen_random_uuid(), 'user_created', '2020-01-01Z')`);
  await client.end();
}

beforeEach(async () => {
  replica = await createTestDatabase();
  await fillReplica();
  proxy = await TestProxy.to(replica.connection.options);
  test = await startTestApp({
    connect: ({ options }) => ({
      options,
      replica: { ...replica.connection.options, host: '127.0.0.1', port: proxy.port },
    }),
  });
  admin = (await signedInAs(test, 'admin')).tokens;
  person = await signUpVerified(test);
});
afterEach(async () => {
  await test.close();
  await proxy.close();
  await replica.drop();
});

const get = (path: string, { access_token: token }: Tokens = admin) =>
  test.api.get(path, { token });

const names = async (query = ''): Promise<string[]> =>
  (await get(`users${query}`)).body.map(({ username }: { username: string }) => username);

const complaints = (): number =>
  test.logs.filter((line) => line.includes('the replica does not answer')).length;

it('shows lists, searches and counts of the replica', async () => {
  const listed = await get('users');
  expect(listed.headers.get('x-total-count')).toBe('1');
  expect(await names()).toEqual(['replicated']);
  expect(await names('?q=replicat')).toEqual(['replicated']);
  expect(await names(`?q=${person.username}`)).toEqual([]);
  expect((await get('users/stats/count')).body.total_users).toBe(1);
  const events = (await get('audit-events')).body;
  expect(events.map(({ action }: { action: string }) => action)).toEqual(['user_created']);
});

it('shows everybody what they are, have and did themselves at once', async () => {
  const { tokens } = await signedInAs(test, 'user');
  expect((await get(`users/${person.id}`)).body.username).toBe(person.username);
  await test.api.patch('users/me', { bio: 'new' }, { token: tokens.access_token });
  expect((await get('users/me', tokens)).body.bio).toBe('new');
  expect((await get('users/me/sessions', tokens)).body.count).toBe(1);
  const activity = (await get('users/me/activity', tokens)).body;
  expect(JSON.stringify(activity)).toContain('sign_in_succeeded');
  expect((await get('users/me/export', tokens)).text).toContain('sign_in_succeeded');
  expect((await get('mails')).body.length).toBeGreaterThan(0);
});

it('reads from the primary while the replica is away, and soon from the replica again', async () => {
  await proxy.close();
  expect(await names(`?q=${person.username}`)).toEqual([person.username]);
  expect((await get('users/stats/count')).body.total_users).toBe(2);
  expect((await get('health/ready')).status).toBe(200);
  // Once for the ten seconds in which it is left alone.
  expect(complaints()).toBe(1);
  await proxy.open();
  expect(await names(`?q=${person.username}`)).toEqual([person.username]);
  test.clock.advance({ seconds: 10 });
  expect(await names()).toEqual(['replicated']);
});

it('reads from the primary what the replica does not have yet', async () => {
  const client = new Client(replica.connection.options);
  await client.connect();
  await client.query('ALTER TABLE users DROP COLUMN niche_preference');
  await client.end();
  expect(await names(`?q=${person.username}`)).toEqual([person.username]);
  const events = (await get('audit-events')).body;
  expect(events.map(({ action }: { action: string }) => action)).toEqual(['user_created']);
});

it('doctor finds a replica that follows nobody, lacks the schema or is away', async () => {
  const empty = await createTestDatabase({ migrated: false });
  for (const [options, message] of [
    [replica.connection.options, /^follows no primary/],
    [empty.connection.options, /^lacks Accounts1793000000000, .*bullmq$/],
    [{ host: '127.0.0.1', port: 1 }, /^DATABASE_REPLICA_URL does not answer/],
  ] as const)
    expect(await checkReplica(options)).toEqual([
      expect.objectContaining({
        level: 'warn',
        topic: 'replica',
        message: expect.stringMatching(message),
      }),
    ]);
  await empty.drop();
});

it('does not need the replica to start or to sign up', async () => {
  await proxy.close();
  const second = await startTestApp({
    connect: ({ options }) => ({
      options,
      replica: { ...replica.connection.options, host: '127.0.0.1', port: proxy.port },
    }),
  });
  const somebody = await signUp(second);
  await second.inbox.waitFor(somebody.email, /confirm/i);
  await second.close();
  await proxy.open();
});
