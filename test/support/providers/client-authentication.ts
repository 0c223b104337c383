import type { Exchange } from './exchange';
import { type Client, Refusal } from './grants';

interface Credentials {
  readonly id: string | null;
  readonly secret: string | null;
}

/**
 * RFC 6749, 2.3.1: HTTP Basic or the body, one of the two, never the URL.
 * @throws Refusal
 */
export function authenticate(
  { headers: { authorization }, form }: Exchange,
  clients: readonly Client[],
): Client {
  const inBody = { id: form!.get('client_id'), secret: form!.get('client_secret') };
  const inHeader = authorization === undefined ? null : basic(authorization);
  if (inHeader && inBody.secret !== null)
    throw new Refusal('invalid_request', 'the client authenticates twice');
  if (inHeader && inBody.id !== null && inBody.id !== inHeader.id)
    throw new Refusal('invalid_request', 'two clients at once');
  const { id, secret } = inHeader ?? inBody;
  const client = clients.find((one) => one.id === id && one.secret === secret);
  if (!client) throw new Refusal('invalid_client', 'unknown client or wrong secret', 401);
  return client;
}

/** Both halves are form-encoded before they are joined. */
function basic(authorization: string): Credentials {
  const [, encoded = ''] = /^Basic (\S+)$/i.exec(authorization) ?? [];
  const [id, secret] = Buffer.from(encoded, 'base64').toString().split(/:(.*)/s, 2);
  if (!id || secret === undefined) throw new Refusal('invalid_client', 'not HTTP Basic', 401);
  const decode = (half: string): string => new URLSearchParams(`half=${half}`).get('half')!;
  return { id: decode(id), secret: decode(secret) };
}
