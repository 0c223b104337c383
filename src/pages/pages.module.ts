import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { ConfirmEmailChangePage } from './confirm-email-change.controller';
import { ResetPasswordPage } from './reset-password.controller';
import { VerifyEmailPage } from './verify-email.controller';

/** The pages that links in mails open: they need no script, and only their button acts. */
@Module({
  imports: [AuthModule],
  controllers: [VerifyEmailPage, ResetPasswordPage, ConfirmEmailChangePage],
})
export class PagesModule {}
