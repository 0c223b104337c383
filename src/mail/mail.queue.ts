import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { JobsOptions, Queue } from 'bullmq';
import { NowAndThen } from '../common/logging/now-and-then';
import { Clock } from '../common/time/clock';
import { QueueStore } from '../queue/queue-store';
import { Tracing } from '../telemetry/tracing';

export const MAIL_QUEUE = 'mail';

/** While the store is down there is an error for every try to reach it. */
const SECONDS_BETWEEN_LINES = 10;

/** What a job holds besides its id. */
export interface MailJob {
  /** Of `Tracing`. */
  readonly cause?: string;
}

const JOB_STATES = ['waiting', 'delayed', 'active', 'failed'] as const;

export interface QueueUse {
  /** Jobs by state; a finished one is gone, a failed one too where it was given up. */
  readonly jobs: Readonly<Record<(typeof JOB_STATES)[number], number>>;
  /** Processes that take jobs. */
  readonly workers: number;
}

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
    private readonly store: QueueStore,
    private readonly tracing: Tracing,
    clock: Clock,
  ) {
    const faults = new NowAndThen(clock, SECONDS_BETWEEN_LINES);
    queue.on('error', (err) => faults.tell(() => this.logger.error({ msg: 'mail queue', err })));
  }

  /**
   * On Postgres the start fails if the queue cannot be reached: BullMQ would remember a failed
   * first connection for ever. Redis it tries again by itself.
   */
  async onModuleInit(): Promise<void> {
    if (this.store.kind === 'postgres') await this.queue.waitUntilReady();
  }

  async add(ids: readonly string[]): Promise<void> {
    const data: MailJob = { cause: this.tracing.cause() };
    const jobs = ids.map((id) => ({ name: 'send', data, opts: this.optionsOf(id) }));
    await this.queue.addBulk(jobs);
  }

  /** Resolves if the queue's store answers. */
  async ping(): Promise<void> {
    await this.queue.getJobCounts('waiting');
  }

  /** How much lies in the queue, and how many take from it. */
  async use(): Promise<QueueUse> {
    const [jobs, workers] = await Promise.all([
      this.queue.getJobCounts(...JOB_STATES),
      this.queue.getWorkersCount(),
    ]);
    return { jobs: jobs as QueueUse['jobs'], workers };
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
