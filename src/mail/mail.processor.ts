import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Job } from 'bullmq';
import { NowAndThen } from '../common/logging/now-and-then';
import { Clock } from '../common/time/clock';
import { QueueStore, type QueueWorker } from '../queue/queue-store';
import { Tracing } from '../telemetry/tracing';
import { MailDelivery } from './mail-delivery';
import { MAIL_QUEUE, type MailJob } from './mail.queue';

/** Mails that a process sends at a time. */
const CONCURRENCY = 5;
/** A mail server that answers at all has answered by then. */
const PATIENCE_MS = 4_000;
/** What the queue's store is given to take note, once the mails are sent or given up. */
const FAREWELL_MS = 1_000;
/** Between a fault of the queue's store and the next try. */
const REST_MS = 1_000;
const SECONDS_BETWEEN_LINES = 10;

/** Takes mails from the queue and has them sent. */
@Injectable()
export class MailProcessor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MailProcessor.name);
  private readonly faults: NowAndThen;
  private readonly running = new Set<Promise<void>>();
  private worker: QueueWorker<MailJob> | null = null;
  private isResting = false;
  private stopping: Promise<void> | null = null;

  constructor(
    private readonly delivery: MailDelivery,
    private readonly store: QueueStore,
    private readonly tracing: Tracing,
    clock: Clock,
  ) {
    this.faults = new NowAndThen(clock, SECONDS_BETWEEN_LINES);
  }

  /**
   * Not before all else is there: by now every flow has said what its mails hold. As in
   * `MailQueue`, on Postgres a first connection that fails ends the start.
   */
  async onApplicationBootstrap(): Promise<void> {
    if (this.stopping) return;
    const worker = this.store.worker<MailJob>(MAIL_QUEUE, CONCURRENCY, (job) => this.track(job));
    this.worker = worker;
    worker.on('error', (error) => this.onError(worker, error));
    if (this.store.kind === 'postgres') await worker.waitUntilReady();
    this.work(worker);
  }

  /**
   * Takes no more mails and finishes the running ones, while the database is still there. What a
   * mail server keeps waiting fails then, and is tried again by whoever is running later. A queue
   * that is away is not waited for: what it does not hear of is in the outbox.
   */
  stop(): Promise<void> {
    this.stopping ??= this.worker ? this.finish(this.worker) : Promise.resolve();
    return this.stopping;
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  private async finish(worker: QueueWorker<MailJob>): Promise<void> {
    const patience = setTimeout(() => {
      this.delivery.hangUp().catch((error: unknown) => {
        this.logger.error({ msg: 'mail worker', err: error });
      });
    }, PATIENCE_MS);
    await worker.pause(true).catch(() => {});
    while (this.running.size > 0) await Promise.allSettled(this.running);
    // BullMQ waits for its store even where that will not come back.
    const closing = worker.close(!this.store.isUp).then(
      () => true,
      () => false,
    );
    if (!(await within(FAREWELL_MS, closing)))
      await worker
        .getBackend()
        .close(true)
        .catch(() => {});
    clearTimeout(patience);
  }

  private async track(job: Job<MailJob>): Promise<void> {
    const sending = this.process(job);
    this.running.add(sending);
    await sending.finally(() => this.running.delete(sending));
  }

  private async process({ id, data }: Job<MailJob>): Promise<void> {
    const job = { name: 'send mail', id: id!, cause: data.cause };
    await this.tracing.run(job, () => this.delivery.deliver(id!));
  }

  /**
   * Rests before the next try. BullMQ itself knows few errors for what they are, and would ask a
   * server that is down again and again, without a pause.
   */
  private onError(worker: QueueWorker<MailJob>, error: Error): void {
    if (this.isResting || this.stopping) return;
    this.isResting = true;
    this.faults.tell(() => this.logger.error({ msg: 'mail worker', err: error }));
    void worker.pause(true);
    setTimeout(() => {
      this.isResting = false;
      if (!this.stopping) this.work(worker);
    }, REST_MS).unref();
  }

  private work(worker: QueueWorker<MailJob>): void {
    const working = worker.isPaused() ? worker.resume() : worker.run();
    Promise.resolve(working).catch((error: Error) => this.onError(worker, error));
  }
}

/** What `work` gives, or null if it takes longer. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
