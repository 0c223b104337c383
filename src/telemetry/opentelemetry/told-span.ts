import { type Attributes, type AttributeValue, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Of any span. */
const TOLD = new Set([
  'error.type',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'network.protocol.version',
  'url.scheme',
  'db.system.name',
  'db.namespace',
  // Its values are parameters, which are not in the text.
  'db.query.text',
  'messaging.message.id',
]);

/** Of what we ask others. Of a request to us the address is its Host header: the caller's word. */
const TOLD_OF_OTHERS = new Set(['server.address', 'server.port', 'url.full']);

/**
 * A span as others may see it. What it may hold is listed, not what it may not: the links in our
 * mails and the callbacks of providers carry secrets in their queries, an error's message quotes
 * what it is about, and the next version of a library will add what nobody here has thought of.
 * @param opaque URLs beneath which the path is a secret too
 */
export function toldSpan(span: ReadableSpan, opaque: readonly string[]): ReadableSpan {
  const { name, kind, startTime, endTime, duration, ended, resource, instrumentationScope } = span;
  return {
    name,
    kind,
    spanContext: () => span.spanContext(),
    parentSpanContext: span.parentSpanContext,
    startTime,
    endTime,
    duration,
    ended,
    resource,
    instrumentationScope,
    status: { code: span.status.code },
    attributes: toldAttributes(span, opaque),
    links: span.links.map(({ context }) => ({ context })),
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function toldAttributes({ attributes, kind }: ReadableSpan, opaque: readonly string[]): Attributes {
  const told = Object.entries(attributes).filter(
    ([name]) => TOLD.has(name) || (kind === SpanKind.CLIENT && TOLD_OF_OTHERS.has(name)),
  );
  return Object.fromEntries(
    told.map(([name, value]) => [name, name === 'url.full' ? toldUrl(value, opaque) : value]),
  );
}

/** Neither user and password, nor query, nor fragment. */
function toldUrl(value: AttributeValue | undefined, opaque: readonly string[]): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { origin, pathname } = new URL(value);
  const url = `${origin}${pathname}`;
  return opaque.find((beginning) => url.startsWith(beginning)) ?? url;
}
