import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { until } from './until';

type Value = string | number | boolean;

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, Value>>;
  /** The trace and span ids that it points to. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: Readonly<Record<string, Value>>;
}

interface KeyValue {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number;
    readonly boolValue?: boolean;
  };
}

interface Delivery {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'resource' | 'links'> & {
        readonly attributes: readonly KeyValue[];
        readonly links?: CollectedSpan['links'];
      })[];
    }[];
  }[];
}

/** A real receiver of traces by OTLP over HTTP, as JSON, that keeps every byte. */
export class Collector {
  readonly deliveries: string[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** What it answers with; null to let a delivery wait for ever. */
  status: number | null = 200;

  private constructor(
    private readonly server: Server,
    /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
    readonly endpoint: string,
  ) {}

  static async open(): Promise<Collector> {
    const server = createServer((request, answer) => {
      if (request.url === '/v1/traces') void collector.take(request, answer);
      else answer.writeHead(404).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const collector: Collector = new Collector(server, `http://127.0.0.1:${port}`);
    return collector;
  }

  get spans(): readonly CollectedSpan[] {
    return this.deliveries.flatMap((delivery) => read(JSON.parse(delivery) as Delivery));
  }

  /** Waits for the newest span of this name. */
  span(name: string): Promise<CollectedSpan> {
    return until(() => this.spans.findLast((span) => span.name === name));
  }

  childrenOf({ spanId }: CollectedSpan): readonly CollectedSpan[] {
    return this.spans.filter(({ parentSpanId }) => parentSpanId === spanId);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async take(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.headers.push(request.headers);
    this.deliveries.push(await text(request));
    if (this.status !== null)
      answer.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
  }
}

const read = ({ resourceSpans }: Delivery): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: valuesOf(span.attributes),
        links: span.links ?? [],
        resource: valuesOf(resource.attributes),
      })),
    ),
  );

const valuesOf = (attributes: readonly KeyValue[]): Record<string, Value> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0] as Value] as const),
  );
