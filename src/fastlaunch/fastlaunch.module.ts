import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { VerifyEmailController } from './verify-email.controller';

/** The dialect of clients written for FastLaunch, over the same services. */
@Module({ imports: [AuthModule], controllers: [VerifyEmailController] })
export class FastLaunchModule {}
