import { DomainError } from '../../common/errors/domain-error';
import type { FieldError } from '../../common/http/http.errors';

/** The policy refuses a new password; `errors` says what to do better, one sentence each. */
export class WeakPasswordError extends DomainError {
  readonly code = 'weak_password';
  readonly errors: readonly FieldError[];

  constructor(advice: readonly string[], pointer: string) {
    super(`Choose another password. ${advice.join(' ')}`);
    this.errors = advice.map((detail) => ({ pointer, detail }));
  }
}
