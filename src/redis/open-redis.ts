import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from '../config/redis-url';

/** A connection to one Redis, or to a Cluster as if it were one. */
export type RedisClient = Redis | Cluster;

/** How a client behaves, wherever it is connected to. */
export type RedisBehaviour = Pick<
  RedisOptions,
  | 'commandTimeout'
  | 'connectTimeout'
  | 'enableOfflineQueue'
  | 'lazyConnect'
  | 'maxRetriesPerRequest'
  | 'retryStrategy'
  | 'socketTimeout'
>;

/** For what can do without: no command waits for a Redis that is away, which is sought meanwhile. */
export const FAILS_FAST: RedisBehaviour = { enableOfflineQueue: false, maxRetriesPerRequest: 0 };

/** What a server is given to hang up as well. */
const GOODBYE_MS = 500;
/** A sentinel that hangs is passed over, and the next one asked. */
const SENTINEL_PATIENCE_MS = 2_000;

/**
 * Opens what `REDIS_URL` names. The caller listens to `error` and closes it. It connects again by
 * itself, for as long as it takes, unless `behaviour` says otherwise.
 */
export function openRedis(target: RedisTarget, behaviour: RedisBehaviour): RedisClient {
  const { kind, nodes, master, database: db, tls, sentinel } = target;
  const own: RedisOptions = {
    ...behaviour,
    connectionName: 'gatehouse',
    disconnectTimeout: GOODBYE_MS,
    // Where a name stands for whichever is the master, one that is demoted keeps its connections.
    reconnectOnError: ({ message }) => message.includes('READONLY'),
    ...(target.username !== null && { username: target.username }),
    ...(target.password !== null && { password: target.password }),
    ...(tls && { tls: {} }),
  };
  if (kind === 'cluster') return tidied(openCluster(target, own, behaviour));
  if (kind === 'single') return tidied(new Redis({ ...own, ...nodes[0]!, db }));
  return tidied(
    new Redis({
      ...own,
      db,
      sentinels: [...nodes],
      name: master!,
      sentinelCommandTimeout: SENTINEL_PATIENCE_MS,
      ...(behaviour.retryStrategy && { sentinelRetryStrategy: behaviour.retryStrategy }),
      ...(sentinel.username !== null && { sentinelUsername: sentinel.username }),
      ...(sentinel.password !== null && { sentinelPassword: sentinel.password }),
      ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    }),
  );
}

/** Whether it is connected, at the latest by then. It goes on trying either way. */
export async function isConnected(redis: RedisClient, withinMs: number): Promise<boolean> {
  if (redis.status === 'ready') return true;
  return new Promise((resolve) => {
    const settle = (answer: boolean) => () => {
      clearTimeout(timer);
      redis.off('ready', onReady);
      resolve(answer);
    };
    const onReady = settle(true);
    const timer = setTimeout(settle(false), withinMs);
    redis.once('ready', onReady);
  });
}

/** With its copies, such as the one that BullMQ makes of it for a worker to wait on. */
function tidied<R extends RedisClient>(redis: R): R {
  if (redis instanceof Cluster) redis.on('+node', tidy);
  else tidy(redis);
  const duplicate = redis.duplicate.bind(redis) as (...words: unknown[]) => R;
  return Object.assign(redis, { duplicate: (...words: unknown[]) => tidied(duplicate(...words)) });
}

/** ioredis lets the timer of `socketTimeout` outlive the connection, and end the next one. */
function tidy(redis: Redis): void {
  const own = redis as unknown as { socketTimeoutTimer?: NodeJS.Timeout };
  redis.on('close', () => {
    clearTimeout(own.socketTimeoutTimer);
    own.socketTimeoutTimer = undefined;
  });
}

function openCluster(
  { nodes, tls }: RedisTarget,
  redisOptions: RedisOptions,
  { enableOfflineQueue = true, lazyConnect = false, retryStrategy }: RedisBehaviour,
): Cluster {
  return new Cluster([...nodes], {
    redisOptions,
    enableOfflineQueue,
    lazyConnect,
    ...(retryStrategy && { clusterRetryStrategy: retryStrategy }),
    // A certificate names the host, not the address that the cluster announces.
    ...(tls && { dnsLookup: (address, done) => done(null, address) }),
  });
}
