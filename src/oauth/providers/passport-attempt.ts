import type { Strategy } from 'passport';
import type { StateStore } from 'passport-oauth2';
import type { OutboundHttp } from '../../common/http/outbound-http';

/** All that a strategy sees of a request: the query of the callback and what the flow remembers. */
export interface StrategyRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly state: string;
  codeVerifier: string | null;
}

/** Where a strategy sends the browser, or whom it found. */
export type StrategyOutcome = { readonly redirect: string } | { readonly profile: unknown };

/**
 * Runs a passport strategy over one request, as passport itself does, but without its registry of
 * the whole process and without a response to write to: what the strategy decided is returned.
 * @throws whatever it failed with
 */
export function attempt(strategy: Strategy, request: StrategyRequest): Promise<StrategyOutcome> {
  return new Promise((resolve, reject) => {
    const acting = Object.assign(Object.create(strategy) as Strategy, {
      redirect: (url: string) => resolve({ redirect: url }),
      success: (profile: unknown) => resolve({ profile }),
      fail: (challenge: unknown) => reject(new Error('the strategy refused', { cause: challenge })),
      error: reject,
      pass: () => reject(new Error('the strategy passed')),
    });
    (acting as unknown as Authenticator).authenticate(request, {});
  });
}

/**
 * Lends passport-oauth2 the flow's own `state`, and keeps the verifier that it makes. It tells the
 * methods of a store apart by how many parameters they have: five and four are those with PKCE.
 */
export const flowStateStore = {
  store(
    request: StrategyRequest,
    codeVerifier: string,
    _state: unknown,
    _meta: unknown,
    done: (error: null, state: string) => void,
  ): void {
    request.codeVerifier = codeVerifier;
    done(null, request.state);
  },
  verify(
    request: StrategyRequest,
    state: string,
    _meta: unknown,
    done: (error: null, verifier: string | false) => void,
  ): void {
    done(null, state === request.state && request.codeVerifier !== null && request.codeVerifier);
  },
} as unknown as StateStore;

interface Authenticator {
  authenticate(request: StrategyRequest, options: object): void;
}

type Callback = (error: unknown, body?: string, response?: unknown) => void;

/** What passport-oauth2 speaks HTTP with; `_request` is the one method that all its calls go by. */
interface OAuth2Client {
  _request(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    accessToken: string | null,
    done: Callback,
  ): void;
  useAuthorizationHeaderforGET(use: boolean): void;
  get(url: string, accessToken: string, done: Callback): void;
}

/** passport-oauth2 keeps it for its subclasses. */
export const clientOf = (strategy: Strategy): OAuth2Client =>
  (strategy as unknown as { readonly _oauth2: OAuth2Client })._oauth2;

/**
 * Sends every call of a strategy through `http`: with its time-out, size cap and judgement of
 * addresses, no redirect followed, and the access token in a header (RFC 6750 §2.1), never a URL.
 */
export function callThrough(http: OutboundHttp, client: OAuth2Client, onlyPublic: boolean): void {
  client.useAuthorizationHeaderforGET(true);
  client._request = (method, url, headers, body, _accessToken, done) => {
    http
      .request(url, {
        method: method as 'GET' | 'POST',
        headers: { accept: 'application/json', ...headers },
        body: body || undefined,
        onlyPublic,
      })
      .then(({ status, text }) =>
        status >= 200 && status < 300 ? done(null, text) : done({ statusCode: status, data: text }),
      )
      .catch(done);
  };
}
