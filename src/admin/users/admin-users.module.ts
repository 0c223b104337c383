import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module';
import { AuthModule } from '../../auth/auth.module';
import { UsersModule } from '../../users/users.module';
import { AdminUsersController } from './admin-users.controller';
import { UserChangesService } from './user-changes.service';
import { UserCreationService } from './user-creation.service';

/** Making, changing and deleting other people's accounts. */
@Module({
  imports: [UsersModule, AuthModule, AuditModule],
  controllers: [AdminUsersController],
  providers: [UserCreationService, UserChangesService],
})
export class AdminUsersModule {}
