import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { AccountChanges } from './account-changes.service';
import { DirectoryController } from './directory/directory.controller';
import { DirectoryRepository } from './directory/directory.repository';
import { DirectoryService } from './directory/directory.service';
import { MeController } from './me.controller';
import { SubscriptionsRepository } from './subscriptions/subscriptions.repository';
import { SubscriptionsService } from './subscriptions/subscriptions.service';
import { ReservedUsernames } from './reserved-usernames.repository';
import { UsersRepository } from './users.repository';
import { UsersService } from './users.service';

@Module({
  imports: [AuditModule],
  controllers: [MeController, DirectoryController],
  providers: [
    UsersService,
    UsersRepository,
    ReservedUsernames,
    AccountChanges,
    DirectoryService,
    DirectoryRepository,
    SubscriptionsService,
    SubscriptionsRepository,
  ],
  exports: [UsersService, AccountChanges, SubscriptionsService],
})
export class UsersModule {}
