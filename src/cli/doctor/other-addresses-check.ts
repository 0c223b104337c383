import { Client } from 'pg';
import { dataSourceOptions } from '../../data-source';
import type { DatabaseAddress } from '../../database/database-connection';
import { pendingMigrations } from '../../database/pending-migrations';
import { explain } from '../explain';
import { type Finding, findingsOf } from './finding';

const direct = findingsOf('direct');
const replica = findingsOf('replica');

const CONNECT_TIMEOUT_MS = 5_000;
/** Behind the primary: lists would be as old. */
const NOTABLE_SECONDS = 60;

/** Whether DATABASE_DIRECT_URL leads to the server itself. */
export async function checkDirect(address: DatabaseAddress): Promise<Finding[]> {
  const fix = 'Name the server, with its own port: docs/operations.md, PgBouncer.';
  return askAt(address, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return isSession(client, rows[0]!.pid)
      ? [direct.ok('DATABASE_DIRECT_URL leads to the server itself')]
      : [direct.fail('DATABASE_DIRECT_URL leads to a PgBouncer as well', fix)];
  }).catch((error: unknown) => [
    direct.fail(`DATABASE_DIRECT_URL does not answer (${explain(error)})`, fix),
  ]);
}

/** Whether DATABASE_REPLICA_URL has what lists need. Without it they are read from the primary. */
export async function checkReplica(address: DatabaseAddress): Promise<Finding[]> {
  const fix =
    'Start it, or correct DATABASE_REPLICA_URL; lists are read from the primary meanwhile.';
  return askAt(address, judgeReplica).catch((error: unknown) => [
    replica.warn(`DATABASE_REPLICA_URL does not answer (${explain(error)})`, fix),
  ]);
}

/** Postgres tells its number at the start, and whoever is in between one of its own. */
export const isSession = (client: Client, pid: number): boolean =>
  (client as Client & { readonly processID?: number }).processID === pid;

const REPLICA = `
  SELECT pg_is_in_recovery() AS follows,
    CASE WHEN pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
      THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
      ELSE 0 END::float AS seconds`;

async function judgeReplica(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ follows: boolean; seconds: number | null }>(REPLICA);
  const { follows, seconds } = rows[0]!;
  const pending = await pendingMigrations(client, dataSourceOptions({ options: {} }, 1));
  if (pending.length > 0)
    return [
      replica.warn(
        `lacks ${pending.join(', ')}`,
        'Wait until it has caught up; see whether it follows this database at all.',
      ),
    ];
  if (!follows)
    return [
      replica.warn(
        'follows no primary: lists may show something else altogether',
        'Make sure that DATABASE_REPLICA_URL is a replica of DATABASE_URL.',
      ),
    ];
  const message = `is ${Math.round(seconds ?? 0)} s behind the primary`;
  return (seconds ?? 0) > NOTABLE_SECONDS
    ? [replica.warn(message, 'Lists are as old as that: see what keeps it.')]
    : [replica.ok(message)];
}

async function askAt<T>(
  address: DatabaseAddress,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ ...address, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
