import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { MailDelivery } from './mail-delivery';
import { MAIL_QUEUE } from './mail.queue';

@Processor(MAIL_QUEUE, { concurrency: 5 })
export class MailProcessor extends WorkerHost implements BeforeApplicationShutdown {
  private readonly logger = new Logger(MailProcessor.name);

  constructor(private readonly delivery: MailDelivery) {
    super();
  }

  async process(job: Job): Promise<void> {
    await this.delivery.deliver(job.id!);
  }

  /** Finishes the running mails and takes no more, while database and transport are still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.close();
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.error({ msg: 'mail worker', err: error });
  }
}
