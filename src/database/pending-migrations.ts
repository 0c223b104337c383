import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  SchemaMigrationRequiredError,
} from 'bullmq';
import type { Client } from 'pg';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import { QUEUE_SCHEMA } from './migrate';

type Migration = new () => MigrationInterface;

/** The migrations that this build has and the database does not, ours and the queue's. Only reads. */
export async function pendingMigrations(
  client: Client,
  { migrations }: DataSourceOptions,
): Promise<string[]> {
  const done = await namesOfDone(client);
  const pending = (migrations as unknown as readonly Migration[])
    .map((migration) => new migration().name ?? migration.name)
    .filter((name) => !done.has(name));
  return (await isQueueBehind(client)) ? [...pending, QUEUE_SCHEMA] : pending;
}

async function namesOfDone(client: Client): Promise<ReadonlySet<string>> {
  const { rows: tables } = await client.query<{ migrations: string | null }>(
    `SELECT to_regclass('migrations')::text AS migrations`,
  );
  if (!tables[0]?.migrations) return new Set();
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations');
  return new Set(rows.map(({ name }) => name));
}

async function isQueueBehind(client: Client): Promise<boolean> {
  try {
    return (await assertSchemaCompatibility(client, QUEUE_SCHEMA)) < LATEST_SCHEMA_VERSION;
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return true;
    throw error;
  }
}
