import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { UnauthenticatedError, VerifiedEmailRequiredError } from './access.errors';
import { policyOf } from './access-policy';
import type { RequestWithPrincipal } from './principal';

/** Holds the principal against the route's declared policy; a route without one is closed. */
@Injectable()
export class PolicyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const policy = policyOf(context.getHandler() as () => unknown, context.getClass());
    if (policy?.who === 'public') return true;
    const { user } = context.switchToHttp().getRequest<RequestWithPrincipal>();
    if (!policy || !user) throw new UnauthenticatedError();
    if (policy.verifiedEmail && !user.hasVerifiedEmail) throw new VerifiedEmailRequiredError();
    return true;
  }
}
