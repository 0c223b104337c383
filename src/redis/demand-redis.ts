import type { RedisTarget } from '../config/redis-url';
import { ConfigError } from '../config/env';
import { inspectRedis } from './inspect-redis';

interface Log {
  error(line: object): void;
  warn(line: object): void;
}

/**
 * Lets the service start on this Redis. One that does not answer is no reason not to: sign-in does
 * without it, mails wait in the outbox, and it is sought until it is back. One that answers and is
 * not fit would lose mails quietly, and only somebody can mend that.
 * @throws ConfigError, one line a trouble, each naming REDIS_URL
 */
export async function demandRedis(target: RedisTarget, log: Log): Promise<void> {
  const { silence, troubles } = await inspectRedis(target);
  if (silence !== null) log.error({ msg: 'Redis does not answer', reason: silence });
  const certain = troubles.filter(({ isCertain }) => isCertain);
  if (certain.length > 0)
    throw new ConfigError(certain.map(({ message, fix }) => `REDIS_URL: ${message}. ${fix}`));
  for (const { message, fix } of troubles) log.warn({ msg: message, fix });
}
