import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module';
import { NewPasswords } from '../../auth/passwords/new-passwords';
import { passwordProviders } from '../../auth/passwords/password.providers';
import { CommonModule } from '../../common/common.module';
import type { AppConfig } from '../../config/app-config';
import { ConfigModule } from '../../config/config.module';
import { dataSourceOptions } from '../../data-source';
import type { DatabaseConnection } from '../../database/database-connection';
import { DatabaseModule } from '../../database/database.module';
import { hashingLaneProviders } from '../../limits/hashing-lane.providers';
import { TelemetryModule } from '../../telemetry/telemetry.module';
import { UsersModule } from '../../users/users.module';
import { OperatorAccounts } from './operator-accounts.service';

/** As much of the service as it takes to change an account; no queue, since no mail is owed here. */
@Module({})
export class AccountsModule {
  static register(config: AppConfig, connection: DatabaseConnection): DynamicModule {
    return {
      module: AccountsModule,
      imports: [
        ConfigModule.register(config),
        CommonModule,
        TelemetryModule.register(),
        DatabaseModule.register(connection, dataSourceOptions(connection, 2)),
        AuditModule,
        UsersModule,
      ],
      providers: [...hashingLaneProviders, ...passwordProviders, NewPasswords, OperatorAccounts],
    };
  }
}
