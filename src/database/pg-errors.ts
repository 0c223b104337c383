import { isNativeError } from 'node:util/types';
import { QueryFailedError } from 'typeorm';

interface PgError {
  readonly code?: string;
  readonly constraint?: string;
  readonly syscall?: string;
}

const UNIQUE_VIOLATION = '23505';
const DEADLOCK = '40P01';

const pgError = (error: unknown): PgError =>
  (error instanceof QueryFailedError ? error.driverError : error) as PgError;

/** The name of the unique index that refused this write, or null if that is not what happened. */
export function violatedUniqueIndex(error: unknown): string | null {
  if (!(error instanceof QueryFailedError)) return null;
  const { code, constraint } = pgError(error);
  return code === UNIQUE_VIOLATION ? (constraint ?? null) : null;
}

/** Postgres broke a deadlock by undoing this transaction. The other one goes on, so try again. */
export const isDeadlock = (error: unknown): boolean =>
  error instanceof QueryFailedError && pgError(error).code === DEADLOCK;

/** Connection refused, reset or timed out; server starting, stopping or out of connections. */
const UNAVAILABLE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|08\w{3}|57P0[123]|57014|53300)$/;
/**
 * What `pg` and its pool say without a code; and TypeORM, in a transaction whose connection was lost
 * between two statements.
 */
const UNAVAILABLE_TEXT =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|Driver not Connected|Query runner already released|Database connection provided by a query runner was already released)/;

/** Whether Postgres could not be reached or did not answer in time: worth trying again. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code = '', syscall } = pgError(error);
  // The socket of a server that is not running; any other missing file is our own fault.
  if (code === 'ENOENT') return syscall === 'connect';
  return UNAVAILABLE.test(code) || UNAVAILABLE_TEXT.test(error.message);
}
