import { Redis } from 'ioredis';
import { type Finding, findingsOf } from './finding';

const queue = findingsOf('queue');

const TIMEOUT_MS = 5_000;
/** What BullMQ demands, and what it asks for. */
const LEAST_VERSION = [5, 0] as const;
const WANTED_VERSION = [6, 2] as const;

/** The Redis that the queue is on. Only reads; what it may not read it says. */
export async function checkRedis(url: string): Promise<Finding[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let trouble = '';
  redis.on('error', (error) => (trouble = reasonOf(error)));
  try {
    await redis.connect();
    return judge(await redis.info());
  } catch (error) {
    const reason = trouble || reasonOf(error as Error);
    return [queue.fail(`Redis does not answer (${reason})`, 'Start it, or correct REDIS_URL.')];
  } finally {
    redis.disconnect();
  }
}

function judge(info: string): Finding[] {
  const version = valueIn(info, 'redis_version') ?? '0';
  const policy = valueIn(info, 'maxmemory_policy');
  return [judgeVersion(version), judgePolicy(policy)];
}

function judgeVersion(version: string): Finding {
  const message = `Redis answers; it is version ${version}`;
  const fix = `Upgrade it to ${WANTED_VERSION.join('.')} or newer.`;
  if (isOlder(version, LEAST_VERSION)) return queue.fail(message, fix);
  return isOlder(version, WANTED_VERSION) ? queue.warn(message, fix) : queue.ok(message);
}

function judgePolicy(policy: string | null): Finding {
  const fix = 'On the Redis: CONFIG SET maxmemory-policy noeviction, and the same in its file.';
  if (policy === null) return queue.warn('Redis does not tell its maxmemory-policy', fix);
  return policy === 'noeviction'
    ? queue.ok('maxmemory-policy is noeviction')
    : queue.fail(`maxmemory-policy is ${policy}: Redis may throw jobs away`, fix);
}

const valueIn = (info: string, name: string): string | null =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, least = 0] = version.split('.').map(Number);
  return ours < major || (ours === major && least < minor);
}

/** Never the URL, which may hold a password. */
const reasonOf = ({ message, code }: NodeJS.ErrnoException): string => code ?? message;
