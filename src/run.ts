import type { AppConfig } from './config/app-config';
import { ConfigError, loadProcessConfig } from './config/env';
import { openDatabase } from './database/open-database';
import { NO_TRACING, type Tracing } from './telemetry/tracing';
import { letHashingYield } from './yielding-threads';

/** PgBouncer's, of what only a server can do: https://www.pgbouncer.org/config.html */
const POOLER_REFUSAL = 'unsupported startup parameter';

/** Starts the process as its configuration says; it then runs until SIGTERM or SIGINT. */
export async function run(): Promise<void> {
  try {
    await start();
  } catch (error) {
    const lines = reasons(error).map((line) => `  ${line}\n`);
    process.stderr.write(`Gatehouse cannot start.\n${lines.join('')}`);
    process.exit(1);
  }
}

/** What somebody who starts the service can do something about is said without a stack. */
function reasons(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (message.startsWith(POOLER_REFUSAL))
    return [`DATABASE_PGBOUNCER: must be true, for DATABASE_URL leads to one (${message})`];
  return code === 'EADDRINUSE' ? [`PORT: ${message}`] : [stack ?? String(error)];
}

/** The embedded Postgres comes up while the rest of the program, most of it, is being loaded. */
async function start(): Promise<void> {
  letHashingYield();
  const config = loadProcessConfig();
  const tracing = startTracing(config);
  const opening = openDatabase(config);
  opening.catch(() => {});
  const { serve } = require('./serve') as typeof import('./serve');
  await serve(config, await opening, tracing);
}

/** Before `http` and `pg` are loaded, which it wraps; and not at all where nobody wants it. */
function startTracing({ isTraced, passwords }: AppConfig): Tracing {
  if (!isTraced) return NO_TRACING;
  const { OpenTelemetry } =
    require('./telemetry/opentelemetry/open-telemetry') as typeof import('./telemetry/opentelemetry/open-telemetry');
  // What follows it is a part of a password's hash.
  return new OpenTelemetry([passwords.breachedUrl]);
}
