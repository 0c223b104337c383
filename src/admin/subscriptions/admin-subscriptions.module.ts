import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module';
import { SubscriptionsController } from './subscriptions.controller';

/** Where whoever takes the money says who paid. */
@Module({ imports: [UsersModule], controllers: [SubscriptionsController] })
export class AdminSubscriptionsModule {}
