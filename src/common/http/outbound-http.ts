import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Agent, buildConnector, fetch, type Response } from 'undici';
import { isPublicAddress, lookupPublic, PrivateAddressError } from './public-address';

interface OutboundRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Refuses hosts that are not on the public Internet, for a URL that others have a say in. */
  readonly onlyPublic?: boolean;
}

interface OutboundResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const MOST_BYTES = 1024 * 1024;

/** Two, so that a connection made for one kind of request never serves the other. */
const toAnywhere = new Agent();
const toPublic = new Agent({ connect: connectToPublic(buildConnector({ lookup: lookupPublic })) });

/** The one way out by HTTP. */
@Injectable()
export class OutboundHttp {
  /** From the first byte sent to the last byte read. */
  protected readonly timeoutSeconds: number = 5;

  /**
   * Answers or throws within five seconds, and holds at most 1 MiB of the answer (after
   * decompression, so a small bomb stays small). A redirect is never followed, because it could
   * lead to an address that nobody checked, with the request's credentials: it is returned as its
   * 3xx status. Any status is an answer. With `onlyPublic` no connection is made to an address that
   * is not public, judged when connecting, so that DNS cannot answer differently afterwards.
   * @throws Error when there is no whole answer in time, when it is too large, or when the address
   * is refused; its message holds no path, query or credentials
   */
  async request(
    url: string,
    { onlyPublic = false, method = 'GET', headers, body }: OutboundRequest = {},
  ): Promise<OutboundResponse> {
    const { href, host } = parseWebUrl(url);
    const dispatcher = onlyPublic ? toPublic : toAnywhere;
    const signal = AbortSignal.timeout(this.timeoutSeconds * 1000);
    try {
      const sent = { method, headers, body, redirect: 'manual', signal, dispatcher } as const;
      const response = await fetch(href, sent);
      return {
        status: response.status,
        headers: response.headers,
        text: await readText(response),
      };
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Error(`${host}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** Addresses in the URL itself never reach a `lookup`. */
function connectToPublic(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    if (isIP(options.hostname) && !isPublicAddress(options.hostname))
      callback(new PrivateAddressError(), null);
    else connect(options, callback);
  };
}

function parseWebUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw new Error('only http and https URLs can be requested');
  if (parsed.username || parsed.password)
    throw new Error(`${parsed.host}: a URL with credentials in it is not requested`);
  return parsed;
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

/** A `TypeError` of `fetch` says nothing and has a cause, or it quotes the request. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { readonly cause?: NodeJS.ErrnoException };
  if (!(error instanceof TypeError)) return message;
  return cause?.message || cause?.code || 'the request cannot be made';
}
