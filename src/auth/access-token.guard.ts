import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { InvalidAccessTokenError, UnauthenticatedError } from '../common/access/access.errors';
import { policyOf } from '../common/access/access-policy';
import { bearerTokenIn } from './bearer-token';
import { OptionalUser } from './optional-user.decorator';

/** Authenticates every request to a route that is not public. Global, so closed by default. */
@Injectable()
export class AccessTokenGuard extends AuthGuard('access-token') {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const handler = context.getHandler() as () => unknown;
    const isPublic = policyOf(handler, context.getClass())?.who === 'public';
    if (!isPublic) return super.canActivate(context) as Promise<boolean>;
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const looks = Reflect.getMetadata(OptionalUser.KEY, handler) === true;
    return looks && bearerTokenIn(headers.authorization) !== null
      ? (super.canActivate(context) as Promise<boolean>)
      : true;
  }

  override handleRequest<U>(
    error: Error | null,
    user: U | false,
    _: unknown,
    context: ExecutionContext,
  ): U {
    if (error) throw error;
    if (user) return user;
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    throw bearerTokenIn(headers.authorization) === null
      ? new UnauthenticatedError()
      : new InvalidAccessTokenError();
  }
}
