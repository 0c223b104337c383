import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module';
import { CommonModule } from '../../common/common.module';
import type { AppConfig } from '../../config/app-config';
import { ConfigModule } from '../../config/config.module';
import { dataSourceOptions } from '../../data-source';
import type { DatabaseConnection } from '../../database/database-connection';
import { DatabaseModule } from '../../database/database.module';
import { TelemetryModule } from '../../telemetry/telemetry.module';
import { UsersExport } from './users-export.service';
import { UsersFileRepository } from './users-file.repository';
import { UsersImport } from './users-import.service';

/** As much of the service as it takes to bring users in and out. */
@Module({})
export class UsersFileModule {
  static register(config: AppConfig, connection: DatabaseConnection): DynamicModule {
    return {
      module: UsersFileModule,
      imports: [
        ConfigModule.register(config),
        CommonModule,
        TelemetryModule.register(),
        DatabaseModule.register(connection, dataSourceOptions(connection, 2)),
        AuditModule,
      ],
      providers: [UsersFileRepository, UsersImport, UsersExport],
    };
  }
}

/** To be passed to `withService`. */
export const usersFile = (config: AppConfig, connection: DatabaseConnection): DynamicModule =>
  UsersFileModule.register(config, connection);
