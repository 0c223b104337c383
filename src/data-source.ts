import type { DataSourceOptions } from 'typeorm';
import { Accounts1793000000000 } from '../migrations/1793000000000-accounts';
import { Identities1793100000000 } from '../migrations/1793100000000-identities';
import { Administration1793200000000 } from '../migrations/1793200000000-administration';
import { SigningKeys1793400000000 } from '../migrations/1793400000000-signing-keys';
import { SessionDevices1793500000000 } from '../migrations/1793500000000-session-devices';
import { ReservedUsernames1793600000000 } from '../migrations/1793600000000-reserved-usernames';
import { UnloggedRateLimits1793700000000 } from '../migrations/1793700000000-unlogged-rate-limits';
import { AuditEvent } from './audit/audit-event.entity';
import { Identity } from './auth/identities/identity.entity';
import { Session } from './auth/sessions/session.entity';
import type { DatabaseConnection } from './database/database-connection';
import { CONNECT_TIMEOUT_MS, timeOuts } from './database/time-outs';
import { OutboxMail } from './mail/outbox-mail.entity';
import { ReservedUsername } from './users/reserved-username.entity';
import { Subscription } from './users/subscription.entity';
import { SpentFlow } from './oauth/flow/spent-flow.entity';
import { SigningKey } from './tokens/keys/signing-key.entity';
import { User } from './users/user.entity';

/** What TypeORM is told. Throws on null and undefined in a `where`: they would match any row. */
export function dataSourceOptions(
  { options, isPooled }: DatabaseConnection,
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
    entities: [
      User,
      Subscription,
      Identity,
      Session,
      SpentFlow,
      OutboxMail,
      AuditEvent,
      SigningKey,
      ReservedUsername,
    ],
    migrations: [
      Accounts1793000000000,
      Identities1793100000000,
      Administration1793200000000,
      SigningKeys1793400000000,
      SessionDevices1793500000000,
      ReservedUsernames1793600000000,
      UnloggedRateLimits1793700000000,
    ],
    synchronize: false,
    installExtensions: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    applicationName: 'gatehouse',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: timeOuts(isPooled),
  };
}
