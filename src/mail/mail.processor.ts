import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  type BeforeApplicationShutdown,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Job } from 'bullmq';
import { AppConfig } from '../config/app-config';
import { MailDelivery } from './mail-delivery';
import { MAIL_QUEUE } from './mail.queue';

/** A mail server that answers at all has answered by then. */
const PATIENCE_MS = 4_000;
/** Between a fault of the queue's store and the next try. */
const REST_MS = 1_000;

// Started below, and not as soon as it is made: by then every flow has said what its mails hold.
@Processor(MAIL_QUEUE, { concurrency: 5, autorun: false })
export class MailProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(MailProcessor.name);
  private isResting = false;
  private isStopping = false;

  constructor(
    private readonly delivery: MailDelivery,
    private readonly config: AppConfig,
  ) {
    super();
  }

  /** As in `MailQueue`: on Postgres a first connection that fails ends the start. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.redis.url) await this.worker.waitUntilReady();
    this.work();
  }

  async process(job: Job): Promise<void> {
    await this.delivery.deliver(job.id!);
  }

  /**
   * Takes no more mails and finishes the running ones, while the database is still there. What a
   * mail server keeps waiting fails then, and is tried again by whoever is running later.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const patience = setTimeout(() => void this.delivery.hangUp(), PATIENCE_MS);
    await this.worker.close();
    clearTimeout(patience);
  }

  /**
   * Rests before the next try. BullMQ itself knows few of Postgres's errors for what they are, and
   * would ask a server that is down again and again, without a pause.
   */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    if (this.isResting || this.isStopping) return;
    this.isResting = true;
    this.logger.error({ msg: 'mail worker', err: error });
    void this.worker.pause(true);
    setTimeout(() => {
      this.isResting = false;
      if (!this.isStopping) this.work();
    }, REST_MS).unref();
  }

  private work(): void {
    const working = this.worker.isPaused() ? this.worker.resume() : this.worker.run();
    Promise.resolve(working).catch((error: Error) => this.onError(error));
  }
}
