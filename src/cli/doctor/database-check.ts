import type { Client } from 'pg';
import type { AppConfig } from '../../config/app-config';
import type { Clock } from '../../common/time/clock';
import { type Finding, findingsOf } from './finding';
import { isSession } from './other-addresses-check';

const database = findingsOf('database');
const clocks = findingsOf('clock');
const connections = findingsOf('connections');
const pooler = findingsOf('pooler');
const extension = findingsOf('pg_trgm');

/** Of the queue on Postgres, and of generated ids and trusted extensions. */
const LEAST_VERSION = 13;
/** Tokens and links are dated by the processes' clocks, which the database's stands for here. */
const NOTABLE_SECONDS = 2;
const HARMFUL_SECONDS = 30;
/** What the queue keeps beside the pool, if it is on Postgres: docs/operations.md, Scaling. */
const QUEUE_CONNECTIONS = { api: 4, worker: 9, all: 9 };

interface ServerRow {
  readonly version: number;
  readonly version_name: string;
  readonly now: Date;
  /** How many the server gives to this role in this database. */
  readonly most_connections: number;
  readonly has_trgm: boolean;
  readonly offers_trgm: boolean;
  readonly may_create: boolean;
  readonly backend: number;
}

const SERVER = `
  SELECT current_setting('server_version_num')::int / 10000 AS version,
    current_setting('server_version') AS version_name,
    clock_timestamp() AS now,
    least(
      current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int,
      (SELECT CASE WHEN rolconnlimit >= 0 THEN rolconnlimit END
       FROM pg_roles WHERE rolname = current_user),
      (SELECT CASE WHEN datconnlimit >= 0 THEN datconnlimit END
       FROM pg_database WHERE datname = current_database())) AS most_connections,
    EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') AS has_trgm,
    EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS offers_trgm,
    has_database_privilege(current_database(), 'CREATE') AS may_create,
    pg_backend_pid() AS backend`;

/** The server: its version, its clock, its room for us, and what it must be able to do. */
export async function checkServer(
  client: Client,
  config: AppConfig,
  clock: Clock,
  description: string,
): Promise<Finding[]> {
  const before = clock.now().getTime();
  const { rows } = await client.query<ServerRow>(SERVER);
  const server = rows[0]!;
  return [
    checkVersion(server, description),
    ...checkPooler(client, server, config),
    checkClock(server.now.getTime(), before, clock.now().getTime()),
    checkConnections(server, config),
    checkTrigrams(server),
  ];
}

function checkVersion({ version, version_name }: ServerRow, description: string): Finding {
  const message = `${description} answers; it is version ${version_name}`;
  return version >= LEAST_VERSION
    ? database.ok(message)
    : database.fail(message, `Upgrade it: Gatehouse needs Postgres ${LEAST_VERSION} or newer.`);
}

function checkPooler(client: Client, { backend }: ServerRow, config: AppConfig): Finding[] {
  if (config.database.isPooled || isSession(client, backend)) return [];
  return [
    pooler.fail(
      'DATABASE_URL leads to a PgBouncer or the like, which nobody told us',
      'Set DATABASE_PGBOUNCER=true: docs/operations.md, PgBouncer.',
    ),
  ];
}

/** The server looked at its clock between our two looks at ours, which bounds the difference. */
function checkClock(theirs: number, before: number, after: number): Finding {
  const seconds = Math.max(0, before - theirs, theirs - after) / 1000;
  const message = `ours and the database's are ${seconds.toFixed(1)} s apart`;
  const fix = 'Run a time service (chrony, systemd-timesyncd) on both machines.';
  if (seconds >= HARMFUL_SECONDS) return clocks.fail(message, fix);
  return seconds >= NOTABLE_SECONDS ? clocks.warn(message, fix) : clocks.ok(message);
}

function checkConnections({ most_connections: most }: ServerRow, config: AppConfig): Finding {
  const { role } = config.process;
  const { isPooled, poolSize } = config.database;
  const needed = (isPooled ? 0 : poolSize) + (config.redis ? 0 : QUEUE_CONNECTIONS[role]);
  if (needed === 0) return connections.ok('are all those of the PgBouncer');
  const fitting = Math.floor(most / needed);
  const message = `a process (${role}) takes up to ${needed} of ${most}: ${fitting} can run at once`;
  const fix = 'Lower DATABASE_POOL_SIZE, or raise max_connections of the server.';
  if (fitting < 1) return connections.fail(message, fix);
  return fitting < 2 ? connections.warn(message, fix) : connections.ok(message);
}

function checkTrigrams({ has_trgm, offers_trgm, may_create }: ServerRow): Finding {
  if (has_trgm) return extension.ok('is installed');
  if (!offers_trgm)
    return extension.fail(
      'is not offered by the server: the search of users needs it',
      'Install the contrib package of Postgres (postgresql-contrib), or allow the extension.',
    );
  return may_create
    ? extension.ok('is offered; the migrations install it')
    : extension.fail(
        'is not installed, and our role may not do it',
        'As the owner of the database: CREATE EXTENSION pg_trgm; or grant us CREATE on it.',
      );
}
