import { defaultTextMapGetter, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { CallersTrace } from './callers-trace';

const TRACE = 'c0ffee'.padEnd(32, '0');
const SPAN = '7'.repeat(16);

const callerOf = (carrier: Record<string, unknown>) =>
  trace.getSpanContext(new CallersTrace().extract(ROOT_CONTEXT, carrier, defaultTextMapGetter));

it('reads the trace of a caller', () => {
  const traceparent = `00-${TRACE}-${SPAN}-01`;
  expect(callerOf({ traceparent })).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    traceFlags: 1,
    isRemote: true,
  });
  expect(callerOf({ traceparent, tracestate: 'a=1,b=2' })?.traceState?.serialize()).toBe('a=1,b=2');
});

it.each([
  undefined,
  '',
  'x',
  `00-${TRACE}-${SPAN}`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}-01\n`,
  `00-${'a'.repeat(100_000)}`,
])('takes %p for none', (traceparent) => {
  expect(callerOf({ traceparent })).toBeUndefined();
});
