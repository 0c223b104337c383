import { TestRedis } from './redis-server';

/** What queue and limits of the applications under test are on: `redis`, or Postgres without it. */
const BACKEND = process.env.TEST_BACKEND ?? 'postgres';

let count = 0;

/** One Redis for the whole run, where the applications are to be on Redis. */
export async function startTestBackend(): Promise<() => Promise<void>> {
  if (BACKEND !== 'redis') return async () => {};
  const redis = await TestRedis.start();
  process.env.TEST_REDIS_URL = redis.url;
  return () => redis.stop();
}

/** What an application has to be told to be on it, apart from all others. */
export function backendEnvironment(): Record<string, string> {
  if (BACKEND !== 'redis') return {};
  return {
    REDIS_URL: process.env.TEST_REDIS_URL!,
    REDIS_PREFIX: `t-${process.pid}-${process.hrtime.bigint()}-${count++}`,
  };
}
