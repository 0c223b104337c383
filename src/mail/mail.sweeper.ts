import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../common/time/clock';
import { UnitOfWork } from '../database/unit-of-work';
import { MailQueue } from './mail.queue';
import { OutboxRepository } from './outbox.repository';

const INTERVAL_MS = 30_000;
/** A mail this old was lost by the queue, or never reached it. */
const OVERDUE_SECONDS = 30;
const BATCH = 1000;
const KEEP_SENT_SECONDS = 30 * 86_400;

/**
 * Queues what is owed and not sent, whatever became of its job. A timer in every worker and not a
 * job of the queue, because it must outlive the queue's losing its data; the job id keeps N
 * sweepers from queueing a mail twice.
 */
@Injectable()
export class MailSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MailSweeper.name);
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly outbox: OutboxRepository,
    private readonly queue: MailQueue,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.sweepSafely();
    this.timer = setInterval(() => this.sweepSafely(), INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Queues overdue mails and forgets those sent a month ago; answers with how many it queued. */
  async sweep(): Promise<number> {
    const createdBefore = this.clock.inSeconds(-OVERDUE_SECONDS);
    const ids = await this.outbox.listOverdue(this.clock.now(), createdBefore, BATCH);
    if (ids.length > 0) await this.queue.add(ids);
    const sentBefore = this.clock.inSeconds(-KEEP_SENT_SECONDS);
    await this.unitOfWork.run((tx) => this.outbox.deleteSent(tx, sentBefore));
    return ids.length;
  }

  private async logSweep(): Promise<void> {
    const queued = await this.sweep();
    if (queued > 0) this.logger.log({ msg: 'overdue mails queued', queued });
  }

  private sweepSafely(): void {
    this.running = this.logSweep().catch((error: unknown) => {
      this.logger.warn({ msg: 'sweep failed', err: error });
    });
  }
}
