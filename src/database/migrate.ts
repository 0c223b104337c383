import { setTimeout } from 'node:timers/promises';
import { runMigrations as migrateQueue } from 'bullmq';
import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConnection } from './database-connection';

/** The schema that BullMQ keeps its own tables in. */
export const QUEUE_SCHEMA = 'bullmq';
/** Any fixed number: whoever migrates this database holds this advisory lock. */
const MIGRATION_LOCK = 7_462_201;
const POLL_MS = 100;
/** A statement may take as long as it takes, an index on a large table for one. */
const PATIENCE = `SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
  SET lock_timeout = 0`;

/**
 * Brings the database to the newest schema, ours and the queue's. Any number of processes may
 * start at once: one migrates, the others wait for it and find nothing to do.
 */
export async function migrate(
  connection: DatabaseConnection,
  options: DataSourceOptions,
): Promise<void> {
  const lock = await connect(connection);
  try {
    await acquire(lock);
    await migrateData(connection, options);
    await migrateJobs(connection);
  } finally {
    await lock.end();
  }
}

async function migrateJobs(connection: DatabaseConnection): Promise<void> {
  const client = await connect(connection);
  try {
    await migrateQueue(client, QUEUE_SCHEMA);
  } finally {
    await client.end();
  }
}

async function connect({ options, isPooled }: DatabaseConnection): Promise<Client> {
  const client = new Client(options);
  // Told by the query that meets it.
  client.on('error', () => {});
  await client.connect();
  if (!isPooled) await client.query(PATIENCE);
  return client;
}

/**
 * The lock is a transaction's and not a session's, which behind a PgBouncer would be anybody's; and
 * who waits for it leaves between two looks, or those who wait could take up all connections there.
 */
async function acquire(lock: Client): Promise<void> {
  for (;;) {
    await lock.query('BEGIN');
    await lock.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const { rows } = await lock.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1) AS locked',
      [MIGRATION_LOCK],
    );
    if (rows[0]!.locked) return;
    await lock.query('ROLLBACK');
    await setTimeout(POLL_MS);
  }
}

async function migrateData(
  { isPooled }: DatabaseConnection,
  options: DataSourceOptions,
): Promise<void> {
  const patient = { ...options, poolSize: 1, extra: {} } as DataSourceOptions;
  const dataSource = await new DataSource(patient).initialize();
  try {
    // The pool has one connection, so what is set here is set for the migrations.
    if (!isPooled) await dataSource.query(PATIENCE);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}
