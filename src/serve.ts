import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { JsonLogger } from './common/logging/json-logger';
import type { AppConfig } from './config/app-config';
import { createApp } from './configure-app';
import { dataSourceOptions } from './data-source';
import { migrate } from './database/migrate';
import type { OpenDatabase } from './database/open-database';

/** Longest a shutdown may take: a process manager kills after ten seconds. */
const SHUTDOWN_MS = 9_500;

/** Runs the service on a database, in the role that the configuration names, until a signal. */
export async function serve(config: AppConfig, database: OpenDatabase): Promise<void> {
  const logger = new JsonLogger(config.process.logLevel);
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
function stopOnSignal(app: NestFastifyApplication, logger: JsonLogger, release: () => void): void {
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logger.log({ msg: 'stopping', signal });
    setTimeout(() => {
      logger.fatal('not everything stopped in time');
      process.exit(1);
    }, SHUTDOWN_MS).unref();
    // Before Nest's hooks: they wait for the mails, and no request should come in meanwhile.
    await app.getHttpAdapter().close();
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
