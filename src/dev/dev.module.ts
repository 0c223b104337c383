import { Module } from '@nestjs/common';
import { Mailbox } from '../mail/transports/mailbox';
import { MailboxController } from './mailbox.controller';

/** What only a developer may see. Never part of a production application. */
@Module({
  controllers: [MailboxController],
  providers: [Mailbox],
})
export class DevModule {}
