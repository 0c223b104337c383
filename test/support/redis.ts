import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

if (!isInstalled)
  process.stderr.write('\n  NO redis-server: the tests of the queue on Redis do not run here.\n\n');

/** For tests that need a real Redis; without one they are reported as skipped, and loudly. */
export const describeWithRedis = isInstalled ? describe : describe.skip;

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** A throwaway Redis on a free port that keeps nothing. */
export async function startTestRedis(): Promise<TestRedis> {
  const port = await freePort();
  const server: ChildProcess = spawn(
    'redis-server',
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--maxmemory-policy',
      'noeviction',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  for await (const chunk of server.stdout!)
    if (String(chunk).includes('Ready to accept connections')) break;
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
