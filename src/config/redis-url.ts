export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisCredentials {
  readonly username: string | null;
  readonly password: string | null;
}

/** What `REDIS_URL` says. */
export interface RedisTarget extends RedisCredentials {
  readonly kind: 'single' | 'cluster' | 'sentinel';
  /** The server; some nodes of the cluster, which know the others; or the sentinels. */
  readonly nodes: readonly RedisNode[];
  readonly tls: boolean;
  /** 0 on a cluster, which has no other. */
  readonly database: number;
  /** The name that the sentinels know the master by. */
  readonly master: string | null;
  /** What the sentinels themselves are told; without a word about it, what the master is told. */
  readonly sentinel: RedisCredentials;
}

const SHAPE =
  /^(?<scheme>rediss?)(?:\+(?<kind>cluster|sentinel))?:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?]+)(?:\/(?<database>\d{0,3}))?(?:\?(?<query>.*))?$/;
const NODE = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[\w.-]+))(?::(?<port>\d{1,5}))?$/;
const DEFAULT_PORTS = { single: 6379, cluster: 6379, sentinel: 26_379 };
const SENTINEL_USER = 'sentinel_username';
const SENTINEL_PASSWORD = 'sentinel_password';
const PARAMETERS = new Set(['master', SENTINEL_USER, SENTINEL_PASSWORD]);

/**
 * Reads `redis://`, `redis+cluster://` and `redis+sentinel://…?master=name`, each with `rediss` for
 * TLS; the last two take several hosts, comma-separated. Null for anything else.
 */
export function parseRedisUrl(text: string): RedisTarget | null {
  const parts = SHAPE.exec(text)?.groups;
  if (!parts) return null;
  const kind = (parts.kind ?? 'single') as RedisTarget['kind'];
  const nodes = parts.hosts!.split(',').map((host) => parseNode(host, DEFAULT_PORTS[kind]));
  // A plus is a plus here, as it is before the `@`.
  const query = new URLSearchParams(parts.query?.replaceAll('+', '%2B'));
  const database = Number(parts.database ?? 0);
  if (!nodes.every((node) => node !== null) || !isWhole(kind, nodes, database, query)) return null;
  try {
    const own = credentialsOf(decoded(parts.user), decoded(parts.password));
    const hasOthers = query.has(SENTINEL_USER) || query.has(SENTINEL_PASSWORD);
    return {
      kind,
      nodes,
      tls: parts.scheme === 'rediss',
      ...own,
      database,
      master: query.get('master'),
      sentinel: hasOthers
        ? credentialsOf(query.get(SENTINEL_USER), query.get(SENTINEL_PASSWORD))
        : own,
    };
  } catch {
    return null;
  }
}

/** Whether the parts of the URL go together. */
function isWhole(
  kind: RedisTarget['kind'],
  nodes: readonly RedisNode[],
  database: number,
  query: URLSearchParams,
): boolean {
  const names = [...query.keys()];
  if (new Set(names).size < names.length || !names.every((name) => PARAMETERS.has(name)))
    return false;
  if (kind === 'sentinel') return Boolean(query.get('master'));
  return names.length === 0 && (kind === 'single' ? nodes.length === 1 : database === 0);
}

const decoded = (text: string | undefined): string => decodeURIComponent(text ?? '');

const credentialsOf = (username: string | null, password: string | null): RedisCredentials => ({
  username: username || null,
  password: password || null,
});

function parseNode(text: string, defaultPort: number): RedisNode | null {
  const parts = NODE.exec(text)?.groups;
  const port = Number(parts?.port ?? defaultPort);
  if (!parts || port < 1 || port > 65_535) return null;
  return { host: parts.six ?? parts.host!, port };
}
