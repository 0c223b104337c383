import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { installedBinaries, runnableBinaries } from './postgres-binaries';
import { CLUSTER_USER, createCluster } from './postgres-cluster';
import { PostgresHold } from './postgres-hold';
import { type PostgresHome, postgresHome, readIfThere } from './postgres-home';

export interface EmbeddedPostgres {
  /** Directory of the Unix socket: what `pg` takes as `host`. */
  readonly host: string;
  readonly user: string;
  readonly database: string;
  /** Where the cluster lies. */
  readonly dataDirectory: string;
  /**
   * Lets go of Postgres: it stops (fast shutdown) when the last process that holds it has let go
   * or died. May be called again.
   */
  release(): void;
}

interface Options {
  /**
   * True: a committed row survives a crash of the machine, from some seconds after the very first
   * start on. False (tests): never waits for the disk; even a crash of Postgres loses rows.
   */
  readonly durable?: boolean;
}

const DATABASE = 'postgres';
const DEADLINE_MS = 60_000;
const POLL_MS = 10;

/**
 * Connects this process to the Postgres under `dataDir`, which it starts unless another process
 * has: any number may call this at once and end up on the same one. It listens on a Unix socket
 * only, ends with the last process that holds it (even after `kill -9` of all), keeps committed
 * rows, and does not keep this process alive. Whoever starts it decides whether it is durable.
 * @throws Error of one line naming DATABASE_URL where it cannot run; else with the end of the log
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  { durable = true }: Options = {},
): Promise<EmbeddedPostgres> {
  const installed = installedBinaries();
  const home = postgresHome(dataDir);
  const hold = new PostgresHold(home);
  const start = async (): Promise<void> => {
    const { initdb, postgres } = runnableBinaries(installed);
    if (!existsSync(home.cluster)) await createCluster(initdb, home, durable);
    if (!hold.announce()) hold.start([postgres, ...serverArguments(home, durable)]);
  };
  try {
    const host = await reach(home, hold, start);
    const release = () => hold.release();
    return { host, user: CLUSTER_USER, database: DATABASE, dataDirectory: home.cluster, release };
  } catch (error) {
    hold.release();
    throw error;
  }
}

/** Goes round until Postgres answers on the socket that it returns the directory of. */
async function reach(
  home: PostgresHome,
  hold: PostgresHold,
  start: () => Promise<void>,
): Promise<string> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const { failure } = hold;
    if (failure) throw failure;
    if (!hold.announce()) await start();
    const host = hold.isConfirmed ? readyAt(home) : null;
    if (host && (await answers(host))) return host;
    if (performance.now() > deadline) throw hold.error('did not answer in a minute');
    await setTimeout(POLL_MS);
  }
}

/** Where Postgres says it listens, once it says that it is ready. Its word may be out of date. */
function readyAt(home: PostgresHome): string | null {
  const lines = readIfThere(join(home.cluster, 'postmaster.pid')).toString().split('\n');
  return lines[7]?.trim() === 'ready' ? (lines[4] ?? null) : null;
}

async function answers(host: string): Promise<boolean> {
  // What the environment may say of PGPORT and PGSSLMODE is about another server.
  const target = { host, port: 5432, ssl: false, user: CLUSTER_USER, database: DATABASE };
  const client = new Client({ ...target, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function serverArguments(home: PostgresHome, durable: boolean): string[] {
  const settings = {
    listen_addresses: '',
    port: '5432',
    // A list, in which a name with a comma would be two.
    unix_socket_directories: `"${home.socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    max_connections: '200',
    timezone: 'UTC',
    logging_collector: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', home.cluster, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
}
