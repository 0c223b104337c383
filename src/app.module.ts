import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AccountModule } from './account/account.module';
import { AdminAuditModule } from './admin/audit/admin-audit.module';
import { AdminSubscriptionsModule } from './admin/subscriptions/admin-subscriptions.module';
import { AdminUsersModule } from './admin/users/admin-users.module';
import { SupportModule } from './admin/support/support.module';
import { AuthModule } from './auth/auth.module';
import { CommonModule } from './common/common.module';
import { ProblemMap } from './common/http/problem';
import { ProblemFilter } from './common/http/problem.filter';
import { RequestValidationPipe } from './common/http/validation.pipe';
import type { AppConfig } from './config/app-config';
import { ConfigModule } from './config/config.module';
import { dataSourceOptions } from './data-source';
import type { DatabaseConnection } from './database/database-connection';
import { DatabaseModule } from './database/database.module';
import { FastLaunchModule } from './fastlaunch/fastlaunch.module';
import { HealthModule } from './health/health.module';
import { MailModule } from './mail/mail.module';
import { MetricsModule } from './metrics/metrics.module';
import { OAuthModule } from './oauth/oauth.module';
import { PagesModule } from './pages/pages.module';
import { GatehouseProblems } from './problem-map';
import { QueueModule } from './queue/queue.module';
import { RetentionModule } from './retention/retention.module';
import { TelemetryModule } from './telemetry/telemetry.module';
import type { Tracing } from './telemetry/tracing';
import { UsersModule } from './users/users.module';

/** The whole service, for one configuration and one database. */
@Module({})
export class AppModule {
  static register(
    config: AppConfig,
    connection: DatabaseConnection,
    tracing?: Tracing,
  ): DynamicModule {
    return {
      module: AppModule,
      // For what it exports alone: how errors are told is one thing in the whole service.
      global: true,
      imports: [
        ConfigModule.register(config),
        CommonModule,
        TelemetryModule.register(tracing),
        DatabaseModule.register(
          connection,
          dataSourceOptions(connection, config.database.poolSize),
        ),
        QueueModule.register(),
        MailModule.register(config),
        UsersModule,
        AuthModule,
        OAuthModule,
        AccountModule,
        AdminUsersModule,
        AdminAuditModule,
        AdminSubscriptionsModule,
        SupportModule,
        FastLaunchModule,
        PagesModule,
        RetentionModule.register(config),
        HealthModule,
        MetricsModule,
        ...(config.environment === 'production' ? [] : [developmentModule()]),
      ],
      providers: [
        { provide: ProblemMap, useClass: GatehouseProblems },
        ProblemFilter,
        { provide: APP_FILTER, useExisting: ProblemFilter },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
      exports: [ProblemMap, ProblemFilter],
    };
  }
}

/** Loaded only where it is wanted: the production image does not hold it. */
function developmentModule(): Type {
  return (require('./dev/dev.module') as typeof import('./dev/dev.module')).DevModule;
}
