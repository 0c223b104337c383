import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ProtectedFieldError } from './users.errors';

/** Fields of a user that are real, but changed elsewhere or by nobody. */
const PROTECTED = new Set([
  'id',
  'username',
  'email',
  'password',
  'password_hash',
  'role',
  'is_active',
  'is_verified',
  'is_oauth',
  'is_premium',
  'premium_until',
  'customer_id',
  'plan_id',
  'subscription_id',
  'subscription_status',
  'subscription_last_renew',
  'subscription_next_renew',
  'created_at',
  'updated_at',
  'last_login_at',
]);

/**
 * A guard, because it must speak before validation calls such a field unknown.
 * @throws ProtectedFieldError for the first protected field in the body; nothing is changed then
 */
@Injectable()
export class ProtectedFieldsGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { body } = context.switchToHttp().getRequest<{ body: unknown }>();
    const names = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    const field = names.find((name) => PROTECTED.has(name));
    if (field) throw new ProtectedFieldError(field);
    return true;
  }
}
