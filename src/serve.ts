import { setTimeout as pause } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { JsonLogger } from './common/logging/json-logger';
import type { AppConfig } from './config/app-config';
import { createApp } from './configure-app';
import { dataSourceOptions } from './data-source';
import { directly } from './database/database-connection';
import { migrate } from './database/migrate';
import type { OpenDatabase } from './database/open-database';
import { HealthService } from './health/health.service';
import { MailProcessor } from './mail/mail.processor';
import { demandRedis } from './redis/demand-redis';
import type { Tracing } from './telemetry/tracing';

/**
 * Longest a shutdown may take, from the signal on: a process manager kills after ten seconds. What
 * has a time of its own takes 8.5 at most: requests end after 7.5 (`closeGracefully`), and then
 * traces have one.
 */
const SHUTDOWN_MS = 9_500;

/** Runs the service on a database, in the role that the configuration names, until a signal. */
export async function serve(
  config: AppConfig,
  database: OpenDatabase,
  tracing: Tracing,
): Promise<void> {
  const traceId = config.isTraced ? () => tracing.traceId() : undefined;
  const logger = new JsonLogger(config.process.logLevel, undefined, traceId);
  tracing.onLoss((err) => logger.warn({ msg: 'traces cannot be delivered', err }));
  if (config.redis) await demandRedis(config.redis, logger);
  const direct = directly(database.connection);
  await migrate(direct, dataSourceOptions(direct, 1));
  const app = await createApp(config, database.connection, logger, tracing);
  stopOnSignal(app, config, logger, async () => {
    await tracing.close();
    database.release();
  });
  await app.listen(config.process.port, config.process.host);
  const where = { url: await app.getUrl(), database: database.description };
  if (config.process.role === 'worker') return logger.log({ msg: 'worker ready', ...where });
  logger.log({ msg: 'listening', ...where });
  if (config.environment !== 'production') await printWelcome(app, config, database.description);
}

/**
 * Says that it is not ready and takes no more mails, waits until nobody sends it requests, finishes
 * those and the mails it has begun, closes pools; then exit 0.
 */
function stopOnSignal(
  app: NestFastifyApplication,
  { process: { role, shutdownDelaySeconds } }: AppConfig,
  logger: JsonLogger,
  release: () => Promise<void>,
): void {
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logger.log({ msg: 'stopping', signal });
    setTimeout(() => {
      logger.fatal('not everything stopped in time');
      process.exit(1);
    }, SHUTDOWN_MS).unref();
    app.get(HealthService).retire();
    // What it leaves is in the outbox, for another process or the next one.
    const mailing = role === 'api' ? Promise.resolve() : app.get(MailProcessor).stop();
    // Waited for below, and until then nobody is told.
    mailing.catch(() => {});
    await pause(shutdownDelaySeconds * 1000);
    // Before Nest's hooks, which close what requests need.
    await app.getHttpAdapter().close();
    await app.close();
    await mailing;
    await release();
    process.exit(0);
  };
  const giveUp = (err: unknown) => {
    logger.fatal({ msg: 'stopping failed', err });
    process.exit(1);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void stop(signal).catch(giveUp));
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
