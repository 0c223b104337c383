import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { UsersModule } from '../users/users.module';
import { CreateUserController } from './create-user.controller';
import { ResetPasswordController } from './reset-password.controller';
import { TokensController } from './tokens.controller';
import { UserController } from './user.controller';
import { VerifyEmailController } from './verify-email.controller';

/** The dialect of clients written for FastLaunch, over the same services. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [
    CreateUserController,
    VerifyEmailController,
    TokensController,
    UserController,
    ResetPasswordController,
  ],
})
export class FastLaunchModule {}
