import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { JsonLogger } from '../common/logging/json-logger';
import type { AppConfig } from '../config/app-config';
import { loadProcessConfig } from '../config/env';
import { dataSourceOptions } from '../data-source';
import { type DatabaseConnection, directly } from '../database/database-connection';
import { migrate } from '../database/migrate';
import { type OpenDatabase, openDatabase } from '../database/open-database';
import { pendingMigrations } from '../database/pending-migrations';
import { CliError } from './cli-error';

const CONNECT_TIMEOUT_MS = 5_000;

export interface ServiceOptions {
  readonly verbose?: boolean;
}

type Assemble = (config: AppConfig, connection: DatabaseConnection) => DynamicModule;

/**
 * Does `work` beside the service or without it: on the configured database, in the modules that
 * `assemble` names, which send no mail and answer no request. Logs to stderr if `verbose`, else not.
 * @throws CliError if the schema is behind in production
 */
export async function withService<T>(
  assemble: Assemble,
  { verbose = false }: ServiceOptions,
  work: (service: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const config = loadProcessConfig();
  return withDatabase(config, async ({ connection }) => {
    await demandSchema(config, connection);
    const logger = new JsonLogger(verbose ? config.process.logLevel : 'silent', {
      write: (line) => void process.stderr.write(line),
    });
    const service = await NestFactory.createApplicationContext(assemble(config, connection), {
      logger,
      abortOnError: false,
    });
    try {
      return await work(service);
    } finally {
      await service.close();
    }
  });
}

/** The embedded Postgres is started if no process runs it, and stops if nobody else uses it. */
export async function withDatabase<T>(
  config: AppConfig,
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(config);
  try {
    return await work(database);
  } finally {
    database.release();
  }
}

/** In production somebody decides when to migrate; elsewhere it just happens, as at a start. */
async function demandSchema(config: AppConfig, connection: DatabaseConnection): Promise<void> {
  const direct = directly(connection);
  const options = dataSourceOptions(direct, 1);
  const pending = await pendingOf(direct, options);
  if (pending.length === 0) return;
  if (config.environment !== 'production') return migrate(direct, options);
  const names = pending.join(', ');
  throw new CliError(`The database lacks migrations (${names}). Run the command migrate first.`);
}

async function pendingOf(
  connection: DatabaseConnection,
  options: DataSourceOptions,
): Promise<string[]> {
  const client = new Client({ ...connection.options, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  await client.connect();
  try {
    return await pendingMigrations(client, options);
  } finally {
    await client.end();
  }
}
