import { randomInt } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { isAble } from './abilities';
import type { Secrets } from './secrets';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests assert on whatever came, so its shape is theirs to know.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface Call {
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>> | string;
  /** A body as it is, with `headers` to say what it is. */
  readonly raw?: string | Uint8Array;
  readonly token?: string;
  /** Sent as they are, `Host` included; a list is sent as so many headers of that name. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** The longest Retry-After that is waited for at a target where all callers share one address. */
const PATIENCE_SECONDS = 65;

let addressCount = randomInt(2 ** 24);

/** An address that no other caller has, so that one test's limits are not another's. */
export function freshAddress(): string {
  const n = addressCount++ % 2 ** 24;
  return `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
}

/** A caller at an address of its own. Follows no redirect and keeps no cookie. */
export class Client {
  constructor(
    private readonly origin: string,
    private readonly secrets: Secrets,
    readonly address = freshAddress(),
  ) {}

  get(path: string, call: Call = {}): Promise<Answer> {
    return this.call('GET', path, call);
  }

  post(path: string, json?: unknown, call: Call = {}): Promise<Answer> {
    return this.call('POST', path, { json, ...call });
  }

  patch(path: string, json: unknown, call: Call = {}): Promise<Answer> {
    return this.call('PATCH', path, { json, ...call });
  }

  delete(path: string, call: Call = {}): Promise<Answer> {
    return this.call('DELETE', path, call);
  }

  /** Paths are under /api/v1 unless they start with `/`; a whole URL is taken as it is. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const url = this.urlOf(path);
    this.note(url, call);
    for (;;) {
      // One at a time: the next try comes after a wait.
      // oxlint-disable-next-line no-await-in-loop
      const answer = await this.send(method, url, call);
      this.noteAnswer(answer);
      const wait = Number(answer.headers.get('retry-after'));
      if (isAble('addresses') || answer.status !== 429 || wait > PATIENCE_SECONDS) return answer;
      // oxlint-disable-next-line no-await-in-loop
      await setTimeout(wait * 1000);
    }
  }

  private urlOf(path: string): string {
    if (/^https?:/.test(path)) return path;
    return path.startsWith('/') ? `${this.origin}${path}` : `${this.origin}/api/v1/${path}`;
  }

  private async send(method: string, url: string, call: Call): Promise<Answer> {
    // Not as `URL` would write the path: an attack may be in its spelling.
    const [, protocol, host, path] = /^(https?):\/\/([^/?]+)(.*)$/s.exec(url)!;
    const { hostname, port } = new URL(url);
    const body = bodyOf(call);
    const headers = this.headersFor(host!, call, body);
    const request = (protocol === 'https' ? https : http).request({
      method,
      hostname,
      port,
      path: path || '/',
      headers: headers.flat(),
      agent: false,
    });
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).once('error', reject).end(body);
    });
    return toAnswer(response);
  }

  private headersFor(host: string, call: Call, body: Buffer | undefined): [string, string][] {
    const given = call.headers ?? {};
    const own: Record<string, string | undefined> = {
      host,
      'x-forwarded-for': this.address,
      connection: 'close',
      'content-type': typeOf(call),
      // Node would send no body as a chunked one.
      'content-length': String(body?.length ?? 0),
      authorization: call.token === undefined ? undefined : `Bearer ${call.token}`,
    };
    const overridden = new Set(Object.keys(given).map((name) => name.toLowerCase()));
    const kept = Object.entries(own).filter(([name]) => !overridden.has(name));
    return [...kept, ...Object.entries(given)].flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
  }

  private note(url: string, { json, form, token, headers }: Call): void {
    this.secrets.addFromQuery(url.split('?')[1] ?? '');
    this.secrets.addFrom(json);
    if (typeof form === 'string') this.secrets.addFromQuery(form);
    else this.secrets.addFrom(form);
    if (token !== undefined) this.secrets.add(token);
    for (const [name, value] of Object.entries(headers ?? {}))
      for (const one of [value].flat()) this.secrets.addFromHeader(name, one);
  }

  private noteAnswer({ headers, body }: Answer): void {
    // The `code` of a problem is no secret, nor is what the documentation gives as an example.
    if (!body?.status && !body?.openapi) this.secrets.addFrom(body);
    for (const [name, value] of headers) this.secrets.addFromHeader(name, value);
  }
}

function typeOf({ json, form }: Call): string | undefined {
  if (json !== undefined) return 'application/json';
  return form === undefined ? undefined : 'application/x-www-form-urlencoded';
}

function bodyOf({ json, form, raw }: Call): Buffer | undefined {
  if (json !== undefined) return Buffer.from(JSON.stringify(json));
  if (form !== undefined)
    return Buffer.from(typeof form === 'string' ? form : new URLSearchParams(form).toString());
  return raw === undefined ? undefined : Buffer.from(raw);
}

async function toAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const headers = new Headers();
  const { rawHeaders } = response;
  for (let n = 0; n < rawHeaders.length; n += 2) headers.append(rawHeaders[n]!, rawHeaders[n + 1]!);
  const isJson = headers.get('content-type')?.includes('json') && text !== '';
  return { status: response.statusCode!, headers, text, body: isJson ? JSON.parse(text) : null };
}
