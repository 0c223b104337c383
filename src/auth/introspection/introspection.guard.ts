import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../../common/errors/domain-error';
import { RouteNotFoundError } from '../../common/http/http.errors';
import { AppConfig } from '../../config/app-config';
import { bearerTokenIn } from '../bearer-token';
import { IntrospectionRefusedError } from './introspection.errors';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Lets services in that have one of INTROSPECTION_TOKEN (RFC 7662 §2.1), and nobody else: not those
 * whose tokens they are. Where none is configured there is no such route.
 */
@Injectable()
export class IntrospectionGuard implements CanActivate {
  private readonly digests: readonly Buffer[];

  constructor({ introspectionTokens }: AppConfig) {
    this.digests = introspectionTokens.map(sha256);
  }

  canActivate(context: ExecutionContext): boolean {
    const refusal = this.refusalOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (refusal) throw refusal;
    return true;
  }

  /** Why the request is refused, by its headers alone; null if it is not. */
  refusalOf({ headers }: Pick<FastifyRequest, 'headers'>): DomainError | null {
    if (this.digests.length === 0) return new RouteNotFoundError();
    const presented = secretsIn(headers.authorization).map(sha256);
    // All are compared with all, so that the time tells neither which one it was nor how far.
    const matches = this.digests.flatMap((digest) =>
      presented.map((given) => timingSafeEqual(digest, given)),
    );
    return matches.includes(true) ? null : new IntrospectionRefusedError();
  }
}

/**
 * What an Authorization header may mean: the Bearer token, or the password of Basic, whatever its
 * username. RFC 6749 §2.3.1 has that encoded as in a form first, which curl does not, so both count.
 */
function secretsIn(authorization: string | undefined): string[] {
  const bearer = bearerTokenIn(authorization);
  if (bearer !== null) return [bearer];
  const [, basic] = /^Basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (!basic) return [];
  const pair = Buffer.from(basic, 'base64').toString();
  const password = pair.slice(pair.indexOf(':') + 1);
  return pair.includes(':') ? [password, formDecoded(password)] : [];
}

const formDecoded = (text: string): string =>
  new URLSearchParams(`secret=${text.replaceAll('&', '%26')}`).get('secret')!;
