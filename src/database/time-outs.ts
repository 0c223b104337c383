import type { PoolConfig } from 'pg';
import { ImpatientClient } from './impatient-client';

/** A query that takes longer is a fault, and a client that waits longer is gone. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** For a server that cannot even say so. */
const SILENCE_MS = 20_000;
/** To connect, or to get one of the pool's connections. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * What keeps a pool's connections from waiting for ever. A PgBouncer refuses what is asked of a
 * session at its start, so there the server must be told by whoever runs it.
 */
export const timeOuts = (isPooled = false) =>
  ({
    Client: ImpatientClient,
    query_timeout: SILENCE_MS,
    ...(!isPooled && {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    }),
  }) satisfies PoolConfig;
