import type { Clock } from '../time/clock';

/** Keeps a fault that goes on from filling the log: every so often one line is enough. */
export class NowAndThen {
  private silentUntil = new Date(0);

  constructor(
    private readonly clock: Clock,
    private readonly seconds: number,
  ) {}

  /** Calls `tell`, unless it did so within the last seconds. */
  tell(tell: () => void): void {
    if (this.clock.now() < this.silentUntil) return;
    this.silentUntil = this.clock.inSeconds(this.seconds);
    tell();
  }
}
