import { MetricsService } from '../../src/metrics/metrics.service';
import { Telemetry } from '../../src/telemetry/telemetry';

interface KnownMetric {
  readonly name: string;
  readonly labelNames: readonly string[];
}

/** Every metric that an application registers. */
export function knownMetrics(): readonly KnownMetric[] {
  const telemetry = new Telemetry();
  const unasked = {} as never;
  void new MetricsService(telemetry, unasked, unasked, unasked, unasked);
  return telemetry.registry.getMetricsAsArray() as unknown as KnownMetric[];
}
