import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/database/database-connection';
import { freePort } from './ports';
import { until } from './until';

/** Debian has it where only root would look. */
const PATH = `${process.env.PATH}:/usr/sbin`;
const isInstalled = spawnSync('pgbouncer', ['--version'], { env: { PATH } }).status === 0;

if (!isInstalled)
  process.stderr.write('\n  NO pgbouncer: the tests of what is behind it do not run here.\n\n');

/** For tests that need a real PgBouncer; without one they are reported as skipped, and loudly. */
export const describeWithPgBouncer = isInstalled ? describe : describe.skip;

/** Few, so that every connection of ours shares theirs with others. */
const SERVER_CONNECTIONS = 3;

/** A PgBouncer in front of the test server, in transaction mode and strict about all else. */
export class TestPgBouncer {
  private constructor(
    private readonly server: ChildProcess,
    private readonly home: string,
    readonly port: number,
  ) {}

  static async start(): Promise<TestPgBouncer> {
    const home = mkdtempSync(join(tmpdir(), 'gatehouse-pgbouncer-'));
    chmodSync(home, 0o755);
    const port = await freePort();
    const user = process.env.TEST_PG_USER!;
    writeFileSync(join(home, 'users'), `"${user}" ""\n`);
    writeFileSync(
      join(home, 'pgbouncer.ini'),
      `[databases]
* = host=${process.env.TEST_PG_HOST} port=5432
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(home, 'users')}
pool_mode = transaction
default_pool_size = ${SERVER_CONNECTIONS}
max_client_conn = 500
`,
    );
    // As the server it connects to: root it refuses to be, and others may not enter the socket.
    const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const server = spawn('pgbouncer', [join(home, 'pgbouncer.ini')], {
      ...owner,
      env: { PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => {
      if (server.exitCode !== null) throw new Error(said);
      return said.includes('process up');
    });
    return new TestPgBouncer(server, home, port);
  }

  /** The same database, through it. */
  to({ user, database }: DatabaseAddress): DatabaseAddress {
    return { host: '127.0.0.1', port: this.port, ssl: false, user, database };
  }

  /** As an operator would write it. */
  urlOf({ user, database }: DatabaseAddress): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }

  async stop(): Promise<void> {
    const gone = once(this.server, 'exit');
    this.server.kill('SIGKILL');
    await gone;
    rmSync(this.home, { recursive: true });
  }
}
