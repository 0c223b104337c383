import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../data-source';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres';
import { ImpatientClient } from './impatient-client';

let database: TestDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource({
    ...dataSourceOptions(database.connection, 1),
    extra: { Client: ImpatientClient, query_timeout: 200 },
  }).initialize();
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

const backend = async (): Promise<number> => {
  const [{ pid }] = await dataSource.query('SELECT pg_backend_pid() AS pid');
  return pid;
};

it('hangs up on a server that keeps silent, in a transaction too, and the pool has another', async () => {
  const first = await backend();
  const silent = dataSource.transaction((tx) => tx.query('SELECT pg_sleep(30)'));
  await expect(silent).rejects.toThrow('Query read timeout');
  const second = await backend();
  expect(second).not.toBe(first);
  const alone = dataSource.query('SELECT pg_sleep(30)');
  await expect(alone).rejects.toThrow('Query read timeout');
  expect(await backend()).not.toBe(second);
});

it('keeps a connection whose server says no', async () => {
  const first = await backend();
  await expect(dataSource.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
  expect(await backend()).toBe(first);
});
