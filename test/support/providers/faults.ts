import type { Exchange } from './exchange';

/**
 * How an endpoint misbehaves: `stall` sends headers and half an object, `huge` a good answer behind
 * 2 MiB of blanks, `reset` ends the socket without an answer, `redirect` is a 302 to there.
 */
export type Fault =
  | 'status500'
  | 'html'
  | 'notJson'
  | 'hang'
  | 'stall'
  | 'huge'
  | 'reset'
  | { readonly redirect: string };

/** Also a success without an access token, and, as GitHub has it, an error with status 200. */
export type TokenFault = Fault | 'noToken' | 'errorWith200';

/** A whole answer, for a test that wants to send something else than JSON with status 200. */
export class RawReply {
  constructor(
    readonly status: number,
    readonly text: string,
    readonly type = 'application/json',
  ) {}
}

/** As an answer: none ever comes. */
export const HANGS = Symbol('hangs');

/** Sends text as it is, and anything else as JSON. */
export function reply(exchange: Exchange, answer: unknown): void {
  if (answer === HANGS) return;
  if (answer instanceof RawReply) exchange.send(answer.status, answer.type, answer.text);
  else if (typeof answer === 'string') exchange.send(200, 'application/json', answer);
  else exchange.json(200, answer);
}

/** Answers with a fault; `good` is asked only for one that spoils a good answer. */
export async function misbehave(
  exchange: Exchange,
  fault: TokenFault,
  good: () => unknown,
): Promise<void> {
  if (typeof fault === 'object')
    return exchange.send(302, 'text/plain', '', { location: fault.redirect });
  switch (fault) {
    case 'status500':
      return exchange.json(500, { error: 'server_error' });
    case 'html':
      return exchange.html(200, '<!doctype html><title>Sorry</title><p>Come back later.</p>');
    case 'notJson':
      return exchange.send(200, 'application/json', '{"access_token": ');
    case 'hang':
      return;
    case 'stall':
      exchange.response.writeHead(200, { 'content-type': 'application/json' });
      exchange.response.write('{"access_token": "');
      return;
    case 'huge':
      return reply(exchange, ' '.repeat(2 * 1024 * 1024) + JSON.stringify(await good()));
    case 'noToken':
      return exchange.json(200, { token_type: 'Bearer', expires_in: 3600 });
    case 'errorWith200':
      return exchange.json(200, { error: 'bad_verification_code', error_description: 'No.' });
    case 'reset':
      exchange.response.destroy();
  }
}
