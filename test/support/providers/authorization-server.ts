import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authenticate } from './client-authentication';
import { consentPage, refusalPage } from './consent-page';
import { Exchange, repeats, type SeenRequest } from './exchange';
import { type Fault, misbehave, reply, type TokenFault } from './faults';
import { type Client, type Grant, Grants, Refusal } from './grants';

/** What is registered at the provider. */
export interface Registration {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris?: string[];
}

export interface Paths {
  readonly authorization: string;
  readonly token: string;
  readonly userinfo: string;
}

const CHALLENGE = /^[\w-]{43}$/;

/**
 * The authorization code flow on a port of its own, as strict as RFC 6749, 6750, 7636 and 9700 let
 * a provider be: redirect URIs letter by letter, PKCE S256 or nothing, codes once and bound to
 * client, redirect URI and challenge, one way of client authentication, tokens only in the header.
 */
export abstract class AuthorizationServer<Who extends object> {
  /** Whoever agrees next; an access token stays with the person as they were then. */
  abstract person: Who;
  /** False: a page asks first. */
  approvesAtOnce = true;
  /** An error to send back instead of a code: `access_denied`, `server_error`. */
  authorizationError: string | null = null;
  /** RFC 9207: what to send back as `iss`. */
  iss: string | null = null;
  tokenFault: TokenFault | null = null;
  userinfoFault: Fault | null = null;
  /** Replaces the user object: text as it is, `RawReply`, `HANGS`, or anything else as JSON. */
  userinfo: ((person: Who) => unknown) | null = null;

  /** Every request, oldest first, the failed ones too. */
  readonly seen: SeenRequest[] = [];
  /** What a client must never do, and did. */
  readonly violations: string[] = [];
  tokenRequests = 0;
  /** The first is the one of `open`. */
  readonly clients: Client[];
  protected readonly grants = new Grants<Who>();
  protected readonly routes: Record<string, (exchange: Exchange) => unknown>;
  private readonly server = createServer((request, response) => void this.serve(request, response));

  protected constructor(
    { clientId: id, clientSecret: secret, redirectUris = [] }: Registration,
    protected readonly paths: Paths,
  ) {
    this.clients = [{ id, secret, redirectUris }];
    this.routes = {
      [paths.authorization]: (exchange) => this.authorize(exchange),
      [paths.token]: (exchange) => this.token(exchange),
      [paths.userinfo]: (exchange) =>
        this.protect(exchange, this.userinfoFault, ({ person, scopes }) =>
          this.userinfo ? this.userinfo(person) : this.userObject(person, scopes),
        ),
    };
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get urls(): Paths {
    const { authorization, token, userinfo } = this.paths;
    return {
      authorization: this.origin + authorization,
      token: this.origin + token,
      userinfo: this.origin + userinfo,
    };
  }

  /** Fill it once the app's port is known. */
  get redirectUris(): string[] {
    return this.clients[0]!.redirectUris;
  }

  /** How often a spent code came again. */
  get replays(): number {
    return this.grants.replays;
  }

  /** Every access token given out: none of them belongs into a row or a log. */
  get issuedTokens(): readonly string[] {
    return this.grants.issuedTokens;
  }

  /** Hangs up on whoever waits. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  protected async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  protected abstract nameOf(person: Who): unknown;
  protected abstract userObject(person: Who, scopes: readonly string[]): unknown;

  /** What a successful token answer says beside the access token. */
  protected idTokenOf(_grant: Grant<Who>): Promise<object> {
    return Promise.resolve({});
  }

  protected answerToken(exchange: Exchange, status: number, answer: object): void {
    exchange.json(status, answer);
  }

  /** Answers whoever has an access token, and has it where RFC 6750 wants it. */
  protected async protect(
    exchange: Exchange,
    fault: Fault | null,
    answer: (grant: Grant<Who>) => unknown,
  ): Promise<void> {
    if (exchange.query.has('access_token') || exchange.form?.has('access_token')) {
      this.violations.push(`access token outside the header: ${exchange.path}`);
      return exchange.json(400, { error: 'invalid_request' });
    }
    const [, accessToken] = /^Bearer (\S+)$/i.exec(exchange.headers.authorization ?? '') ?? [];
    const grant = this.grants.findByToken(accessToken ?? '');
    if (!grant) {
      const challenge = accessToken === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
      return exchange.json(401, { error: 'invalid_token' }, { 'www-authenticate': challenge });
    }
    if (fault !== null) return misbehave(exchange, fault, () => answer(grant));
    reply(exchange, await answer(grant));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const exchange = await Exchange.read(request, response);
      this.seen.push(exchange.seen);
      const route = this.routes[exchange.path];
      await (route ? route(exchange) : exchange.json(404, { error: 'not_found' }));
    } catch (fault) {
      // Unless the client hung up, a test's own override threw: this is where the test sees it.
      if (!response.destroyed)
        this.violations.push(`${request.method} ${request.url}: ${String(fault)}`);
      response.destroy();
    }
  }

  private authorize(exchange: Exchange): void {
    const { query, form } = exchange;
    const redirectUri = query.get('redirect_uri') ?? '';
    const client = this.clients.find(({ id }) => id === query.get('client_id'));
    const isAmbiguous = ['client_id', 'redirect_uri'].some((name) => query.getAll(name).length > 1);
    if (!client || isAmbiguous) return exchange.html(400, refusalPage('Unknown client.'));
    if (!client.redirectUris.includes(redirectUri))
      return exchange.html(400, refusalPage('This redirect_uri is not registered.'));

    const goBack = (parameters: Record<string, string>): void => {
      const url = new URL(redirectUri);
      const state = query.get('state');
      const answer = { ...parameters, ...(state !== null && { state }), ...this.issParameter() };
      for (const [name, value] of Object.entries(answer)) url.searchParams.append(name, value);
      exchange.redirect(url.href);
    };
    const refusal = refusalOf(query);
    if (refusal) return goBack({ error: refusal.code, error_description: refusal.message });
    if (this.authorizationError !== null) return goBack({ error: this.authorizationError });
    const decision = exchange.method === 'POST' ? form?.get('decision') : null;
    if (decision === 'cancel') return goBack({ error: 'access_denied' });
    if (!this.approvesAtOnce && decision !== 'continue')
      return exchange.html(200, consentPage(String(this.nameOf(this.person))));
    goBack({
      code: this.grants.issueCode({
        client,
        redirectUri,
        challenge: query.get('code_challenge')!,
        scopes: query.get('scope')?.split(' ') ?? [],
        nonce: query.get('nonce'),
        person: { ...this.person },
      }),
    });
  }

  private issParameter(): { iss?: string } {
    return this.iss === null ? {} : { iss: this.iss };
  }

  private async token(exchange: Exchange): Promise<void> {
    this.tokenRequests++;
    if (['code', 'client_secret', 'code_verifier'].some((name) => exchange.query.has(name)))
      this.violations.push(`secrets in the URL: ${exchange.path}`);
    try {
      if (this.tokenFault !== null)
        return await misbehave(exchange, this.tokenFault, () => this.redeem(exchange));
      this.answerToken(exchange, 200, await this.redeem(exchange));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const { code, message, status } = refusal;
      if (status === 401) exchange.response.setHeader('www-authenticate', 'Basic');
      this.answerToken(exchange, status, { error: code, error_description: message });
    }
  }

  private async redeem(exchange: Exchange): Promise<object> {
    const { method, form, query } = exchange;
    if (method !== 'POST' || !form || repeats(form) || query.size > 0)
      throw new Refusal('invalid_request', 'not one form, sent by POST, each parameter once');
    const client = authenticate(exchange, this.clients);
    const grantType = form.get('grant_type');
    if (grantType === null) throw new Refusal('invalid_request', 'grant_type is missing');
    if (grantType !== 'authorization_code')
      throw new Refusal('unsupported_grant_type', `not ${grantType}`);
    const { grant, accessToken } = this.grants.redeem(client, form);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: grant.scopes.join(' '),
      ...(await this.idTokenOf(grant)),
    };
  }
}

/** What RFC 6749, 4.1.1, and RFC 7636, 4.3, ask of an authorization request. */
function refusalOf(query: URLSearchParams): Refusal | null {
  const responseType = query.get('response_type');
  if (repeats(query)) return new Refusal('invalid_request', 'a parameter comes twice');
  if (responseType === null) return new Refusal('invalid_request', 'response_type is missing');
  if (responseType !== 'code') return new Refusal('unsupported_response_type', 'only code');
  if (query.get('code_challenge_method') !== 'S256')
    return new Refusal('invalid_request', 'code_challenge_method has to be S256');
  if (!CHALLENGE.test(query.get('code_challenge') ?? ''))
    return new Refusal('invalid_request', 'code_challenge is missing or malformed');
  return null;
}
