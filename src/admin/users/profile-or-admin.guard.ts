import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ForbiddenError } from '../../common/access/access.errors';
import { isGranted } from '../../common/access/permissions';
import type { RequestWithPrincipal } from '../../common/access/principal';
import { ProtectedFieldsGuard } from '../../users/protected-fields.guard';

/**
 * Whoever may write users may send what the route takes; everybody else their own profile.
 * @throws ForbiddenError for somebody else's, before it shows whether they exist;
 * ProtectedFieldError for more than a profile
 */
@Injectable()
export class ProfileOrAdminGuard extends ProtectedFieldsGuard {
  override canActivate(context: ExecutionContext): boolean {
    const { user, params } = context
      .switchToHttp()
      .getRequest<RequestWithPrincipal & { params: { id: string } }>();
    if (!user) throw new ForbiddenError();
    if (isGranted(user.role, 'users:write')) return true;
    if (params.id.toLowerCase() !== user.userId) throw new ForbiddenError();
    return super.canActivate(context);
  }
}
