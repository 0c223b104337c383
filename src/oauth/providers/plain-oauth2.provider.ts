import * as oidc from 'openid-client';
import type { OutboundHttp } from '../../common/http/outbound-http';
import type {
  ActiveProvider,
  AuthorizationAnswer,
  AuthorizationRequest,
  AuthorizationStart,
  OAuthProvider,
} from './oauth-provider';
import { authorizationStart, callbackUrl, configured, fetchThrough } from './openid-configuration';
import { isTrue, type ProviderProfile, readEmail, readProfile, vouched } from './provider-profile';

interface Endpoints {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly userinfoUrl: string;
}

/** Any OAuth2 provider (RFC 6749), by three URLs and a map of its user object. */
export class PlainOAuth2Provider implements OAuthProvider {
  readonly name: string;
  readonly displayName: string;
  private readonly config: oidc.Configuration;

  constructor(
    private readonly settings: ActiveProvider & Endpoints,
    private readonly http: OutboundHttp,
    private readonly onlyPublic: boolean,
  ) {
    this.name = settings.name;
    this.displayName = settings.displayName;
    this.config = configured(
      {
        issuer: new URL(settings.authorizationUrl).origin,
        authorization_endpoint: settings.authorizationUrl,
        token_endpoint: settings.tokenUrl,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      },
      settings.client,
      fetchThrough(http, onlyPublic),
    );
  }

  start({ state }: AuthorizationRequest): Promise<AuthorizationStart> {
    const { redirectUri, scope } = this.settings;
    const parameters = { redirect_uri: redirectUri, state, ...(scope !== null && { scope }) };
    return authorizationStart(this.config, parameters);
  }

  async finish(answer: AuthorizationAnswer): Promise<ProviderProfile> {
    const { redirectUri, userinfoUrl, emailsUrl, fields, trustsEmail } = this.settings;
    // Without discovery the issuer is not known, so there is nothing to hold `iss` against.
    const url = callbackUrl(redirectUri, { ...answer, iss: null });
    const { access_token: accessToken } = await oidc.authorizationCodeGrant(this.config, url, {
      pkceCodeVerifier: answer.codeVerifier,
      expectedState: answer.state,
    });
    const profile = readProfile(await this.read(userinfoUrl, accessToken), fields);
    const email = emailsUrl && primaryEmail(await this.read(emailsUrl, accessToken));
    return vouched({ ...profile, ...email }, trustsEmail);
  }

  /** The access token travels in a header only (RFC 6750 §2.1). */
  private async read(url: string, accessToken: string): Promise<unknown> {
    const { status, text } = await this.http.request(url, {
      headers: {
        authorization: `Bearer ${accessToken}`,
        accept: 'application/json',
        'user-agent': 'Gatehouse',
      },
      onlyPublic: this.onlyPublic,
    });
    if (status !== 200) throw new Error(`the provider answered ${status} where a user is read`);
    return JSON.parse(text);
  }
}

/**
 * Of a list like GitHub's, `{email, primary, verified}` each. @throws Error for what is no list: it
 * does not say that there is no address
 */
function primaryEmail(list: unknown): Pick<ProviderProfile, 'email' | 'hasVerifiedEmail'> {
  if (!Array.isArray(list)) throw new Error('the provider told no list of addresses');
  const entries = list as (Record<string, unknown> | null)[];
  const primary = entries.find((entry) => isTrue(entry?.primary));
  const email = readEmail(primary?.email);
  return { email, hasVerifiedEmail: email !== null && isTrue(primary?.verified) };
}
