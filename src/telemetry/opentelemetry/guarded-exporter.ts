import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { toldSpan } from './told-span';

type Done = Parameters<SpanExporter['export']>[1];

/** Lets nothing out that is not meant to be, and says once that it gets nothing out. */
export class GuardedExporter implements SpanExporter {
  /** Told of the first loss since something was last delivered. */
  onLoss: (reason: Error) => void = () => {};
  private isLosing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly opaque: readonly string[],
  ) {}

  export(spans: ReadableSpan[], done: Done): void {
    const told = spans.map((span) => toldSpan(span, this.opaque));
    this.exporter.export(told, (result) => {
      if (result.error && !this.isLosing) this.onLoss(result.error);
      this.isLosing = result.error !== undefined;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }
}
