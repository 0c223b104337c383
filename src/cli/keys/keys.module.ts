import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module';
import { CommonModule } from '../../common/common.module';
import type { AppConfig } from '../../config/app-config';
import { ConfigModule } from '../../config/config.module';
import { dataSourceOptions } from '../../data-source';
import type { DatabaseConnection } from '../../database/database-connection';
import { DatabaseModule } from '../../database/database.module';
import { TelemetryModule } from '../../telemetry/telemetry.module';
import { keyRotationProviders } from '../../tokens/keys/key-rotation.providers';

/** As much of the service as it takes to change its signing keys; it signs nothing itself. */
@Module({})
export class KeysModule {
  static register(config: AppConfig, connection: DatabaseConnection): DynamicModule {
    return {
      module: KeysModule,
      imports: [
        ConfigModule.register(config),
        CommonModule,
        TelemetryModule.register(),
        DatabaseModule.register(connection, dataSourceOptions(connection, 2)),
        AuditModule,
      ],
      providers: [...keyRotationProviders],
    };
  }
}
