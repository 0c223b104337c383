import {
  type Context,
  createTraceState,
  isSpanContextValid,
  type TextMapGetter,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

const TRACED = 1;

/**
 * Goes on with the trace that a request says it belongs to. What we send out says nothing: a
 * provider has no use for our ids, nor for the baggage that a caller could have it sent.
 */
export class CallersTrace implements TextMapPropagator {
  inject(): void {}

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const caller = readTraceparent(first(getter.get(carrier, 'traceparent')));
    if (!caller) return context;
    const state = first(getter.get(carrier, 'tracestate'));
    return trace.setSpanContext(context, {
      ...caller,
      isRemote: true,
      ...(state !== undefined && { traceState: createTraceState(state) }),
    });
  }

  fields(): string[] {
    return ['traceparent', 'tracestate'];
  }
}

/** Null for anything that is no trace. */
export function readTraceparent(text: string | undefined) {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (!traceId || !spanId || !flags) return null;
  const caller = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TRACED };
  return isSpanContextValid(caller) ? caller : null;
}

const first = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;
