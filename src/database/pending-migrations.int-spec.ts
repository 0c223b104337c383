import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres';
import { dataSourceOptions } from '../data-source';
import { migrate } from './migrate';
import { pendingMigrations } from './pending-migrations';

let database: TestDatabase;
let client: Client;
beforeEach(async () => {
  database = await createTestDatabase({ migrated: false });
  client = new Client(database.connection.options);
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

const options = () => dataSourceOptions(database.connection, 1);
const pending = () => pendingMigrations(client, options());
const tables = async () => {
  const { rows } = await client.query(
    `SELECT FROM pg_tables WHERE schemaname IN ('public', 'bullmq')`,
  );
  return rows.length;
};

it('are all, and those of the queue, in an empty database, which stays empty', async () => {
  const names = await pending();
  expect(names[0]).toBe('Accounts1793000000000');
  expect(names.at(-1)).toBe('bullmq');
  expect(names).toHaveLength((options().migrations as unknown[]).length + 1);
  expect(await tables()).toBe(0);
});

it('are none once the database was migrated', async () => {
  await migrate(database.connection, options());
  expect(await pending()).toEqual([]);
});

it('are those that were taken back, and not those of a newer build', async () => {
  await migrate(database.connection, options());
  const dataSource = await new DataSource(options()).initialize();
  const newest = dataSource.migrations.at(-1)!;
  await dataSource.undoLastMigration();
  await dataSource.destroy();
  await client.query(
    `INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Future9999')`,
  );
  expect(await pending()).toEqual([newest.name ?? newest.constructor.name]);
});
