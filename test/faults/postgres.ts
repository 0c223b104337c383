import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { Client, type QueryResultRow } from 'pg';
import {
  installedBinaries,
  POSTGRES_ENV,
  runnableBinaries,
} from '../../src/database/postgres-binaries';
import { CLUSTER_USER, createCluster } from '../../src/database/postgres-cluster';
import { type PostgresHome, postgresHome } from '../../src/database/postgres-home';
import { freePort } from '../support/ports';
import { until } from '../support/until';

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** A durable Postgres on TCP, of the binaries that npm installs, to be stopped in every way. */
export class Postgres {
  private server?: ChildProcess;

  private constructor(
    private readonly home: PostgresHome,
    private readonly program: string,
    private readonly port: number,
  ) {}

  static async start(directory: string): Promise<Postgres> {
    const { initdb, postgres: program } = runnableBinaries(installedBinaries());
    const home = postgresHome(directory);
    await createCluster(initdb, home, true);
    const postgres = new Postgres(home, program, await freePort());
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgres://${CLUSTER_USER}@127.0.0.1:${this.port}/postgres`;
  }

  async start(): Promise<void> {
    const { cluster, log, owner } = this.home;
    const output = openSync(log, 'a', 0o666);
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: '',
      max_connections: '100',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.server = spawn(this.program, ['-D', cluster, ...options], {
      ...owner,
      cwd: cluster,
      env: POSTGRES_ENV,
      stdio: ['ignore', output, output],
    });
    await until(() => this.answers());
  }

  /** As `pg_ctl stop -m` does; in immediate mode the next start recovers from a crash. */
  async stop(mode: keyof typeof SIGNALS): Promise<void> {
    const gone = once(this.server!, 'exit');
    this.server!.kill(SIGNALS[mode]);
    await gone;
  }

  /** Keeps its connections and takes new ones, and does not answer, until it is woken. */
  async hang(): Promise<() => void> {
    const rows = await this.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
    const pids = [this.server!.pid!, ...rows.map(({ pid }) => pid)];
    signalAll(pids, 'SIGSTOP');
    return () => signalAll(pids, 'SIGCONT');
  }

  /** At once and in any state. */
  async destroy(): Promise<void> {
    if (this.server?.exitCode === null && this.server.signalCode === null)
      await this.stop('immediate');
  }

  /** Kills a process that serves one of the service's connections: Postgres then restarts itself. */
  async killBackend(): Promise<void> {
    const [backend] = await this.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'gatehouse'
       ORDER BY state = 'active' DESC LIMIT 1`,
    );
    // Ours is cut with all the others, and that may be for a moment only.
    const witness = await this.connect();
    const cut = new Promise<void>((resolve) => void witness.once('end', resolve));
    process.kill(backend!.pid, 'SIGKILL');
    await cut;
    await until(() => this.answers());
  }

  /** On a connection of its own. */
  async query<R extends QueryResultRow>(sql: string): Promise<R[]> {
    const client = await this.connect();
    try {
      return (await client.query<R>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 5000 });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  answers(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }
}

/** Those that have ended meanwhile are left out. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}
