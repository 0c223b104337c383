import { spawnSync } from 'node:child_process';

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

if (!isInstalled)
  process.stderr.write('\n  NO redis-server: the tests of the queue on Redis do not run here.\n\n');

/** For tests that need a real Redis; without one they are reported as skipped, and loudly. */
export const describeWithRedis = isInstalled ? describe : describe.skip;
