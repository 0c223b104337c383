import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../common/time/clock';
import { UnitOfWork } from '../database/unit-of-work';
import { MailQueue } from './mail.queue';
import { type OverdueMail, OutboxRepository } from './outbox.repository';

const INTERVAL_MS = 30_000;
/** A mail this old was lost by the queue, or never reached it. */
const OVERDUE_SECONDS = 30;
const BATCH = 500;
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

  /** At the start everything that is owed is queued, however young: whoever owed it may be dead. */
  onApplicationBootstrap(): void {
    this.sweepSafely(0);
    this.timer = setInterval(() => this.sweepSafely(OVERDUE_SECONDS), INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Queues mails owed for that long and forgets those sent a month ago; says how many it queued. */
  async sweep(overdueSeconds = OVERDUE_SECONDS): Promise<number> {
    const createdBefore = this.clock.inSeconds(-overdueSeconds);
    let queued = 0;
    for (let after: OverdueMail | null = null; ;) {
      const batch = await this.outbox.listOverdue(this.clock.now(), createdBefore, after, BATCH);
      if (batch.length > 0) await this.queue.add(batch.map(({ id }) => id));
      queued += batch.length;
      if (batch.length < BATCH) break;
      after = batch.at(-1)!;
    }
    const sentBefore = this.clock.inSeconds(-KEEP_SENT_SECONDS);
    await this.unitOfWork.run((tx) => this.outbox.deleteSent(tx, sentBefore));
    return queued;
  }

  private async logSweep(overdueSeconds: number): Promise<void> {
    const queued = await this.sweep(overdueSeconds);
    if (queued > 0) this.logger.log({ msg: 'unsent mails queued', queued });
  }

  private sweepSafely(overdueSeconds: number): void {
    this.running = this.logSweep(overdueSeconds).catch((error: unknown) => {
      this.logger.warn({ msg: 'sweep failed', err: error });
    });
  }
}
