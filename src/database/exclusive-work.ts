import type { Tx } from './unit-of-work';

/**
 * True for one transaction at a time of all that ask by this name, in whatever process, until it
 * ends. The others do not wait.
 */
export async function isAlone(tx: Tx, name: string): Promise<boolean> {
  const [row] = await tx.query<[{ readonly alone: boolean }]>(
    'SELECT pg_try_advisory_xact_lock(hashtext($1)) AS alone',
    [name],
  );
  return row.alone;
}
