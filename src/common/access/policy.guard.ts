import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import {
  ForbiddenError,
  PremiumRequiredError,
  UnauthenticatedError,
  VerifiedEmailRequiredError,
} from './access.errors';
import { type AccessPolicy, policyOf } from './access-policy';
import { isGranted } from './permissions';
import type { Principal, RequestWithPrincipal } from './principal';

/** Holds the principal against the route's declared policy; a route without one is closed. */
@Injectable()
export class PolicyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const policy = policyOf(context.getHandler() as () => unknown, context.getClass());
    if (policy?.who === 'public') return true;
    const { user } = context.switchToHttp().getRequest<RequestWithPrincipal>();
    if (!policy || !user) throw new UnauthenticatedError();
    demandAll(policy, user);
    return true;
  }
}

/** @throws ForbiddenError first: what else is missing is no business of somebody without the role */
function demandAll(policy: AccessPolicy, user: Principal): void {
  const { roles, permissions = [], verifiedEmail, premium } = policy;
  if (roles && !roles.includes(user.role)) throw new ForbiddenError();
  if (!permissions.every((permission) => isGranted(user.role, permission)))
    throw new ForbiddenError();
  if (verifiedEmail && !user.hasVerifiedEmail) throw new VerifiedEmailRequiredError();
  if (premium && !user.isPremium) throw new PremiumRequiredError();
}
