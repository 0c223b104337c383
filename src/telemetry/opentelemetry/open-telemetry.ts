import { type Link, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { FastifyInstance } from 'fastify';
import type { Job, Tracing } from '../tracing';
import { VERSION } from '../version';
import { CallersTrace, readTraceparent } from './callers-trace';
import { GuardedExporter } from './guarded-exporter';

/** Of the time that a shutdown may take. */
const LAST_DELIVERY_MS = 1_000;
/** Asked every few seconds, and of interest to nobody. */
const NOT_TRACED = /^\/(?:metrics|api(?:\/v1)?\/health)(?:[/?]|$)/;

const tracer = trace.getTracer('gatehouse', VERSION);

/**
 * Traces by OTLP over HTTP, as the standard variables `OTEL_…` say. It wraps `http` and `pg`, so
 * there is one a process, made before those are loaded.
 */
export class OpenTelemetry implements Tracing {
  private readonly exporter: GuardedExporter;
  private readonly provider: NodeTracerProvider;

  /** @param opaque as `toldSpan` has it */
  constructor(opaque: readonly string[]) {
    this.exporter = new GuardedExporter(new OTLPTraceExporter(), opaque);
    const ours = resourceFromAttributes({
      'service.name': 'gatehouse',
      'service.version': VERSION,
    });
    this.provider = new NodeTracerProvider({
      resource: ours.merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(this.exporter)],
    });
    this.provider.register({ propagator: new CallersTrace() });
    registerInstrumentations({ instrumentations: instrumentations() });
  }

  traceId(): string | undefined {
    return trace.getActiveSpan()?.spanContext().traceId;
  }

  cause(): string | undefined {
    const span = trace.getActiveSpan()?.spanContext();
    if (!span) return undefined;
    const flags = span.traceFlags.toString(16).padStart(2, '0');
    return `00-${span.traceId}-${span.spanId}-${flags}`;
  }

  run<T>({ name, id, cause }: Job, work: () => Promise<T>): Promise<T> {
    const context = readTraceparent(cause);
    const links: Link[] = context ? [{ context: { ...context, isRemote: true } }] : [];
    const attributes = { 'messaging.message.id': id };
    const options = { kind: SpanKind.CONSUMER, links, attributes };
    return tracer.startActiveSpan(name, options, ROOT_CONTEXT, async (span) => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  nameRequests(server: FastifyInstance): void {
    server.addHook('onRequest', (request, _, done) => {
      const route = request.routeOptions.url;
      if (route)
        trace
          .getActiveSpan()
          ?.updateName(`${request.method} ${route}`)
          .setAttribute('http.route', route);
      done();
    });
  }

  onLoss(tell: (reason: Error) => void): void {
    this.exporter.onLoss = tell;
  }

  async close(): Promise<void> {
    const delivered = this.provider.shutdown().catch(() => {});
    const patience = new Promise<void>((resolve) => {
      setTimeout(resolve, LAST_DELIVERY_MS).unref();
    });
    await Promise.race([delivered, patience]);
  }
}

/** A query or a request of ours is told where it is part of something: the queue asks all the time. */
const instrumentations = () => [
  new HttpInstrumentation({
    disableOutgoingRequestInstrumentation: true,
    ignoreIncomingRequestHook: ({ url = '' }) => NOT_TRACED.test(url),
  }),
  new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
  new UndiciInstrumentation({ requireParentforSpans: true }),
];
