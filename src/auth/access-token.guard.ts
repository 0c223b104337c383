import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { InvalidAccessTokenError, UnauthenticatedError } from '../common/access/access.errors';
import { policyOf } from '../common/access/access-policy';
import { bearerTokenIn } from './bearer-token';
import { SessionCookies } from './cookies/session-cookies';
import { OptionalUser } from './optional-user.decorator';

/** Authenticates every request to a route that is not public. Global, so closed by default. */
@Injectable()
export class AccessTokenGuard extends AuthGuard('access-token') {
  constructor(private readonly cookies: SessionCookies) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = policyOf(context.getHandler() as () => unknown, context.getClass());
    const isPublic = policy?.who === 'public';
    if (isPublic && !wantsUser(context)) return true;
    const { bearer, cookie } = this.presented(context);
    if (isPublic && (bearer ?? cookie) === null) return true;
    if (policy?.bearerOnly && bearer === null) throw new UnauthenticatedError();
    return super.canActivate(context) as Promise<boolean>;
  }

  override handleRequest<U>(
    error: Error | null,
    user: U | false,
    _: unknown,
    context: ExecutionContext,
  ): U {
    if (error) throw error;
    if (user) return user;
    const { bearer, cookie } = this.presented(context);
    // Nobody chose to send that cookie: where anyone may call, a dead one makes nobody of its owner.
    if (bearer === null && wantsUser(context)) return undefined as U;
    throw (bearer ?? cookie) === null ? new UnauthenticatedError() : new InvalidAccessTokenError();
  }

  private presented(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return {
      bearer: bearerTokenIn(request.headers.authorization),
      cookie: this.cookies.accessTokenIn(request),
    };
  }
}

const wantsUser = (context: ExecutionContext): boolean =>
  Reflect.getMetadata(OptionalUser.KEY, context.getHandler()) === true;
