import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { AuthModule } from '../auth/auth.module';
import type { AppConfig } from '../config/app-config';
import { LimitsModule } from '../limits/limits.module';
import { OAuthModule } from '../oauth/oauth.module';
import { TokensModule } from '../tokens/tokens.module';
import { RetentionService } from './retention.service';
import { RetentionTimer } from './retention.timer';

/** Worker processes forget what has been kept for long enough. */
@Module({})
export class RetentionModule {
  static register(config: AppConfig): DynamicModule {
    return {
      module: RetentionModule,
      imports: [AuthModule, AuditModule, LimitsModule, OAuthModule, TokensModule],
      providers: config.process.role === 'api' ? [] : [RetentionService, RetentionTimer],
    };
  }
}
