import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Of `nice`: about a tenth of a core that others want as well, all of one that nobody wants. */
const NICENESS = 10;

const THREADS = '/proc/self/task';

/**
 * Lets requests go before password hashes: the threads of libuv's pool, which hash, yield to the
 * event loop and to whatever else the machine does, such as a Postgres beside the service. To be
 * called before anything has used the pool. Linux only: elsewhere threads have no priority of their
 * own, and nothing is changed.
 */
export function letHashingYield(): void {
  try {
    const before = new Set(readdirSync(THREADS));
    // The first job starts the pool's threads, all of them.
    randomBytes(1, () => {});
    for (const thread of readdirSync(THREADS))
      if (!before.has(thread)) setPriority(Number(thread), NICENESS);
  } catch {
    // It is a courtesy: where it is not allowed, hashing competes as any other thread does.
  }
}
