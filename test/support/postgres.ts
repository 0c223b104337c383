import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { dataSourceOptions } from '../../src/data-source';
import type { DatabaseConnection } from '../../src/database/database-connection';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { migrate } from '../../src/database/migrate';
import { until } from './until';

const TEMPLATE = 'gatehouse_template';

const connectionTo = (database: string): DatabaseConnection => ({
  options: {
    host: process.env.TEST_PG_HOST!,
    port: 5432,
    ssl: false,
    user: process.env.TEST_PG_USER!,
    database,
  },
});

async function execute(sql: string): Promise<void> {
  const client = new Client(connectionTo('postgres').options);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** One throwaway server for the whole run, and in it a migrated database to clone. */
export async function startTestPostgres(): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  chmodSync(directory, 0o755);
  const postgres = await startEmbeddedPostgres(directory, { durable: false });
  process.env.TEST_PG_HOST = postgres.host;
  process.env.TEST_PG_USER = postgres.user;
  await execute(`CREATE DATABASE ${TEMPLATE}`);
  const template = connectionTo(TEMPLATE);
  await migrate(template, dataSourceOptions(template, 1));
  return async () => {
    postgres.release();
    await until(() => !existsSync(join(postgres.dataDirectory, 'postmaster.pid')));
    rmSync(directory, { recursive: true, force: true });
  };
}

export interface TestDatabase {
  readonly connection: DatabaseConnection;
  drop(): Promise<void>;
}

let count = 0;

/** A private copy of the migrated database, in tens of milliseconds; empty on request. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const name = `t_${process.pid}_${process.hrtime.bigint()}_${count++}`;
  await execute(`CREATE DATABASE ${name}${migrated ? ` TEMPLATE ${TEMPLATE}` : ''}`);
  return {
    connection: connectionTo(name),
    drop: () => execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
