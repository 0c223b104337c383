import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Random } from '../common/random/random';
import { RetentionService } from './retention.service';

const MINUTE_MS = 60_000;
/** After a start there is more urgent work. */
const FIRST = { leastMs: 2 * MINUTE_MS, spreadMs: 3 * MINUTE_MS };
const AGAIN = { leastMs: 54 * MINUTE_MS, spreadMs: 12 * MINUTE_MS };

/** Runs the retention hourly, a little more or less, so that processes started together spread. */
@Injectable()
export class RetentionTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    private readonly retention: RetentionService,
    private readonly random: Random,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(FIRST);
  }

  /** Waits for the batch that is under way, while the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    this.retention.stop();
    await this.running;
  }

  private schedule({ leastMs, spreadMs }: typeof FIRST): void {
    if (this.isStopping) return;
    const wait = leastMs + spreadMs * this.fraction();
    this.timer = setTimeout(() => {
      this.running = this.retention.run().finally(() => this.schedule(AGAIN));
    }, wait).unref();
  }

  private fraction(): number {
    return Number.parseInt(this.random.uuid().slice(0, 8), 16) / 2 ** 32;
  }
}
