import { Redis } from 'ioredis';
import type { TestApp } from './test-app';

/** What is counted, wherever it is counted. Counts are of real time, whatever the clock says. */
interface Counts {
  forget(): Promise<unknown>;
  age(seconds: number): Promise<unknown>;
  read(): Promise<readonly { readonly key: string; readonly points: number }[]>;
}

const inPostgres = ({ query }: TestApp): Counts => ({
  forget: () => query('DELETE FROM rate_limits'),
  age: (seconds) => query('UPDATE rate_limits SET expire = expire - $1 * 1000', [seconds]),
  read: () => query('SELECT key, points FROM rate_limits'),
});

function inRedis(redis: Redis, prefix: string): Counts {
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const some of redis.scanStream({ match: `${prefix}*`, count: 1000 }))
      found.push(...(some as string[]));
    // A scan may come across a key more than once.
    return [...new Set(found)];
  };
  const each = async <T>(work: (key: string) => Promise<T>): Promise<T[]> =>
    Promise.all((await keys()).map(work));
  return {
    forget: () => each((key) => redis.del(key)),
    // One that would have ended by then ends at once.
    age: (seconds) =>
      each(async (key) =>
        redis.pexpire(key, Math.max(0, (await redis.pttl(key)) - seconds * 1000)),
      ),
    read: () =>
      each(async (key) => ({
        key: key.slice(prefix.length),
        points: Number(await redis.get(key)),
      })),
  };
}

async function withCounts<T>(test: TestApp, work: (counts: Counts) => Promise<T>): Promise<T> {
  const settings = test.config.redis;
  if (!settings) return work(inPostgres(test));
  const redis = new Redis({ ...settings.nodes[0]!, db: settings.database });
  return work(inRedis(redis, `${settings.prefix}:limit:`)).finally(() => redis.disconnect());
}

/** As if nobody had ever done anything. */
export const forgetCounts = (test: TestApp) => withCounts(test, (counts) => counts.forget());

/** Moves what was counted into the past, instead of waiting. */
export const ageCounts = (test: TestApp, seconds: number) =>
  withCounts(test, (counts) => counts.age(seconds));

/** Each as `name:digest`. */
export const readCounts = (test: TestApp) => withCounts(test, (counts) => counts.read());
