import * as oidc from 'openid-client';
import type { OutboundHttp } from '../../common/http/outbound-http';
import type { AuthorizationAnswer, AuthorizationStart } from './oauth-provider';

/** Statuses whose answer has no body, which a `Response` insists on. */
const BODILESS = new Set([101, 204, 205, 304]);

/** `fetch` for openid-client that goes out the way of every other call. */
export const fetchThrough =
  (http: OutboundHttp, onlyPublic: boolean): oidc.CustomFetch =>
  async (url, { method, headers, body }) => {
    const { status, ...answer } = await http.request(url, {
      method: method as 'GET' | 'POST',
      headers: Object.fromEntries(new Headers(headers)),
      body: body ? String(body as URLSearchParams) : undefined,
      onlyPublic,
    });
    const text = BODILESS.has(status) ? null : answer.text;
    return new Response(text, { status, headers: Object.fromEntries(answer.headers) });
  };

/** openid-client over one server whose endpoints are known. */
export function configured(
  metadata: oidc.ServerMetadata,
  client: { readonly id: string; readonly secret: string },
  fetch: oidc.CustomFetch,
): oidc.Configuration {
  const authenticate = clientAuthentication(client.secret);
  const config = new oidc.Configuration(metadata, client.id, undefined, authenticate);
  config[oidc.customFetch] = fetch;
  for (const strengthen of strictness(metadata.token_endpoint)) strengthen(config);
  return config;
}

/**
 * Id tokens' signatures are checked, TLS or not, which is not the library's default. Plain http
 * passes: our configuration refuses it in production, unless private addresses are allowed.
 */
export const strictness = (endpoint = ''): ((config: oidc.Configuration) => void)[] => [
  oidc.enableNonRepudiationChecks,
  ...(endpoint.startsWith('http:') ? [oidc.allowInsecureRequests] : []),
];

/** In the body where the server takes that, else by HTTP Basic, the default of OIDC Discovery §3. */
export const clientAuthentication =
  (secret: string): oidc.ClientAuth =>
  (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isPost = methods.includes('client_secret_post');
    return (isPost ? oidc.ClientSecretPost : oidc.ClientSecretBasic)(secret)(server, ...rest);
  };

export async function authorizationStart(
  config: oidc.Configuration,
  parameters: Readonly<Record<'redirect_uri' | 'state', string>> & Record<string, string>,
): Promise<AuthorizationStart> {
  const codeVerifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    ...parameters,
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  return { url: url.href, codeVerifier };
}

/** The callback as the library reads it; without its query it is the `redirect_uri`. */
export function callbackUrl(
  redirectUri: string,
  { code, state, iss }: Pick<AuthorizationAnswer, 'code' | 'state' | 'iss'>,
): URL {
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ code, state, ...(iss !== null && { iss }) }).toString();
  return url;
}
