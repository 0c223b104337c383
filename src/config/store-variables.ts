import { flag, keyPrefix, redisUrl, url, whole } from './values';
import { variable } from './variable';

const postgresUrl = url('postgres:', 'postgresql:');

/** Where data is kept: Postgres in whatever shape, and Redis. */
export const STORE_VARIABLES = {
  DATABASE_URL: variable(
    postgresUrl,
    null,
    'postgres://user:password@host:5432/name; the embedded Postgres where empty',
  ),
  DATABASE_POOL_SIZE: variable(whole(2, 1000), '10', 'connections a process keeps'),
  DATABASE_PGBOUNCER: variable(
    flag,
    'false',
    'true where DATABASE_URL is a PgBouncer: nothing is asked of it that belongs to a session',
  ),
  DATABASE_DIRECT_URL: variable(
    postgresUrl,
    null,
    'the same database past the PgBouncer, for migrations and the queue; not needed with REDIS_URL',
  ),
  DATABASE_REPLICA_URL: variable(
    postgresUrl,
    null,
    'a read replica, for the lists of users and audit events, which may then be a little late',
  ),
  REDIS_URL: variable(
    redisUrl,
    null,
    'queue and limits on Redis instead of Postgres: redis://, redis+cluster://h1:6379,h2:6379 or redis+sentinel://h1,h2?master=name, rediss for TLS; REDIS_DSN is accepted too',
  ),
  REDIS_PREFIX: variable(
    keyPrefix,
    'gatehouse',
    'what all keys in Redis begin with: another one for each Gatehouse that shares a Redis',
  ),
} as const;
