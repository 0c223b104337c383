export type OAuthResult = 'code' | 'query' | 'json' | 'cookie';

/** Where in a provider's user object each fact lies; a dot steps into an object. */
export interface FieldMap {
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: string | null;
  readonly name: string | null;
  readonly username: string | null;
  readonly picture: string | null;
}

export interface ProviderSettings {
  /** Lower case, as in URLs: `google`. */
  readonly name: string;
  readonly displayName: string;
  /** Null: the provider is known and not switched on. */
  readonly client: { readonly id: string; readonly secret: string } | null;
  /** OIDC discovery; null for plain OAuth2 and for the two ready ones. */
  readonly issuer: string | null;
  /** Null where the provider's own, or the discovered one, is used. */
  readonly authorizationUrl: string | null;
  readonly tokenUrl: string | null;
  readonly userinfoUrl: string | null;
  /** A list of `{email, primary, verified}`, for a user object that does not say what is verified. */
  readonly emailsUrl: string | null;
  /** Null: the provider's own default. */
  readonly scope: string | null;
  readonly fields: FieldMap;
  /** The operator's word that every address this provider tells is verified. */
  readonly trustsEmail: boolean;
  /** What is registered at the provider. */
  readonly redirectUri: string;
}

export interface OAuthSettings {
  readonly result: OAuthResult;
  readonly allowsPrivateAddresses: boolean;
  readonly providers: readonly ProviderSettings[];
}
