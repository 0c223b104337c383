import { DomainError } from '../common/errors/domain-error';

export class DatabaseUnavailableError extends DomainError {
  readonly code = 'dependency_down';
  override readonly retryAfterSeconds = 5;

  constructor(cause: unknown) {
    super('The database does not answer. Try again in a few seconds.', { cause });
  }
}
