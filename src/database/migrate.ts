import { runMigrations as migrateQueue } from 'bullmq';
import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConnection } from './database-connection';

/** The schema that BullMQ keeps its own tables in. */
export const QUEUE_SCHEMA = 'bullmq';
/** Any fixed number: whoever migrates this database holds this advisory lock. */
const MIGRATION_LOCK = 7_462_201;

/**
 * Brings the database to the newest schema, ours and the queue's. Any number of processes may
 * start at once: one migrates, the others wait for it and find nothing to do.
 */
export async function migrate(
  connection: DatabaseConnection,
  options: DataSourceOptions,
): Promise<void> {
  const lock = new Client(connection.options);
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // Without the time-outs of requests: an index on a large table takes as long as it takes.
    const patient = { ...options, poolSize: 1, extra: {} } as DataSourceOptions;
    const dataSource = await new DataSource(patient).initialize();
    try {
      await dataSource.runMigrations({ transaction: 'each' });
    } finally {
      await dataSource.destroy();
    }
    await migrateQueue(lock, QUEUE_SCHEMA);
  } finally {
    await lock.end();
  }
}
