import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AllowedOrigins } from './allowed-origins';
import { wantsCookies } from './cookie-mode';

/**
 * Sets no cookies for a foreign page: it could sign somebody in to an account of its own, and read
 * there later what they thought was theirs (login CSRF).
 */
@Injectable()
export class CookieModeGuard implements CanActivate {
  constructor(private readonly origins: AllowedOrigins) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (wantsCookies(request)) this.origins.demand(request);
    return true;
  }
}
