import type { INestApplicationContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { JsonLogger } from './common/logging/json-logger';
import type { AppConfig } from './config/app-config';
import { ConfigError, loadProcessConfig } from './config/env';
import { createApp } from './configure-app';
import { dataSourceOptions } from './data-source';
import { migrate } from './database/migrate';
import { openDatabase } from './database/open-database';

/** Longest a shutdown may take: a process manager kills after ten seconds. */
const SHUTDOWN_MS = 9_500;

/** Starts the process as its configuration says, until SIGTERM or SIGINT. */
export async function run(): Promise<void> {
  try {
    await start(loadProcessConfig());
  } catch (error) {
    const isOurs = error instanceof ConfigError;
    const lines = isOurs ? error.problems : [(error as Error).stack ?? String(error)];
    process.stderr.write(`Gatehouse cannot start.\n${lines.map((line) => `  ${line}\n`).join('')}`);
    process.exit(1);
  }
}

async function start(config: AppConfig): Promise<void> {
  const logger = new JsonLogger(config.process.logLevel);
  const database = await openDatabase(config);
  await migrate(database.connection, dataSourceOptions(database.connection, 1));
  const app = await createApp(config, database.connection, logger);
  stopOnSignal(app, logger, () => database.release());
  if (config.process.role === 'worker') {
    await app.init();
    logger.log({ msg: 'worker ready', database: database.description });
    return;
  }
  await app.listen(config.process.port, config.process.host);
  logger.log({ msg: 'listening', url: await app.getUrl(), database: database.description });
  if (config.environment !== 'production') await printWelcome(app, config, database.description);
}

/** Stops accepting, finishes requests and running mails, closes pools; then exit 0. */
function stopOnSignal(app: INestApplicationContext, logger: JsonLogger, release: () => void): void {
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logger.log({ msg: 'stopping', signal });
    setTimeout(() => {
      logger.fatal('not everything stopped in time');
      process.exit(1);
    }, SHUTDOWN_MS).unref();
    await app.close();
    release();
    process.exit(0);
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}

/** On stderr, so that stdout stays JSON lines. */
async function printWelcome(
  app: NestFastifyApplication,
  config: AppConfig,
  database: string,
): Promise<void> {
  const { port } = new URL(await app.getUrl());
  const here = `http://localhost:${port}`;
  const mails = config.mail.smtp ? ' (and sent by SMTP)' : '';
  process.stderr.write(`
  Gatehouse is ready.

    API       ${here}/api/v1
    Try it    ${here}/docs
    Reference ${here}/redoc
    Mailbox   ${here}/dev/mailbox${mails}
    Data      ${database}

`);
}
