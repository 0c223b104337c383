import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { toldSpan } from './told-span';

const SECRET = 'hush';

const spanOf = (kind: SpanKind, attributes: Attributes): ReadableSpan => ({
  name: 'GET /somewhere',
  kind,
  spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
  startTime: [1, 0],
  endTime: [2, 0],
  duration: [1, 0],
  ended: true,
  status: { code: SpanStatusCode.ERROR, message: SECRET },
  attributes,
  links: [
    {
      context: { traceId: '3'.repeat(32), spanId: '4'.repeat(16), traceFlags: 1 },
      attributes: { secret: SECRET },
    },
  ],
  events: [{ time: [1, 0], name: 'exception', attributes: { 'exception.message': SECRET } }],
  resource: resourceFromAttributes({}),
  instrumentationScope: { name: 'test' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
});

const toldOf = (kind: SpanKind, attributes: Attributes, opaque: readonly string[] = []) =>
  toldSpan(spanOf(kind, attributes), opaque).attributes;

it('tells nothing that is not known to be harmless', () => {
  const told = toldSpan(
    spanOf(SpanKind.SERVER, {
      'http.route': '/pages/verify-email',
      'url.query': `token=${SECRET}`,
      'url.path': `/${SECRET}`,
      'http.target': `/pages?token=${SECRET}`,
      'user_agent.original': SECRET,
      'client.address': SECRET,
      // The Host header is its sender's.
      'server.address': SECRET,
      'url.full': `https://${SECRET}/`,
      'of.a.later.version': SECRET,
    }),
    [],
  );
  expect(told.attributes).toEqual({ 'http.route': '/pages/verify-email' });
  expect(JSON.stringify(told)).not.toContain(SECRET);
  expect(told).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    links: [{ context: { traceId: '3'.repeat(32) } }],
    events: [],
  });
});

it('tells whom we asked, without what the address carried', () => {
  const client = (url: string, opaque: readonly string[] = []) =>
    toldOf(SpanKind.CLIENT, { 'server.address': 'a.example', 'url.full': url }, opaque);
  const asked = (url?: string) => ({ 'server.address': 'a.example', 'url.full': url });

  expect(client(`https://a.example/token?code=${SECRET}#${SECRET}`)).toEqual(
    asked('https://a.example/token'),
  );
  expect(client(`https://${SECRET}:${SECRET}@a.example:8443/x`)).toEqual(
    asked('https://a.example:8443/x'),
  );
  expect(client(SECRET)).toEqual(asked());
  const ranges = 'https://a.example/range';
  expect(client(`${ranges}/${SECRET}`, [ranges])).toEqual(asked(ranges));
});
