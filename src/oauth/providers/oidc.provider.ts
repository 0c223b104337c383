import * as oidc from 'openid-client';
import type { OutboundHttp } from '../../common/http/outbound-http';
import type { Clock } from '../../common/time/clock';
import type {
  ActiveProvider,
  AuthorizationAnswer,
  AuthorizationRequest,
  AuthorizationStart,
  OAuthProvider,
} from './oauth-provider';
import {
  authorizationStart,
  callbackUrl,
  clientAuthentication,
  configured,
  fetchThrough,
  strictness,
} from './openid-configuration';
import { type ProviderProfile, readProfile, vouched } from './provider-profile';

const DISCOVERY_LIVES_MS = 3_600_000;
const SCOPE = 'openid email profile';

interface Discovered {
  readonly at: number;
  readonly config: Promise<oidc.Configuration>;
}

/**
 * Any OpenID provider, by its issuer alone. The id token's signature, `iss`, `aud`, `exp` and
 * `nonce` are checked (OIDC Core §3.1.3.7), and the callback's `iss` where it is sent (RFC 9207).
 */
export class OidcProvider implements OAuthProvider {
  readonly name: string;
  readonly displayName: string;
  private discovered: Discovered | null = null;

  constructor(
    private readonly settings: ActiveProvider & { readonly issuer: string },
    private readonly http: OutboundHttp,
    private readonly onlyPublic: boolean,
    private readonly clock: Clock,
  ) {
    this.name = settings.name;
    this.displayName = settings.displayName;
  }

  async start(request: AuthorizationRequest): Promise<AuthorizationStart> {
    return authorizationStart(await this.configuration(), {
      ...request,
      redirect_uri: this.settings.redirectUri,
      scope: this.settings.scope ?? SCOPE,
    });
  }

  async finish(answer: AuthorizationAnswer): Promise<ProviderProfile> {
    const { redirectUri, fields, trustsEmail } = this.settings;
    const config = await this.configuration();
    const tokens = await oidc.authorizationCodeGrant(config, callbackUrl(redirectUri, answer), {
      pkceCodeVerifier: answer.codeVerifier,
      expectedState: answer.state,
      expectedNonce: answer.nonce,
    });
    const claims = await this.completed({ ...tokens.claims() }, tokens.access_token, config);
    return vouched(readProfile(claims, fields), trustsEmail);
  }

  /** Some do not tell the address in the id token, or not that it is verified, but on request. */
  private async completed(
    claims: Readonly<Record<string, unknown>>,
    accessToken: string,
    config: oidc.Configuration,
  ): Promise<unknown> {
    const { email, emailVerified } = this.settings.fields;
    const wanted = [email ?? 'email', emailVerified]
      .filter((path) => path !== null)
      .map((path) => path.split('.')[0]!);
    const isWhole = wanted.every((name) => Object.hasOwn(claims, name));
    if (isWhole || !config.serverMetadata().userinfo_endpoint) return claims;
    // An answer about another subject is refused (OIDC Core §5.3.2).
    const userinfo = await oidc.fetchUserInfo(config, accessToken, String(claims.sub));
    // The flag of one must not vouch for the address of the other.
    const rest = Object.entries(claims).filter(([name]) => !wanted.includes(name));
    return { ...Object.fromEntries(rest), ...userinfo };
  }

  /** Discovered once an hour; a failure is not kept. */
  private configuration(): Promise<oidc.Configuration> {
    const now = this.clock.now().getTime();
    if (!this.discovered || now - this.discovered.at > DISCOVERY_LIVES_MS) {
      const discovered = { at: now, config: this.discover() };
      this.discovered = discovered;
      discovered.config.catch(() => {
        if (this.discovered === discovered) this.discovered = null;
      });
    }
    return this.discovered.config;
  }

  private async discover(): Promise<oidc.Configuration> {
    const { issuer, client, authorizationUrl, tokenUrl, userinfoUrl } = this.settings;
    const fetch = fetchThrough(this.http, this.onlyPublic);
    const authenticate = clientAuthentication(client.secret);
    const found = await oidc.discovery(new URL(issuer), client.id, undefined, authenticate, {
      [oidc.customFetch]: fetch,
      execute: strictness(issuer),
    });
    const overrides = {
      ...(authorizationUrl && { authorization_endpoint: authorizationUrl }),
      ...(tokenUrl && { token_endpoint: tokenUrl }),
      ...(userinfoUrl && { userinfo_endpoint: userinfoUrl }),
    };
    // As discovered, the library knows more of it: Entra's issuer differs from tenant to tenant.
    if (Object.keys(overrides).length === 0) return found;
    const metadata: Record<string, unknown> = { ...found.serverMetadata(), ...overrides };
    return configured(metadata as oidc.ServerMetadata, client, fetch);
  }
}
