import type { DataSourceOptions } from 'typeorm';
import { Accounts1793000000000 } from '../migrations/1793000000000-accounts';
import { Identities1793100000000 } from '../migrations/1793100000000-identities';
import { Administration1793200000000 } from '../migrations/1793200000000-administration';
import { AuditEvent } from './audit/audit-event.entity';
import { Identity } from './auth/identities/identity.entity';
import { Session } from './auth/sessions/session.entity';
import type { DatabaseConnection } from './database/database-connection';
import { OutboxMail } from './mail/outbox-mail.entity';
import { Subscription } from './users/subscription.entity';
import { SpentFlow } from './oauth/flow/spent-flow.entity';
import { User } from './users/user.entity';

/** A query that takes longer is a fault, and a client that waits longer is gone. */
const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** What TypeORM is told. Throws on null and undefined in a `where`: they would match any row. */
export function dataSourceOptions(
  { options }: DatabaseConnection,
  poolSize: number,
): DataSourceOptions {
  return {
    type: 'postgres',
    ...(options.connectionString
      ? { url: options.connectionString }
      : {
          host: options.host,
          port: options.port,
          ssl: false,
          username: options.user,
          database: options.database,
        }),
    poolSize,
    entities: [User, Subscription, Identity, Session, SpentFlow, OutboxMail, AuditEvent],
    migrations: [Accounts1793000000000, Identities1793100000000, Administration1793200000000],
    synchronize: false,
    installExtensions: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    applicationName: 'gatehouse',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    },
  };
}
