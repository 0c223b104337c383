import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module';
import { AuthModule } from '../../auth/auth.module';
import { LimitsModule } from '../../limits/limits.module';
import { UsersModule } from '../../users/users.module';
import { MailsController } from './mails.controller';
import { MailsService } from './mails.service';
import { SupportController } from './support.controller';
import { SupportService } from './support.service';

/** What admins do for users who cannot help themselves, and for mails that did not arrive. */
@Module({
  imports: [AuthModule, UsersModule, AuditModule, LimitsModule],
  controllers: [SupportController, MailsController],
  providers: [SupportService, MailsService],
})
export class SupportModule {}
