import type { Gauge } from 'prom-client';

export interface Reading {
  readonly gauge: Gauge;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Well under the ten seconds that Prometheus waits by default. */
const PATIENCE_MS = 2_000;

/** What has to be asked before it can be shown: the values are there if it answered, or absent. */
export class AskedSource {
  private asked: Promise<readonly Reading[]> | null = null;

  constructor(
    private readonly gauges: readonly Gauge[],
    private readonly ask: () => Promise<readonly Reading[]>,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /**
   * Sets the gauges to what the source says now, and says whether it did. An old value would look
   * like a live one, so without an answer in two seconds there is none.
   */
  async refresh(): Promise<boolean> {
    const readings = await this.readings();
    for (const gauge of this.gauges) {
      gauge.reset();
      // A gauge without labels is reset to zero, which would be an answer.
      gauge.remove({});
    }
    for (const { gauge, value, labels = {} } of readings ?? []) gauge.set(labels, value);
    return readings !== null;
  }

  /** A source that hangs is not asked again until it has answered. */
  private async readings(): Promise<readonly Reading[] | null> {
    this.asked ??= this.ask().finally(() => (this.asked = null));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), this.patienceMs);
    });
    const answer = this.asked.catch(() => null);
    return Promise.race([answer, timeout]).finally(() => clearTimeout(timer));
  }
}
