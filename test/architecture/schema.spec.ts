import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/data-source';
import { migrate } from '../../src/database/migrate';
import { schemaDrift } from '../../src/database/schema-drift';
import { createTestDatabase, type TestDatabase } from '../support/postgres';

let database: TestDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await createTestDatabase({ migrated: false });
  dataSource = new DataSource(dataSourceOptions(database.connection, 2));
  await dataSource.initialize();
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

const run = () => migrate(database.connection, dataSourceOptions(database.connection, 2));

const tables = async (): Promise<string[]> => {
  const rows = await dataSource.query(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
  );
  return rows.map((row: { table_name: string }) => row.table_name);
};

it('leaves nothing to generate after the migrations', async () => {
  await run();
  expect(await schemaDrift(dataSource)).toEqual({ up: [], down: [] });
});

it('takes every migration back', async () => {
  await run();
  for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
  expect(await tables()).toEqual(['migrations']);
  await run();
  expect(await schemaDrift(dataSource)).toEqual({ up: [], down: [] });
});

it('migrates once when eight processes start at the same time', async () => {
  await Promise.all(Array.from({ length: 8 }, run));
  const [{ count }] = await dataSource.query('SELECT count(*)::int AS count FROM migrations');
  expect(count).toBe(dataSource.migrations.length);
});
