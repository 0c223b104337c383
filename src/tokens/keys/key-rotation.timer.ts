import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Random } from '../../common/random/random';
import { AppConfig } from '../../config/app-config';
import { KeyRotation } from './key-rotation.service';

const MINUTE_MS = 60_000;
/** After a start, when the processes of before, which may be configured otherwise, have gone. */
const FIRST = { leastMs: 5 * MINUTE_MS, spreadMs: 5 * MINUTE_MS };
const AGAIN = { leastMs: 54 * MINUTE_MS, spreadMs: 12 * MINUTE_MS };

/** Looks about hourly, in processes that work, for keys that have signed for long enough. */
@Injectable()
export class KeyRotationTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(KeyRotationTimer.name);
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    private readonly rotation: KeyRotation,
    private readonly config: AppConfig,
    private readonly random: Random,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.process.role !== 'api') this.schedule(FIRST);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule({ leastMs, spreadMs }: typeof FIRST): void {
    if (this.isStopping) return;
    const wait = leastMs + spreadMs * this.fraction();
    this.timer = setTimeout(() => {
      this.running = this.tendSafely().finally(() => this.schedule(AGAIN));
    }, wait).unref();
  }

  private async tendSafely(): Promise<void> {
    try {
      await this.rotation.tend();
    } catch (error) {
      this.logger.error({ msg: 'signing keys not tended', err: error });
    }
  }

  private fraction(): number {
    return Number.parseInt(this.random.uuid().slice(0, 8), 16) / 2 ** 32;
  }
}
