import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { JobsOptions, Queue } from 'bullmq';
import { AppConfig } from '../config/app-config';

export const MAIL_QUEUE = 'mail';

/** How often a mail is tried, and how long after the first failure; the wait doubles each time. */
export abstract class RetryPolicy {
  abstract readonly attempts: number;
  abstract readonly firstDelayMs: number;
}

/** The queue of outbox ids. A job's id is its row's, so a mail is never queued twice at once. */
@Injectable()
export class MailQueue implements OnModuleInit {
  private readonly logger = new Logger(MailQueue.name);

  constructor(
    @InjectQueue(MAIL_QUEUE) private readonly queue: Queue,
    private readonly retry: RetryPolicy,
    private readonly config: AppConfig,
  ) {}

  /**
   * On Postgres the start fails if the queue cannot be reached: BullMQ would remember a failed
   * first connection for ever. Redis it tries again by itself.
   */
  async onModuleInit(): Promise<void> {
    this.queue.on('error', (error) => this.logger.error({ msg: 'mail queue', err: error }));
    if (!this.config.redis.url) await this.queue.waitUntilReady();
  }

  async add(ids: readonly string[]): Promise<void> {
    const jobs = ids.map((id) => ({ name: 'send', data: {}, opts: this.optionsOf(id) }));
    await this.queue.addBulk(jobs);
  }

  /** Resolves if the queue's store answers. */
  async ping(): Promise<void> {
    await this.queue.getJobCounts('waiting');
  }

  private optionsOf(jobId: string): JobsOptions {
    const { attempts, firstDelayMs } = this.retry;
    return {
      jobId,
      attempts,
      backoff: { type: 'exponential', delay: firstDelayMs },
      // The outbox row is the record; a finished job must not stand in the way of a new one.
      removeOnComplete: true,
      removeOnFail: true,
    };
  }
}
