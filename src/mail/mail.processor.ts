import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  type BeforeApplicationShutdown,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Job } from 'bullmq';
import { MailDelivery } from './mail-delivery';
import { MAIL_QUEUE } from './mail.queue';

/** A mail server that answers at all has answered by then. */
const PATIENCE_MS = 4_000;

// Started below, and not as soon as it is made: by then every flow has said what its mails hold.
@Processor(MAIL_QUEUE, { concurrency: 5, autorun: false })
export class MailProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(MailProcessor.name);

  constructor(private readonly delivery: MailDelivery) {
    super();
  }

  onApplicationBootstrap(): void {
    this.worker.run().catch((error: Error) => this.onError(error));
  }

  async process(job: Job): Promise<void> {
    await this.delivery.deliver(job.id!);
  }

  /**
   * Takes no more mails and finishes the running ones, while the database is still there. What a
   * mail server keeps waiting fails then, and is tried again by whoever is running later.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const patience = setTimeout(() => void this.delivery.hangUp(), PATIENCE_MS);
    await this.worker.close();
    clearTimeout(patience);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.error({ msg: 'mail worker', err: error });
  }
}
