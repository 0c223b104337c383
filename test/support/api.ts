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
  readonly form?: Record<string, string> | string;
  /** A body as it is, with `headers` to say what it is. */
  readonly raw?: string | Uint8Array;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Calls the running service over HTTP. Paths are under /api/v1 unless they start with `/`. */
export class Api {
  constructor(readonly origin: string) {}

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

  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const url = path.startsWith('/') ? `${this.origin}${path}` : `${this.origin}/api/v1/${path}`;
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(call.json !== undefined && { 'content-type': 'application/json' }),
        ...(call.form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(call.token !== undefined && { authorization: `Bearer ${call.token}` }),
        ...call.headers,
      },
      body: bodyOf(call),
      signal: call.signal,
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    const { status, headers } = response;
    return { status, headers, text, body: isJson ? JSON.parse(text) : null };
  }
}

function bodyOf({ json, form, raw }: Call): string | Uint8Array<ArrayBuffer> | undefined {
  if (json !== undefined) return JSON.stringify(json);
  if (form !== undefined)
    return typeof form === 'string' ? form : new URLSearchParams(form).toString();
  return raw as string | undefined;
}
