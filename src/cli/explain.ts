import { DomainError } from '../common/errors/domain-error';
import { ConfigError } from '../config/env';
import { isDatabaseUnavailable } from '../database/pg-errors';
import { CliError } from './cli-error';

/** Postgres turns this caller away: wrong user or password, no such database, no right to it. */
const TURNED_AWAY = /^(28\w{3}|3D000|42501)$/;

/** One line on why a command failed, for whoever typed it. Holds no secret and no stack. */
export function explain(error: unknown): string {
  if (error instanceof CliError || error instanceof DomainError) return error.message;
  if (error instanceof ConfigError)
    return `The configuration is wrong: ${error.problems.join('; ')}. The command doctor says more.`;
  const { code = '', message = '' } = error as Partial<NodeJS.ErrnoException>;
  const reason = message.split('\n', 1)[0]!.trim() || code || String(error);
  if (isDatabaseUnavailable(error))
    return `The database does not answer (${code || reason}). Start it, or correct DATABASE_URL.`;
  if (TURNED_AWAY.test(code))
    return `The database refuses: ${reason}. Correct DATABASE_URL, or grant what is missing.`;
  return reason;
}
