import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { createPostgresBackend, type QueueOptions, setDefaultBackendFactory } from 'bullmq';
import { AppConfig } from '../config/app-config';
import { DatabaseConnection } from '../database/database-connection';
import { QUEUE_SCHEMA } from '../database/migrate';

/** Connections that a queue or worker keeps when it runs on Postgres. */
const POOL_SIZE = 4;

/** Where every queue of the service lives: on Redis with REDIS_URL, otherwise on Postgres. */
@Module({})
export class QueueModule {
  static register(): DynamicModule {
    return {
      module: QueueModule,
      imports: [
        BullModule.forRootAsync({
          inject: [AppConfig, DatabaseConnection],
          useFactory: queueOptions,
        }),
      ],
    };
  }
}

function queueOptions(config: AppConfig, database: DatabaseConnection): QueueOptions {
  if (config.redis.url) {
    setDefaultBackendFactory();
    return { connection: { url: config.redis.url, maxRetriesPerRequest: null } };
  }
  setDefaultBackendFactory(createPostgresBackend as never);
  const connection = { ...database.options, schema: QUEUE_SCHEMA, max: POOL_SIZE, migrate: false };
  return { connection: connection };
}
