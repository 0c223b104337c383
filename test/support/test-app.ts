import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module';
import { JsonLogger } from '../../src/common/logging/json-logger';
import { Clock } from '../../src/common/time/clock';
import type { AppConfig } from '../../src/config/app-config';
import { loadConfig } from '../../src/config/env';
import { configureApp } from '../../src/configure-app';
import type { DatabaseConnection } from '../../src/database/database-connection';
import { httpAdapter } from '../../src/http-adapter';
import { RetryPolicy } from '../../src/mail/mail.queue';
import { Api } from './api';
import { backendEnvironment } from './backend';
import { FixedClock } from './fixed-clock';
import { Inbox } from './inbox';
import { createTestDatabase } from './postgres';
import { until } from './until';

export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly clock: FixedClock;
  readonly inbox: Inbox;
  readonly config: AppConfig;
  /** Every line logged, as text. */
  readonly logs: string[];
  /** Rows of the app's own database. */
  // oxlint-disable-next-line typescript/no-explicit-any
  query(sql: string, values?: unknown[]): Promise<any[]>;
  /** Resolves once every owed mail was sent, given up or found to be nobody's. */
  mailsSettled(): Promise<void>;
  /** The actions in the audit trail, oldest first. */
  auditTrail(): Promise<string[]>;
  close(): Promise<void>;
}

const ENVIRONMENT = {
  NODE_ENV: 'test',
  SECRET_KEY: 'a-key-for-tests-that-is-long-enough-to-sign-with',
  SMTP_HOST: '127.0.0.1',
  FROM_EMAIL: 'no-reply@gatehouse.test',
  // Cheap hashes: what is tested is that they are made and checked, not that they are slow.
  ARGON2_MEMORY_KIB: '1024',
  ARGON2_TIME_COST: '1',
  RATE_LIMIT_ENABLED: 'false',
};

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  /** Modules beside the app's own, to probe what no route of the app shows. */
  readonly imports?: Type[];
  /** How to reach its database, if not directly. */
  readonly connect?: (direct: DatabaseConnection) => DatabaseConnection;
  /** Where to listen, if it must be known beforehand. */
  readonly port?: number;
}

/**
 * The whole service on its own copy of the database, listening on a free port, with a fixed clock
 * and a real SMTP server to mail to.
 */
export async function startTestApp({
  env = {},
  imports = [],
  connect = (direct) => direct,
  port = 0,
}: Options = {}): Promise<TestApp> {
  const [inbox, database] = await Promise.all([Inbox.open(), createTestDatabase()]);
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-data-'));
  const config = loadConfig({
    ...ENVIRONMENT,
    SMTP_PORT: String(inbox.port),
    DATA_DIR: dataDir,
    ...backendEnvironment(),
    ...env,
  });
  const logs: string[] = [];
  const logger = new JsonLogger('debug', { write: (line) => void logs.push(line) });
  const clock = new FixedClock();
  const module = AppModule.register(config, connect(database.connection));
  module.imports!.push(...imports);
  const testing = await Test.createTestingModule({ imports: [module] })
    .overrideProvider(Clock)
    .useValue(clock)
    .overrideProvider(RetryPolicy)
    .useValue({ attempts: 3, firstDelayMs: 20 } satisfies RetryPolicy)
    .setLogger(logger)
    .compile();
  const app = testing.createNestApplication<NestFastifyApplication>(httpAdapter(config), {
    logger,
    bodyParser: false,
  });
  await configureApp(app, module, config, logger);
  await app.listen(port, '127.0.0.1');
  const dataSource = app.get(DataSource);
  const query = (sql: string, values?: unknown[]) => dataSource.query(sql, values);

  return {
    app,
    api: new Api(await app.getUrl()),
    clock,
    inbox,
    config,
    logs,
    query,
    async mailsSettled() {
      await until(async () => {
        const [{ count }] = await query(
          'SELECT count(*)::int AS count FROM mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL',
        );
        return count === 0;
      });
    },
    async auditTrail() {
      const rows = await query('SELECT action FROM audit_events ORDER BY id');
      return rows.map((row: { action: string }) => row.action);
    },
    async close() {
      await app.close();
      await Promise.all([inbox.close(), database.drop()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
