import type { ProviderSettings } from '../../config/oauth-settings';
import type { ProviderProfile } from './provider-profile';

/** The settings of a provider that has credentials. */
export type ActiveProvider = ProviderSettings & {
  readonly client: NonNullable<ProviderSettings['client']>;
};

/** What ties the answer to the question; made anew for each sign-in. */
export interface AuthorizationRequest {
  readonly state: string;
  readonly nonce: string;
}

export interface AuthorizationStart {
  /** At the provider. */
  readonly url: string;
  /** PKCE (RFC 7636): its S256 challenge is in the URL. */
  readonly codeVerifier: string;
}

export interface AuthorizationAnswer extends AuthorizationRequest {
  readonly code: string;
  readonly codeVerifier: string;
  /** RFC 9207, where the provider sends it. */
  readonly iss: string | null;
}

/** A place where people prove who they are, by the authorization code flow with PKCE S256. */
export interface OAuthProvider {
  readonly name: string;
  readonly displayName: string;
  /** @throws anything, if the provider has to be asked and does not answer */
  start(request: AuthorizationRequest): Promise<AuthorizationStart>;
  /** Redeems the code, and answers with who that is. @throws anything, for any fault of it */
  finish(answer: AuthorizationAnswer): Promise<ProviderProfile>;
}
