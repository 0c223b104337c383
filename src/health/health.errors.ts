import { DomainError } from '../common/errors/domain-error';

export class DependencyDownError extends DomainError {
  readonly code = 'dependency_down';
  override readonly retryAfterSeconds = 5;

  constructor(names: readonly string[]) {
    super(`Down: ${names.join(', ')}. Try again in a few seconds.`);
  }
}
