import { ConfigError, loadProcessConfig } from './config/env';
import { openDatabase } from './database/open-database';

/** Starts the process as its configuration says; it then runs until SIGTERM or SIGINT. */
export async function run(): Promise<void> {
  try {
    await start();
  } catch (error) {
    const isOurs = error instanceof ConfigError;
    const lines = isOurs ? error.problems : [(error as Error).stack ?? String(error)];
    process.stderr.write(`Gatehouse cannot start.\n${lines.map((line) => `  ${line}\n`).join('')}`);
    process.exit(1);
  }
}

/** The embedded Postgres comes up while the rest of the program, most of it, is being loaded. */
async function start(): Promise<void> {
  const config = loadProcessConfig();
  const opening = openDatabase(config);
  opening.catch(() => {});
  const { serve } = require('./serve') as typeof import('./serve');
  await serve(config, await opening);
}
