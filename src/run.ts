import { ConfigError, loadProcessConfig } from './config/env';
import { openDatabase } from './database/open-database';

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
  return code === 'EADDRINUSE' ? [`PORT: ${message}`] : [stack ?? String(error)];
}

/** The embedded Postgres comes up while the rest of the program, most of it, is being loaded. */
async function start(): Promise<void> {
  const config = loadProcessConfig();
  const opening = openDatabase(config);
  opening.catch(() => {});
  const { serve } = require('./serve') as typeof import('./serve');
  await serve(config, await opening);
}
