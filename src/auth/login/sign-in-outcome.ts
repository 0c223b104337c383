import { DomainError } from '../../common/errors/domain-error';
import { SignInBlockedError } from '../../limits/limits.errors';
import type { SignInOutcome } from '../../telemetry/outcomes';

const COUNTED: ReadonlySet<string> = new Set<SignInOutcome>([
  'invalid_credentials',
  'email_not_verified',
  'account_disabled',
  'rate_limited',
  'overloaded',
]);

/** How a refused attempt is counted; null for a fault, which is not of sign-in. */
export function outcomeOf(error: unknown): SignInOutcome | null {
  if (error instanceof SignInBlockedError) return 'blocked';
  if (!(error instanceof DomainError) || !COUNTED.has(error.code)) return null;
  return error.code as SignInOutcome;
}
