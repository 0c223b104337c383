import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { remoteUrl } from './abilities';
import { cookiesSetBy } from './browser';
import type { Answer, Call } from './client';
import type { Tokens } from './people';
import type { Target } from './target';

/** What a provider says of somebody, by the standard claims. */
export interface Visitor {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: unknown;
  readonly name?: string;
  readonly preferred_username?: string;
}

/** `listen(0)` in a process of its own: settings must be known before anything can be awaited. */
const FREE_PORT = `const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
  console.log(server.address().port); server.close(); });`;

/** Somebody nobody knows, whose address the provider has verified. */
export const newVisitor = (email = `visitor-${randomBytes(9).toString('hex')}@people.example`) => ({
  sub: randomBytes(9).toString('hex'),
  email,
  email_verified: true,
});

/** OAuth providers that say of whoever comes what a test wants. Needs 'settings'. */
export class Providers {
  /** What the target is told of them. */
  readonly settings: Readonly<Record<string, string>>;
  private readonly visitors = new Map<string, Visitor>();
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private readonly port: number;

  constructor(names: readonly string[]) {
    this.port = Number(spawnSync(process.execPath, ['-e', FREE_PORT]).stdout);
    const origin = `http://127.0.0.1:${this.port}`;
    const ofEach = names.map((name) => {
      const prefix = name.toUpperCase();
      return {
        [`${prefix}_CLIENT_ID`]: 'gatehouse',
        [`${prefix}_CLIENT_SECRET`]: 'the secret of the client',
        [`${prefix}_AUTHORIZATION_URL`]: `${origin}/authorize`,
        [`${prefix}_TOKEN_URL`]: `${origin}/token`,
        [`${prefix}_USERINFO_URL`]: `${origin}/userinfo`,
      };
    });
    this.settings = Object.assign({ OAUTH_PROVIDERS: names.join(',') }, ...ofEach);
  }

  async open(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Goes to the provider as this visitor and comes back: the answer that the browser ends with. */
  async visit(target: Target, provider: string, visitor: Visitor): Promise<Answer> {
    return (await this.callback(target, provider, visitor))();
  }

  /** As `visit`, up to the last step: that is taken whenever it is called. */
  async callback(
    target: Target,
    provider: string,
    visitor: Visitor,
  ): Promise<() => Promise<Answer>> {
    const start = await target.client().get(`auth/oauth/${provider}`);
    expect(start.status).toBe(302);
    const back = this.wayBack(provider, visitor, start, start.headers.get('location')!);
    return () => target.client().get(...back);
  }

  /** As `visit`, to link to the account of a token. */
  async link(target: Target, provider: string, visitor: Visitor, token: string): Promise<Answer> {
    const client = target.client();
    const start = await client.post(`auth/link/${provider}`, undefined, { token });
    expect(start.status).toBe(200);
    return client.get(...this.wayBack(provider, visitor, start, start.body.authorization_url));
  }

  /** The code for the exchange, which a sign-in ended with. */
  async codeFor(target: Target, provider: string, visitor: Visitor): Promise<string> {
    const { status, headers } = await this.visit(target, provider, visitor);
    const code = new URL(headers.get('location') ?? 'none:').searchParams.get('code');
    expect([status, code]).toEqual([302, expect.any(String)]);
    return code!;
  }

  async signIn(target: Target, provider: string, visitor: Visitor): Promise<Tokens> {
    const code = await this.codeFor(target, provider, visitor);
    const { status, body } = await target.client().post('auth/oauth/exchange', { code });
    expect(status).toBe(200);
    return body as Tokens;
  }

  private wayBack(
    provider: string,
    visitor: Visitor,
    start: Answer,
    location: string,
  ): [path: string, call: Call] {
    const code = randomBytes(18).toString('base64url');
    this.visitors.set(code, visitor);
    const state = new URL(location).searchParams.get('state')!;
    const cookie = cookiesSetBy(start)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const query = new URLSearchParams({ state, code }).toString();
    return [`/auth/oauth/callback/${provider}?${query}`, { headers: { cookie } }];
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const answer =
      request.url === '/token'
        ? { access_token: form.get('code'), token_type: 'bearer' }
        : this.visitors.get(token ?? '');
    response.writeHead(answer ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  }
}

/** Providers of these names for the target of this file: `useTarget(providers.settings)`. */
export function useProviders(...names: readonly string[]): Providers {
  const providers = new Providers(remoteUrl === null ? names : []);
  beforeAll(() => providers.open());
  afterAll(() => providers.close());
  return providers;
}
