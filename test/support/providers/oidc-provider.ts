import { createHmac } from 'node:crypto';
import { runInThisContext } from 'node:vm';
import type * as MockServer from 'oauth2-mock-server';
import { AuthorizationServer, type Registration } from './authorization-server';
import type { Exchange } from './exchange';
import { type Fault, misbehave } from './faults';
import type { Grant } from './grants';

/** Claims of the ID token and of userinfo; undefined is left out. */
export interface Claims {
  sub?: unknown;
  email?: unknown;
  email_verified?: unknown;
  name?: unknown;
  preferred_username?: unknown;
  picture?: unknown;
  [claim: string]: unknown;
}

/** `hmac` is signed too, but by HS256 with the secret that the client shares. */
type IdTokenFault = 'foreignKey' | 'algNone' | 'hmac' | 'notJwt' | 'missing';

const SCOPE_OF: Readonly<Record<string, string>> = {
  email: 'email',
  email_verified: 'email',
  name: 'profile',
  preferred_username: 'profile',
  picture: 'profile',
};

/** In Node's own realm: what is ESM by its `.mjs`, jest can neither require nor transform. */
function loadMockServer(): typeof MockServer {
  const realm = runInThisContext('process') as NodeJS.Process;
  return realm.getBuiltinModule('node:module').createRequire(__filename)('oauth2-mock-server');
}

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/**
 * An OpenID provider on loopback. oauth2-mock-server makes its keys, its key set and the ID tokens,
 * but it takes any redirect URI, client, code and access token, plain PKCE and none: what a
 * provider must refuse is refused by `AuthorizationServer`, which also keeps the nonce of each code.
 */
export class LocalOidc extends AuthorizationServer<Claims> {
  person: Claims = {
    sub: '248289761001',
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada Lovelace',
    preferred_username: 'ada',
    picture: 'https://pictures.example.com/ada.png',
  };
  /** Changes the ID token before it is signed. */
  idToken: (claims: MockServer.Payload, header: MockServer.Header) => unknown = () => {};
  idTokenFault: IdTokenFault | null = null;
  /** Changes the discovery document. */
  discovery: (metadata: Record<string, unknown>) => unknown = () => {};
  discoveryFault: Fault | 'wrongIssuer' | null = null;
  keysFault: Fault | null = null;

  private readonly mock = loadMockServer();
  private ownSigner?: Promise<MockServer.OAuth2Issuer>;

  private constructor(registration: Registration) {
    super(registration, { authorization: '/authorize', token: '/token', userinfo: '/userinfo' });
    this.routes['/.well-known/openid-configuration'] = (exchange) => this.discover(exchange);
    this.routes['/jwks'] = async (exchange) => {
      const { keys } = await this.signer();
      return this.publish(exchange, this.keysFault, { keys: keys.toJSON() });
    };
  }

  static async open(registration: Registration): Promise<LocalOidc> {
    const provider = new LocalOidc(registration);
    await provider.listen();
    return provider;
  }

  /** The variables that point Gatehouse here. */
  env(prefix: string): Record<string, string> {
    const [client] = this.clients;
    return {
      [`${prefix}_CLIENT_ID`]: client!.id,
      [`${prefix}_CLIENT_SECRET`]: client!.secret,
      [`${prefix}_ISSUER`]: this.origin,
    };
  }

  protected override nameOf({ name }: Claims): unknown {
    return name;
  }

  /** OpenID Connect Core, 5.4: a scope opens its claims. */
  protected override userObject(person: Claims, scopes: readonly string[]): Claims {
    const isOpen = ([claim]: [string, unknown]) =>
      !(claim in SCOPE_OF) || scopes.includes(SCOPE_OF[claim]!);
    return Object.fromEntries(Object.entries(person).filter(isOpen));
  }

  protected override async idTokenOf(grant: Grant<Claims>): Promise<object> {
    if (!grant.scopes.includes('openid') || this.idTokenFault === 'missing') return {};
    return { id_token: this.idTokenFault === 'notJwt' ? 'no JWT' : await this.sign(grant) };
  }

  private async sign({ person, scopes, client, nonce }: Grant<Claims>): Promise<string> {
    const signer = await (this.idTokenFault === 'foreignKey' ? this.stranger() : this.signer());
    const idToken = await signer.buildToken({
      scopesOrTransform: (header, claims) => {
        const bound = { aud: client.id, ...(nonce !== null && { nonce }) };
        Object.assign(claims, this.userObject(person, scopes), bound);
        this.idToken(claims, header);
      },
    });
    const [header, claims] = idToken.split('.') as [string, string];
    const forged = (alg: string): string => {
      const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
      return `${encode({ typ: 'JWT', kid, alg })}.${claims}`;
    };
    if (this.idTokenFault === 'algNone') return `${forged('none')}.`;
    if (this.idTokenFault !== 'hmac') return idToken;
    const mac = createHmac('sha256', client.secret).update(forged('HS256')).digest('base64url');
    return `${forged('HS256')}.${mac}`;
  }

  /** Made when it is first wanted: an RSA key takes a while. */
  private signer(): Promise<MockServer.OAuth2Issuer> {
    return (this.ownSigner ??= this.makeSigner());
  }

  /** Another key, by the name of ours. */
  private async stranger(): Promise<MockServer.OAuth2Issuer> {
    const { keys } = await this.signer();
    return this.makeSigner(keys.toJSON()[0]!.kid);
  }

  private async makeSigner(kid?: string): Promise<MockServer.OAuth2Issuer> {
    const signer = new this.mock.OAuth2Issuer();
    signer.url = this.origin;
    await signer.keys.generate('RS256', { kid });
    return signer;
  }

  private discover(exchange: Exchange): Promise<void> | void {
    const { authorization, token, userinfo } = this.urls;
    const hasWrongIssuer = this.discoveryFault === 'wrongIssuer';
    const metadata = {
      issuer: hasWrongIssuer ? 'https://issuer.example.com' : this.origin,
      authorization_endpoint: authorization,
      token_endpoint: token,
      userinfo_endpoint: userinfo,
      jwks_uri: `${this.origin}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'profile', 'email'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: this.iss !== null,
    };
    this.discovery(metadata);
    const fault = this.discoveryFault === 'wrongIssuer' ? null : this.discoveryFault;
    return this.publish(exchange, fault, metadata);
  }

  private publish(exchange: Exchange, fault: Fault | null, document: object): Promise<void> | void {
    return fault === null
      ? exchange.json(200, document)
      : misbehave(exchange, fault, () => document);
  }
}
