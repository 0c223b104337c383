import type { RedisTarget } from '../../config/redis-url';
import { inspectRedis } from '../../redis/inspect-redis';
import { type Finding, findingsOf } from './finding';

const queue = findingsOf('queue');

/** The Redis that queue and limits are on. Only reads; what it may not read it says. */
export async function checkRedis(target: RedisTarget): Promise<Finding[]> {
  const { silence, facts, troubles } = await inspectRedis(target);
  if (silence !== null)
    return [queue.fail(`Redis does not answer (${silence})`, 'Start it, or correct REDIS_URL.')];
  return [
    ...facts.map(queue.ok),
    ...troubles.map(({ isCertain, message, fix }) =>
      isCertain ? queue.fail(message, fix) : queue.warn(message, fix),
    ),
  ];
}
