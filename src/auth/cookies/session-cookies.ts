import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppConfig } from '../../config/app-config';
import { CsrfTokens } from '../../tokens/csrf-tokens';
import type { TokenPair } from '../sessions/sessions.service';
import { cookieIn, renderCookie } from './cookie-header';

type Request = Pick<FastifyRequest, 'headers'>;

interface SessionCookie {
  readonly name: string;
  readonly path: string;
  readonly isHttpOnly: boolean;
}

/**
 * Where the refresh cookie goes: to refresh and logout, and not along with every other request. A
 * cookie has one path and these routes have two, so it is set once for each; `/api` would be one
 * path for both, and for all the rest.
 */
const REFRESH_PATHS = ['/api/v1/auth', '/api/auth'];

/**
 * The tokens of a session as cookies. Over https a sibling domain can neither set nor shadow the
 * access and the CSRF cookie (`__Host-`, RFC 6265bis §4.1.3); the refresh cookie, which has a path
 * and so only `__Secure-`, is good with the CSRF cookie of its session and not without.
 */
@Injectable()
export class SessionCookies {
  private readonly isSecure: boolean;
  private readonly access: SessionCookie;
  /** The same by each path. */
  private readonly refresh: readonly SessionCookie[];
  private readonly csrf: SessionCookie;

  constructor(
    { addresses }: AppConfig,
    private readonly csrfTokens: CsrfTokens,
  ) {
    const { protocol, pathname } = new URL(addresses.backendUrl);
    // Browsers take neither prefix, nor Secure, over the http of development.
    this.isSecure = protocol === 'https:';
    const [host, secure] = this.isSecure ? ['__Host-', '__Secure-'] : ['', ''];
    const base = pathname.replace(/\/$/, '');
    this.access = { name: `${host}gatehouse_access`, path: '/', isHttpOnly: true };
    this.refresh = REFRESH_PATHS.map((path) => ({
      name: `${secure}gatehouse_refresh`,
      path: `${base}${path}`,
      isHttpOnly: true,
    }));
    this.csrf = { name: `${host}gatehouse_csrf`, path: '/', isHttpOnly: false };
  }

  /** Replaces whatever session the browser had; each cookie lives as long as what it holds. */
  set(reply: FastifyReply, pair: TokenPair): void {
    const { accessToken, expiresInSeconds, refreshToken, refreshExpiresInSeconds } = pair;
    const csrfToken = this.csrfTokens.of(pair.sessionId);
    this.send(reply, [
      this.render(this.access, accessToken, expiresInSeconds),
      ...this.refresh.map((cookie) => this.render(cookie, refreshToken, refreshExpiresInSeconds)),
      this.render(this.csrf, csrfToken, refreshExpiresInSeconds),
    ]);
  }

  clear(reply: FastifyReply): void {
    const all = [this.access, ...this.refresh, this.csrf];
    this.send(
      reply,
      all.map((cookie) => this.render(cookie, '', 0)),
    );
  }

  /** Clears them if the browser has any; leaves other clients alone. */
  clearSent({ headers }: Request, reply: FastifyReply): void {
    const names = [this.access, ...this.refresh, this.csrf].map(({ name }) => `${name}=`);
    if (names.some((name) => headers.cookie?.includes(name))) this.clear(reply);
  }

  /** Null with an Authorization header: whoever sends one has said who they are. */
  accessTokenIn(request: Request): string | null {
    return this.credentialIn(request, this.access);
  }

  /** Null with an Authorization header, as for `accessTokenIn`. */
  refreshTokenIn(request: Request): string | null {
    return this.credentialIn(request, this.refresh[0]!);
  }

  csrfTokenIn({ headers }: Request): string | null {
    return cookieIn(headers.cookie, this.csrf.name);
  }

  private credentialIn({ headers }: Request, { name }: SessionCookie): string | null {
    return headers.authorization === undefined ? cookieIn(headers.cookie, name) : null;
  }

  private render(cookie: SessionCookie, value: string, maxAgeSeconds: number): string {
    const { name, path, isHttpOnly } = cookie;
    const { isSecure } = this;
    return renderCookie(name, value, { path, maxAgeSeconds, isHttpOnly, isSecure });
  }

  private send(reply: FastifyReply, cookies: readonly string[]): void {
    void reply.header('set-cookie', cookies);
  }
}
