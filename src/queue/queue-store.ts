import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type Processor,
  type QueueOptions,
  Worker,
} from 'bullmq';
import { AppConfig, type RedisSettings } from '../config/app-config';
import { DatabaseConnection, directly } from '../database/database-connection';
import { QUEUE_SCHEMA } from '../database/migrate';
import { examineRedis } from '../redis/inspect-redis';
import { FAILS_FAST, isConnected, openRedis, type RedisClient } from '../redis/open-redis';

export type QueueWorker<T> = Worker<T, void, string, IQueueBackend>;

/** Connections that a queue or worker keeps when it runs on Postgres. */
const POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than any answer takes. A worker that waits for work is answered every ten seconds. */
const SILENCE_MS = 15_000;
/** After so much silence on a connection another one is made, to the same server or the next. */
const ASKS_BRIEFLY = { ...FAILS_FAST, commandTimeout: 5_000, socketTimeout: 5_000 };
/** What a start waits for Redis: usually it is there in no time, or not at all. */
const FIRST_CONNECTION_MS = 2_000;

/** Where every queue of the service lives: on Redis with REDIS_URL, otherwise on Postgres. */
@Injectable()
export class QueueStore implements OnModuleInit, OnApplicationShutdown {
  readonly kind: 'redis' | 'postgres';
  /** What a queue, to which jobs are added, is made with. */
  readonly queueOptions: QueueOptions;
  readonly backend: BackendFactory;
  private readonly logger = new Logger(QueueStore.name);
  private readonly redis: RedisSettings | null;
  private readonly clients: RedisClient[] = [];

  constructor({ redis }: AppConfig, database: DatabaseConnection) {
    this.redis = redis;
    this.kind = redis ? 'redis' : 'postgres';
    this.backend = redis ? createRedisBackend : (createPostgresBackend as BackendFactory);
    this.queueOptions = redis
      ? {
          connection: this.watched(redis),
          ...redisOptions(redis),
          // Nor does the queue itself wait for Redis, or for its version, which we look at.
          skipWaitingForReady: true,
        }
      : postgresOptions(database);
  }

  /** Starts without a Redis that is away. */
  async onModuleInit(): Promise<void> {
    await Promise.all(this.clients.map((client) => isConnected(client, FIRST_CONNECTION_MS)));
  }

  /** A worker that does nothing before it is told to run. The caller closes it. */
  worker<T>(queue: string, concurrency: number, work: Processor<T, void>): QueueWorker<T> {
    const store = this.redis
      ? { ...redisOptions(this.redis), connection: this.patient(this.redis) as never }
      : this.queueOptions;
    const options = { ...store, concurrency, autorun: false };
    return new Worker<T, void, string, IQueueBackend>(queue, work, options, this.backend);
  }

  /** False where it is known to be away. */
  get isUp(): boolean {
    return this.clients.every(({ status }) => status === 'ready');
  }

  onApplicationShutdown(): void {
    this.clients.forEach((client) => client.disconnect());
  }

  /** For adding and asking: what the outbox remembers need not wait for a Redis that is away. */
  private watched(redis: RedisSettings): RedisClient {
    const client = openRedis(redis, ASKS_BRIEFLY);
    client.on('ready', () => void this.look(client));
    return this.kept(client);
  }

  /** For workers: BullMQ demands that a command waits for as long as Redis is away. */
  private patient(redis: RedisSettings): RedisClient {
    return this.kept(openRedis(redis, { maxRetriesPerRequest: null, socketTimeout: SILENCE_MS }));
  }

  private kept(client: RedisClient): RedisClient {
    // Told by the queue and by the worker, which listen as well.
    client.on('error', () => {});
    this.clients.push(client);
    return client;
  }

  /** At every connection, since it may be another server than before. */
  private async look(client: RedisClient): Promise<void> {
    const { troubles } = await examineRedis(client).catch(() => ({ troubles: [] }));
    for (const { isCertain, message, fix } of troubles)
      if (isCertain) this.logger.error({ msg: `REDIS_URL: ${message}`, fix });
  }
}

const redisOptions = ({ prefix }: RedisSettings) => ({
  // In braces, so that a Cluster keeps all of a queue on one node.
  prefix: `{${prefix}}`,
  // It says on stderr what we say in the log, and fails for good where INFO may not be asked.
  skipVersionCheck: true,
});

/** The queue listens for notifications, which belong to a session: past any PgBouncer. */
function postgresOptions(database: DatabaseConnection): QueueOptions {
  const connection: object = {
    ...directly(database).options,
    schema: QUEUE_SCHEMA,
    migrate: false,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: SILENCE_MS,
    keepAlive: true,
  };
  return { connection };
}
