import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

const FORM = 'application/x-www-form-urlencoded';

/** What a provider was asked. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Null unless the body says it is a form. */
  readonly form: Readonly<Record<string, string>> | null;
}

/** A request that was read to its end, and the ways to answer it. */
export class Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;

  private constructor(
    request: IncomingMessage,
    readonly response: ServerResponse,
    /** Null unless the body says it is a form. */
    readonly form: URLSearchParams | null,
  ) {
    const url = new URL(request.url!, 'http://provider');
    this.method = request.method!;
    this.path = url.pathname;
    this.query = url.searchParams;
    this.headers = request.headers;
  }

  static async read(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
    const body = await text(request);
    const isForm = request.headers['content-type']?.split(';')[0]!.trim().toLowerCase() === FORM;
    return new Exchange(request, response, isForm ? new URLSearchParams(body) : null);
  }

  get seen(): SeenRequest {
    const { method, path, headers } = this;
    const query = Object.fromEntries(this.query);
    return { method, path, query, headers, form: this.form && Object.fromEntries(this.form) };
  }

  json(status: number, value: unknown, headers: Record<string, string> = {}): void {
    this.send(status, 'application/json', JSON.stringify(value) ?? '', headers);
  }

  formEncoded(status: number, value: object): void {
    const pairs = Object.entries(value).map(([key, one]) => [key, String(one)] as [string, string]);
    this.send(status, FORM, new URLSearchParams(pairs).toString());
  }

  html(status: number, page: string): void {
    this.send(status, 'text/html; charset=utf-8', page);
  }

  redirect(location: string): void {
    this.send(this.method === 'POST' ? 303 : 302, 'text/plain', '', { location });
  }

  send(status: number, type: string, body: string, headers: Record<string, string> = {}): void {
    const common = { 'content-type': type, 'cache-control': 'no-store' };
    this.response.writeHead(status, { ...common, ...headers }).end(body);
  }
}

/** RFC 6749, 3.1 and 3.2: parameters come once. */
export const repeats = (parameters: URLSearchParams): boolean =>
  new Set(parameters.keys()).size < [...parameters.keys()].length;
