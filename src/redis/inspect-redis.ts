import { Cluster, type Redis } from 'ioredis';
import type { RedisTarget } from '../config/redis-url';
import { openRedis, type RedisClient } from './open-redis';

/** Something that keeps a Redis from holding our queue, or may. Never a secret. */
export interface RedisTrouble {
  /** False: it may be well, and cannot be told. */
  readonly isCertain: boolean;
  readonly message: string;
  readonly fix: string;
}

export interface RedisInspection {
  /** Null where it answered. */
  readonly silence: string | null;
  /** What was found to be well, a sentence each. */
  readonly facts: readonly string[];
  readonly troubles: readonly RedisTrouble[];
}

/** What one server says of itself; null where it does not tell. */
interface SelfPortrait {
  readonly version: string | null;
  readonly policy: string | null;
  readonly mode: string | null;
  readonly role: string | null;
}

const TIMEOUT_MS = 5_000;
/** One try: whoever asks wants to know now. */
const ONCE = {
  lazyConnect: true,
  connectTimeout: TIMEOUT_MS,
  commandTimeout: TIMEOUT_MS,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
} as const;

/** What BullMQ demands, and what it asks for. */
const LEAST_VERSION = [5, 0] as const;
const WANTED_VERSION = [6, 2] as const;
const WANTED_POLICY = 'noeviction';

/** Where Redis says itself that this is not how it is to be reached. */
const REFUSALS: readonly { readonly says: RegExp; readonly fix: string }[] = [
  { says: /\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid password/, fix: 'Correct user and password.' },
  { says: /DB index is out of range/, fix: 'Name a database that it has.' },
  { says: /cluster support disabled/, fix: 'It is no Cluster: write redis://.' },
  { says: /unknown command '?sentinel/i, fix: 'It is no sentinel: write redis://.' },
  {
    says: /No such master|invalid reply: null/,
    fix: 'The sentinels know no master of that name: correct it.',
  },
];

/** Looks at the Redis that `REDIS_URL` names, and changes nothing there. */
export async function inspectRedis(target: RedisTarget): Promise<RedisInspection> {
  const redis = openRedis(target, ONCE);
  const heard: string[] = [];
  const listen = (error: Error | null) => heard.push(...(error ? reasonsOf(error) : []));
  redis.on('error', listen).on('sentinelError', listen);
  try {
    await redis.connect();
    // ioredis goes on in database 0 if it is refused.
    if (target.database !== 0) await redis.select(target.database);
    return { silence: null, ...(await examineRedis(redis)) };
  } catch (error) {
    return failure([...heard, ...reasonsOf(error as Error)]);
  } finally {
    redis.disconnect();
  }
}

/** As `inspectRedis`, over a connection that is there. @throws what the connection throws */
export async function examineRedis(
  redis: RedisClient,
): Promise<Pick<RedisInspection, 'facts' | 'troubles'>> {
  const isCluster = redis instanceof Cluster;
  const portraits = await Promise.all((isCluster ? redis.nodes('master') : [redis]).map(portray));
  const troubles = distinct([
    ...portraits.flatMap(troublesOfVersion),
    ...portraits.flatMap(troublesOfPolicy),
    ...(isCluster ? [] : portraits.flatMap(troublesOfKind)),
  ]);
  const versions = new Set(portraits.map(({ version }) => version ?? 'unknown'));
  const nodes = isCluster ? `, a Cluster of ${portraits.length}` : '';
  const facts = [
    `Redis answers; it is version ${[...versions].join(', ')}${nodes}`,
    ...(portraits.every(({ policy }) => policy === WANTED_POLICY)
      ? [`maxmemory-policy is ${WANTED_POLICY}`]
      : []),
  ];
  return { facts, troubles };
}

async function portray(redis: Redis): Promise<SelfPortrait> {
  const info = await redis.info().catch(emptyIfForbidden);
  return {
    version: valueIn(info, 'redis_version'),
    policy: valueIn(info, 'maxmemory_policy') ?? (await policyOf(redis)),
    mode: valueIn(info, 'redis_mode'),
    role: valueIn(info, 'role'),
  };
}

async function policyOf(redis: Redis): Promise<string | null> {
  const answer = await redis.config('GET', 'maxmemory-policy').catch(() => null);
  return Array.isArray(answer) ? ((answer[1] as string | undefined) ?? null) : null;
}

/** A managed Redis or an ACL may keep it to itself. */
function emptyIfForbidden(error: Error): string {
  if (/NOPERM|unknown command/i.test(error.message)) return '';
  throw error;
}

function troublesOfVersion({ version }: SelfPortrait): RedisTrouble[] {
  const fix = `Upgrade it to ${WANTED_VERSION.join('.')} or newer.`;
  if (version === null) return [trouble(false, 'Redis does not tell its version', fix)];
  const message = `Redis is version ${version}`;
  if (isOlder(version, LEAST_VERSION)) return [trouble(true, `${message}: too old`, fix)];
  return isOlder(version, WANTED_VERSION) ? [trouble(false, `${message}: old`, fix)] : [];
}

function troublesOfPolicy({ policy }: SelfPortrait): RedisTrouble[] {
  if (policy === WANTED_POLICY) return [];
  const fix = 'On the Redis: CONFIG SET maxmemory-policy noeviction, and the same in its file.';
  return [
    policy === null
      ? trouble(false, 'Redis does not tell its maxmemory-policy', fix)
      : trouble(true, `maxmemory-policy is ${policy}: Redis may throw jobs away`, fix),
  ];
}

function troublesOfKind({ mode, role }: SelfPortrait): RedisTrouble[] {
  if (mode === 'cluster')
    return [trouble(true, 'Redis is a node of a Cluster', 'Write redis+cluster://.')];
  if (mode === 'sentinel')
    return [trouble(true, 'Redis is a sentinel', 'Write redis+sentinel://…?master=name.')];
  return role === 'slave'
    ? [trouble(true, 'Redis is a replica, which takes no writes', 'Name its master.')]
    : [];
}

function failure(reasons: readonly string[]): RedisInspection {
  for (const reason of reasons) {
    const refusal = REFUSALS.find(({ says }) => says.test(reason));
    if (refusal) {
      const troubles = [trouble(true, `Redis refuses us (${reason})`, refusal.fix)];
      return { silence: null, facts: [], troubles };
    }
  }
  return { silence: reasons[0] ?? 'no reason given', facts: [], troubles: [] };
}

/** Never the URL, which may hold a password. What a Cluster's node said is deeper down. */
function reasonsOf(error: Error): string[] {
  const { code, message, lastNodeError } = error as NodeJS.ErrnoException & {
    readonly lastNodeError?: Error;
  };
  return [...(lastNodeError ? reasonsOf(lastNodeError) : []), code ?? message];
}

const trouble = (isCertain: boolean, message: string, fix: string): RedisTrouble => ({
  isCertain,
  message,
  fix,
});

const distinct = (troubles: readonly RedisTrouble[]): RedisTrouble[] => [
  ...new Map(troubles.map((one) => [one.message, one])).values(),
];

const valueIn = (info: string, name: string): string | null =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, least = 0] = version.split('.').map(Number);
  return ours < major || (ours === major && least < minor);
}
