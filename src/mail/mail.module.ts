import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { OutboundHttp } from '../common/http/outbound-http';
import { AppConfig } from '../config/app-config';
import { MailComposers } from './mail-composers';
import { MailDelivery } from './mail-delivery';
import { MailProcessor } from './mail.processor';
import { MAIL_QUEUE, MailQueue, RetryPolicy } from './mail.queue';
import { MailService } from './mail.service';
import { MailSweeper } from './mail.sweeper';
import { MailTransport } from './message';
import { OutboxRepository } from './outbox.repository';
import { MailRenderer } from './templates/mail-renderer';
import { createTransport } from './transports/transport.factory';

/** Ten attempts over an hour and a half: longer than a mail server's restart. */
const RETRY: RetryPolicy = { attempts: 10, firstDelayMs: 10_000 };

@Module({})
export class MailModule {
  static register(config: AppConfig): DynamicModule {
    return {
      module: MailModule,
      global: true,
      imports: [BullModule.registerQueue({ name: MAIL_QUEUE })],
      providers: [
        MailService,
        MailComposers,
        MailQueue,
        MailDelivery,
        MailRenderer,
        OutboxRepository,
        { provide: RetryPolicy, useValue: RETRY },
        {
          provide: MailTransport,
          inject: [AppConfig, OutboundHttp],
          useFactory: createTransport,
        },
        ...(config.process.role === 'api' ? [] : [MailProcessor, MailSweeper]),
      ],
      exports: [MailService, MailQueue],
    };
  }
}
