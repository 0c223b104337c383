import { type DynamicModule, Module } from '@nestjs/common';
import { Telemetry } from './telemetry';
import { NO_TRACING, Tracing } from './tracing';

/** What the service tells of itself, within reach of all of it. */
@Module({})
export class TelemetryModule {
  static register(tracing: Tracing = NO_TRACING): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [Telemetry, { provide: Tracing, useValue: tracing }],
      exports: [Telemetry, Tracing],
    };
  }
}
