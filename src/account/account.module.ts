import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { AuthModule } from '../auth/auth.module';
import { UsersModule } from '../users/users.module';
import { ActivityController } from './activity/activity.controller';
import { AccountDeletionController } from './deletion/account-deletion.controller';
import { AccountDeletionService } from './deletion/account-deletion.service';
import { AccountExportController } from './export/account-export.controller';
import { AccountExportService } from './export/account-export.service';
import { OwnSubscriptionController } from './subscription/own-subscription.controller';

/** What people may do with their account as a whole: look it over, take it along, end it. */
@Module({
  imports: [AuthModule, UsersModule, AuditModule],
  controllers: [
    ActivityController,
    AccountExportController,
    OwnSubscriptionController,
    AccountDeletionController,
  ],
  providers: [AccountExportService, AccountDeletionService],
})
export class AccountModule {}
