import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { POSTGRES_ENV, unavailable } from './postgres-binaries';
import type { PostgresHome } from './postgres-home';

/** The superuser of a new cluster. */
export const CLUSTER_USER = 'gatehouse';

const run = promisify(execFile);

/**
 * Makes the cluster of `home`, unless another process does so at the same time and is first. It is
 * made under another name: a half-made one never has the real name.
 * @throws Error with what initdb said
 */
export async function createCluster(
  initdb: string,
  home: PostgresHome,
  durable: boolean,
): Promise<void> {
  removeAbandonedDrafts(home);
  const draft = join(home.directory, `draft-${process.pid}-${randomUUID()}`);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const options = ['--auth=trust', '--no-instructions', '--no-sync'];
  const where = { ...home.owner, cwd: home.directory, env: POSTGRES_ENV };
  try {
    await run(initdb, ['-D', draft, '-U', CLUSTER_USER, ...locale, ...options], where);
    renameSync(draft, home.cluster);
    if (durable) syncToDisk(initdb, home);
  } catch (error) {
    // Otherwise another process was faster, and theirs is as good.
    const { stderr, message } = error as Error & { stderr?: string };
    if (!existsSync(home.cluster))
      throw unavailable(`cannot make its cluster (${(stderr || message).trim()})`);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What processes left that died while they made a cluster. */
function removeAbandonedDrafts(home: PostgresHome): void {
  for (const name of readdirSync(home.directory)) {
    const pid = /^draft-(\d+)-/.exec(name)?.[1];
    // Its initdb may live on for a moment, and writes while we remove.
    if (pid && !isAlive(Number(pid)))
      rmSync(join(home.directory, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * Has the new cluster written to the disk, in the background: it takes seconds on a busy one, and
 * only a crash of the machine within them could tell the difference.
 */
function syncToDisk(initdb: string, { directory, cluster, owner }: PostgresHome): void {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
  const where = { ...owner, cwd: directory, env: POSTGRES_ENV };
  spawn(initdb, ['--sync-only', '-D', cluster], { ...where, detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref();
}
