import { Injectable } from '@nestjs/common';

interface OutboundRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface OutboundResponse {
  readonly status: number;
  readonly text: string;
}

const MOST_BYTES = 1024 * 1024;

/** The one way out by HTTP. */
@Injectable()
export class OutboundHttp {
  /** From the first byte sent to the last byte read. */
  protected readonly timeoutSeconds: number = 5;

  /**
   * Answers or throws within five seconds, and holds at most 1 MiB of the answer (after
   * decompression, so a small bomb stays small). A redirect is never followed, because it could
   * lead to an address that nobody checked, with the request's credentials: it is returned as its
   * 3xx status. Any status is an answer.
   * @throws Error when there is no whole answer in time, or when it is too large
   */
  async request(
    url: string,
    { method = 'GET', headers, body }: OutboundRequest = {},
  ): Promise<OutboundResponse> {
    const signal = AbortSignal.timeout(this.timeoutSeconds * 1000);
    // oxlint-disable-next-line eslint/no-restricted-globals -- the one place
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal });
    return { status: response.status, text: await readText(response) };
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop by an error cancels the stream, and with it the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
