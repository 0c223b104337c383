import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestWithPrincipal } from '../../common/access/principal';
import { CsrfProof } from './csrf-proof';

/** RFC 9110 §9.2.1; routes of these methods change nothing, or refuse cookies. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whoever is signed in by cookie and changes something must prove to mean it. Global. */
@Injectable()
export class CookieRequestGuard implements CanActivate {
  constructor(private readonly csrf: CsrfProof) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & RequestWithPrincipal>();
    if (!request.user || request.headers.authorization !== undefined) return true;
    // Shared caches keep answers to Authorization apart of themselves (RFC 9111 §3.5), not these.
    void http.getResponse<FastifyReply>().header('cache-control', 'no-store');
    if (!SAFE_METHODS.has(request.method)) this.csrf.demand(request, request.user.sessionId);
    return true;
  }
}
