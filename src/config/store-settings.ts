import type { AppConfig } from './app-config';
import type { Values } from './variables';

/** Where data is kept, as it was said. */
export function storeSettings(values: Values): Pick<AppConfig, 'database' | 'redis'> {
  return {
    database: {
      url: values.DATABASE_URL,
      isPooled: values.DATABASE_PGBOUNCER,
      directUrl: values.DATABASE_DIRECT_URL,
      replicaUrl: values.DATABASE_REPLICA_URL,
      poolSize: values.DATABASE_POOL_SIZE,
    },
    redis: values.REDIS_URL && { ...values.REDIS_URL, prefix: values.REDIS_PREFIX },
  };
}

/** What each value alone cannot show. Values that did not parse are absent here. */
export function storeProblems(values: Partial<Values>): string[] {
  const { DATABASE_URL, DATABASE_PGBOUNCER, DATABASE_DIRECT_URL, REDIS_URL } = values;
  if (DATABASE_URL === null)
    return (['DATABASE_PGBOUNCER', 'DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL'] as const)
      .filter((name) => values[name])
      .map((name) => `${name}: must be set together with DATABASE_URL`);
  if (DATABASE_DIRECT_URL && DATABASE_PGBOUNCER === false)
    return [
      'DATABASE_DIRECT_URL: is for DATABASE_PGBOUNCER=true; without it DATABASE_URL is direct',
    ];
  // The queue on Postgres listens for notifications, which belong to a session.
  if (DATABASE_PGBOUNCER && DATABASE_DIRECT_URL === null && REDIS_URL === null)
    return [
      'DATABASE_DIRECT_URL: is required with DATABASE_PGBOUNCER, or REDIS_URL, for the mail queue',
    ];
  return [];
}
